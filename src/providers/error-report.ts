import type { ProviderErrorReport } from '../errors/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';

/** What a provider says of a failure, wherever in its body it says it. `body`: the whole, where it is a JSON object. */
export interface ErrorReport extends ProviderErrorReport {
	/** The HTTP status that stands in the body. */
	status: number | null;
}

const NOTHING: ErrorReport = { message: null, type: null, code: null, param: null, status: null, body: null };

/** Reports within reports that are opened: proxies pack what they were told as a text into what they say. */
const MAX_DEPTH = 4;

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
	if (value === undefined || typeof value === 'number') return { ...NOTHING, message: readPage(trimmed) };
	return readValue(value, depth);
}

/** The words of an error page; of HTML its title. */
function readPage(text: string): string | null {
	if (!/^<(?:!doctype|html|head|body|\?xml)/i.test(text)) return firstText(text);
	const title = /<title[^>]*>([^<]*)</i.exec(text)?.[1] ?? /<h1[^>]*>([^<]*)</i.exec(text)?.[1];
	return firstText(title?.trim());
}

function readValue(value: unknown, depth: number): ErrorReport {
	if (depth === 0) return NOTHING;
	if (typeof value === 'string') return readText(value, depth - 1);
	// Google's streams are lists, errors included.
	if (Array.isArray(value)) return readValue(value[0], depth - 1);
	if (!isObject(value)) return NOTHING;
	const { response } = value;
	const inner = value['error'] ?? (isObject(response) ? response['error'] : null) ?? null;
	const report = isObject(inner) ? readMembers(inner) : readMembers(value);
	const said = typeof inner === 'string' ? { ...report, message: inner } : report;
	return { ...openPacked(said, inner, depth), body: value };
}

function readMembers(error: JsonObject): ErrorReport {
	const { code, detail, message, msg, param, status, type } = error;
	const inDetail = readDetail(detail);
	return {
		message: firstText(message, msg, inDetail.message),
		type: firstText(type, status, error['__type']),
		code: firstText(code),
		param: firstText(param, inDetail.param),
		status: toStatus(code) ?? toStatus(status) ?? toStatus(error['status_code']),
		body: null,
	};
}

/** FastAPI's `detail`: a text, an object, or a list of the fields that are wrong. */
function readDetail(detail: unknown): Pick<ErrorReport, 'message' | 'param'> {
	const first: unknown = Array.isArray(detail) ? detail[0] : detail;
	if (!isObject(first)) return { message: firstText(first), param: null };
	const { loc, message, msg } = first;
	const path = Array.isArray(loc) ? loc.filter((step) => step !== 'body').join('.') : '';
	return { message: firstText(msg, message), param: firstText(path) };
}

function toStatus(value: unknown): number | null {
	const status = typeof value === 'string' && value.length === 3 ? Number(value) : value;
	return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status <= 599 ? status : null;
}

/** Opens what a proxy packed: its message as JSON, or OpenRouter's `metadata.raw`. */
function openPacked(report: ErrorReport, error: unknown, depth: number): ErrorReport {
	const metadata = isObject(error) ? error['metadata'] : null;
	const raw = isObject(metadata) ? metadata['raw'] : null;
	const packed = raw ?? (/^\s*[[{]/.test(report.message ?? '') ? report.message : null);
	if (packed === null) return report;
	const inner = readValue(packed, depth - 1);
	if (inner.message === null) return report;
	return {
		...report,
		message: inner.message,
		type: inner.type ?? report.type,
		code: inner.code ?? report.code,
		param: inner.param ?? report.param,
	};
}
