import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, isObject, type JsonObject, sum, toIsoDay } from '../../util/index.ts';
import { type CsvExportOptions, parseUsageExportCsv } from './parse-usage-export-csv.ts';
import { type ExportRecord, findKeys, parseTime, quoteValue, readExportRow } from './read-export-row.ts';
import type { UsageExport, UsageExportRow } from './usage-export.ts';

/**
 * Parses a provider's usage or cost export, JSON or CSV; every figure is checked before anything is done with it.
 * @throws InvalidInputError with the line or path of what cannot be read
 */
export function parseUsageExport(text: string, options: CsvExportOptions = {}): UsageExport {
	const isJson = /^\uFEFF?\s*[[{]/.test(text);
	const parsed = isJson ? parseUsageExportJson(parseJson(text)) : parseUsageExportCsv(text, options);
	const { provider = parsed.provider } = options;
	if (provider !== parsed.provider && parsed.provider !== null) {
		throw new InvalidInputError(
			`The file is ${parsed.provider}'s (${parsed.format}), and --provider says ${provider}. Give one of the two.`,
		);
	}
	return { ...parsed, provider };
}

function parseJson(text: string): unknown {
	try {
		return JSON.parse(text.replace(/^\uFEFF/, ''));
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new InvalidInputError(`The file begins like JSON and is none: ${reason}. Export it again.`, { cause });
	}
}

/**
 * Parses a page (or a list of pages) of OpenAI's organization usage or costs, or of Anthropic's usage or cost report.
 * Sources: the types of the packages openai 7 (`resources/admin/organization/usage`) and @anthropic-ai/sdk 1
 * (`resources/beta/organization/analytics`), https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages
 */
function parseUsageExportJson(document: unknown): UsageExport {
	const pages = Array.isArray(document) ? openList(document, '$') : [openObject(document, '$')];
	const buckets = pages.flatMap((page) =>
		'data' in page.fields ? openList(page.fields['data'], `${page.path}.data`) : page,
	);
	const rows: UsageExportRow[] = [];
	const times: number[] = [];
	let known: ResultFormat | undefined;
	for (const { fields, path } of buckets) {
		const [from, to] = parseBucketTimes({ fields, path });
		times.push(from, to);
		const name = 'results' in fields ? 'results' : 'result';
		for (const result of openList(fields[name], `${path}.${name}`)) {
			const members = listMembers(result);
			const format = findFormat(result, members);
			known ??= format;
			if (known !== format) {
				throw new InvalidInputError(
					`${result.path} is of an ${format.name}, what came before of an ${known.name}. Keep them in files of their own; both may be given at once.`,
				);
			}
			rows.push(readExportRow(createRecord(members, format), toIsoDay(from), format.provider));
		}
	}
	if (times.length === 0)
		throw new InvalidInputError('$ has no buckets: there is nothing to compare. Export a range with usage.');
	return {
		format: known?.name ?? 'empty report',
		provider: known?.provider ?? null,
		from: times.reduce((first, at) => Math.min(first, at)),
		to: times.reduce((last, at) => Math.max(last, at)),
		rows,
		isIncomplete: pages.at(-1)?.fields['has_more'] === true,
	};
}

/** A JSON object and where it stands, as `$.data[0]`. */
interface JsonNode {
	fields: JsonObject;
	path: string;
}

function openObject(value: unknown, path: string): JsonNode {
	if (isObject(value)) return { fields: value, path };
	throw new InvalidInputError(`${path} is ${quoteValue(value)}. Expected an object, as the provider's report has it.`);
}

function openList(value: unknown, path: string): JsonNode[] {
	if (!Array.isArray(value)) throw new InvalidInputError(`${path} is ${quoteValue(value)}. Expected a list.`);
	return value.map((member, index) => openObject(member, `${path}[${index}]`));
}

/** Start and end of a bucket. @throws InvalidInputError when it spans more than a day or ends before it begins */
function parseBucketTimes({ fields, path }: JsonNode): [from: number, to: number] {
	const [start, end] = 'start_time' in fields ? ['start_time', 'end_time'] : ['starting_at', 'ending_at'];
	const from = parseTime(fields[start], `${path}.${start}`);
	const to = parseTime(fields[end], `${path}.${end}`);
	if (to > from && to - from <= DAY_MS && toIsoDay(from) === toIsoDay(to - 1)) return [from, to];
	throw new InvalidInputError(
		`${path} goes from ${toIsoDay(from)} to ${toIsoDay(to)}. A bucket must lie within one UTC day: export with bucket_width=1d (or 1h, 1m).`,
	);
}

/** A format of results, known by members that only it has. */
interface ResultFormat {
	name: string;
	provider: string;
	has: readonly string[];
}

const FORMATS: readonly ResultFormat[] = [
	{ name: 'openai costs', provider: 'openai', has: ['amount_value'] },
	{ name: 'openai usage', provider: 'openai', has: ['num_model_requests', 'input_tokens'] },
	{ name: 'anthropic usage report', provider: 'anthropic', has: ['uncached_input_tokens'] },
	{ name: 'anthropic cost report', provider: 'anthropic', has: ['amount_cents', 'currency'] },
];

type Members = ReadonlyMap<string, { value: unknown; path: string }>;

/** The members of a result by the key of their column, those of its objects too: `amount.value` is `amount_value`. */
function listMembers({ fields, path }: JsonNode): Members {
	const members = Object.entries(fields).flatMap(([name, value]) => {
		if (isObject(value))
			return Object.entries(value).map(([inner, part]) => [`${name}_${inner}`, part, `${name}.${inner}`] as const);
		// Anthropic's cost report: a decimal text in cents
		return [[name === 'amount' ? 'amount_cents' : name, value, name] as const];
	});
	return new Map(members.map(([key, value, name]) => [key, { value, path: `${path}.${name}` }]));
}

function findFormat({ fields, path }: JsonNode, members: Members): ResultFormat {
	const format = FORMATS.find(({ has }) => has.every((name) => members.has(name)));
	if (format !== undefined) return format;
	throw new InvalidInputError(
		`${path} is no result that is known (it has ${Object.keys(fields).slice(0, 6).join(', ') || 'nothing'}). Give an OpenAI usage (completions) or costs page, an Anthropic usage or cost report, or a CSV file.`,
	);
}

function createRecord(members: Members, { name }: ResultFormat): ExportRecord {
	const keys = findKeys([...members.keys()]);
	const find = (key: string | undefined) => members.get(key ?? '');
	// OpenAI tells written tokens as a whole or by their life
	const parts = ['input_cache_write_30m_tokens', 'input_cache_write_12h_tokens'].map((key) =>
		Number(find(key)?.value ?? 0),
	);
	return {
		get: (meaning) => {
			const value = find(keys.get(meaning))?.value;
			if (name !== 'openai usage' || meaning !== 'cacheWrite5m') return value;
			return Math.max(Number(value ?? 0), sum(parts));
		},
		where: (meaning) => find(keys.get(meaning))?.path ?? meaning,
		advice: 'The report is broken: export it again.',
	};
}
