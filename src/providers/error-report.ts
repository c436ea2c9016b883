import type { ProviderErrorReport } from '../errors/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';

/** What a provider says of a failure, wherever in its body it says it. `body`: the whole, where it is a JSON object. */
export interface ErrorReport extends ProviderErrorReport {
	/** The HTTP status that stands in the body. */
	status: number | null;
}

const NOTHING: ErrorReport = { message: null, type: null, code: null, param: null, status: null, body: null };

/** Reports within reports that are opened: proxies pack what they were told as a text into what they say. */
const MAX_DEPTH = 8;

function firstText(...values: unknown[]): string | null {
	return values.find((value): value is string => typeof value === 'string' && value.trim() !== '') ?? null;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// Not JSON: the text itself is what there is.
		return undefined;
	}
}

/** Reads an error's body: JSON in any of the shapes that providers and proxies use, an event, a page or a bare text. */
export function readErrorReport(text: string): ErrorReport {
	return readText(text, MAX_DEPTH);
}

function readText(text: string, depth: number): ErrorReport {
	const trimmed = text.trim();
	// Some servers answer a stream's request with events, whatever the status.
	const data = /^(?:event:.*\r?\n)?data:(.*)/.exec(trimmed)?.[1];
	const value = parse(data ?? trimmed);
	if (value === undefined || typeof value === 'number') return readPage(trimmed);
	return readValue(value, depth);
}

/** The element's text; of bounded search, as whoever answers may write any page. */
function readElement(page: string, name: string): string | null {
	return firstText(new RegExp(`<${name}\\b[^>]{0,200}>([^<]{1,2000})<`, 'i').exec(page)?.[1]?.trim());
}

/** The words of a page: an error of XML, the title of HTML, else what is written on it; any other text as it is. */
function readPage(text: string): ErrorReport {
	if (!/^<[a-z!?]/i.test(text)) return { ...NOTHING, message: firstText(text) };
	const written = text.replace(/<(script|style)\b[^<]*/gi, '').replace(/<[^<>]*>/g, ' ');
	const message = readElement(text, 'message') ?? readElement(text, 'title') ?? readElement(text, 'h1');
	return {
		...NOTHING,
		message: message ?? firstText(written.replace(/\s+/g, ' ').trim()),
		code: readElement(text, 'code'),
	};
}

/** Members in which a report stands within another, in the order in which they are looked for. */
const CONTAINERS = ['error', 'Error', 'errors', 'response', 'detail', 'message', 'fault'] as const;
/** What an event, not an error, is called. */
const EVENT_TYPES: ReadonlySet<string | null> = new Set(['error', 'response.failed']);

function readValue(value: unknown, depth: number): ErrorReport {
	if (depth === 0) return NOTHING;
	if (typeof value === 'string') return readText(value, depth - 1);
	if (Array.isArray(value)) return readList(value, depth);
	if (!isObject(value)) return NOTHING;
	const own = readMembers(value);
	let report = { ...own, type: EVENT_TYPES.has(own.type) ? null : own.type };
	for (const name of CONTAINERS) {
		const inner = value[name];
		if (!isObject(inner) && !Array.isArray(inner)) continue;
		const { body: _, ...found } = readValue(inner, depth - 1);
		if (found.message === null && found.code === null && found.type === null) continue;
		report = mergeReports(report, found);
		break;
	}
	return { ...openPacked(report, value, depth), body: value };
}

/** Google's streams are lists, errors included; of several texts or fields the first object, or all texts, are told. */
function readList(values: readonly unknown[], depth: number): ErrorReport {
	const texts = values.filter((each) => typeof each === 'string');
	if (texts.length > 1 && texts.length === values.length) return { ...NOTHING, message: firstText(texts.join('; ')) };
	return readValue(values[0], depth);
}

/** What is said further inside is the provider's own; the rest is of whoever passed it on. */
function mergeReports(outer: ErrorReport, inner: Omit<ErrorReport, 'body'>): ErrorReport {
	return {
		message: inner.message ?? outer.message,
		type: inner.type ?? outer.type,
		code: inner.code ?? outer.code,
		param: inner.param ?? outer.param,
		status: inner.status ?? outer.status,
		body: outer.body,
	};
}

function readMembers(error: JsonObject): ErrorReport {
	const { code, detail, error: said, errors, message, msg, param, status, type } = error;
	const words = [message, msg, error['Message'], error['error_description'], error['error_message']];
	const explained = firstText(...words, error['errorMessage'], error['faultstring'], detail);
	// beside an explanation, OAuth's way, the error is a code; alone it is a sentence
	const sayingCode = explained !== null && typeof said === 'string' && /^[\w.-]+$/.test(said) ? said : null;
	return {
		message: explained ?? firstText(said, errors, error['title']),
		type: firstText(type, error['Type'], status, error['__type']),
		code: firstText(code, error['Code'], error['error_code'], sayingCode),
		param: firstText(param, toPath(error['loc'])),
		status: toStatus(code) ?? toStatus(status) ?? toStatus(error['status_code']) ?? toStatus(error['statusCode']),
		body: null,
	};
}

/** Where in the body FastAPI found a field that is wrong. */
function toPath(loc: unknown): string | null {
	return Array.isArray(loc) ? loc.filter((step) => step !== 'body').join('.') : null;
}

function toStatus(value: unknown): number | null {
	const status = typeof value === 'string' && value.length === 3 ? Number(value) : value;
	return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}

/** Opens what a proxy packed: its message as JSON or behind the name of its exception, or OpenRouter's `metadata.raw`. */
function openPacked(report: ErrorReport, { metadata }: JsonObject, depth: number): ErrorReport {
	const raw = isObject(metadata) ? metadata['raw'] : null;
	const packed = raw ?? findPacked(report.message ?? '');
	if (packed === null) return report;
	const inner = readValue(packed, depth - 1);
	return inner.message === null ? report : mergeReports(report, { ...inner, status: inner.status ?? report.status });
}

/** How an exception that was made into a text begins: LiteLLM's, and those of OpenAI's and Anthropic's SDKs for Python. */
const EXCEPTION = /^(?:Error code: \d{3}\b|(?:[\w.]+\.)?\w{0,60}(?:Error|Exception)\b)/;

/** The JSON in a message that is nothing else, or that an exception quotes, as JSON or as Python writes it. */
function findPacked(message: string): unknown {
	const text = message.trim();
	if (/^[[{]/.test(text)) return text;
	if (!EXCEPTION.test(text)) return null;
	const quoted = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
	const value = parse(quoted) ?? parse(quoted.replaceAll('\\n', '\n').replaceAll("\\'", "'")) ?? parse(toJson(quoted));
	return value ?? null;
}

const PYTHON_WORDS: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false' };

/** A dictionary as Python writes it, as JSON. */
function toJson(python: string): string {
	return python.replace(/"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'|\b(?:None|True|False)\b/g, (found, single) =>
		typeof single === 'string' ? JSON.stringify(single.replaceAll("\\'", "'")) : (PYTHON_WORDS[found] ?? found),
	);
}
