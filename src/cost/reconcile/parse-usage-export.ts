import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, isObject, type JsonObject, sum, toIsoDay } from '../../util/index.ts';
import { type CsvExportOptions, parseUsageExportCsv } from './parse-usage-export-csv.ts';
import { type ExportRecord, findKeys, parseTime, quoteValue, readExportRow } from './read-export-row.ts';
import type { UsageExport } from './usage-export.ts';

/**
 * Parses a provider's usage or cost export, JSON or CSV; every figure is checked before anything is done with it.
 * @throws InvalidInputError with the line or path of what cannot be read
 */
export function parseUsageExport(text: string, options: CsvExportOptions = {}): UsageExport {
	const isJson = /^\uFEFF?\s*[[{]/.test(text);
	const parsed = isJson ? parseUsageExportJson(parseJson(text)) : parseUsageExportCsv(text, options);
	const { provider = parsed.provider } = options;
	if (provider === parsed.provider || parsed.provider === null) return { ...parsed, provider };
	throw new InvalidInputError(
		`The file is ${parsed.provider}'s (${parsed.format}), and --provider says ${provider}. Give one of the two.`,
	);
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
	const buckets = pages.flatMap(({ fields, path }) =>
		'data' in fields ? openList(fields['data'], `${path}.data`) : { fields, path },
	);
	const report: UsageExport = {
		format: 'empty report',
		provider: null,
		from: Number.POSITIVE_INFINITY,
		to: 0,
		rows: [],
		isIncomplete: pages.at(-1)?.fields['has_more'] === true,
	};
	for (const { fields, path } of buckets) {
		const [from, to] = parseBucketTimes({ fields, path });
		report.from = Math.min(report.from, from);
		report.to = Math.max(report.to, to);
		const name = 'results' in fields ? 'results' : 'result';
		for (const result of openList(fields[name], `${path}.${name}`)) {
			const { format, provider, record } = readResult(result);
			if (report.provider !== null && report.format !== format)
				throw new InvalidInputError(
					`${result.path} is of an ${format}, what came before of an ${report.format}. Keep them in files of their own; both may be given at once.`,
				);
			Object.assign(report, { format, provider });
			report.rows.push(readExportRow(record, toIsoDay(from), provider));
		}
	}
	if (report.to > 0) return report;
	throw new InvalidInputError('$ has no buckets: there is nothing to compare. Export a range with usage.');
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

/** The formats of results, each with members that only it has. */
const FORMATS = [
	{ format: 'openai costs', provider: 'openai', has: ['amount_value'] },
	{ format: 'openai usage', provider: 'openai', has: ['num_model_requests', 'input_tokens'] },
	{ format: 'anthropic usage report', provider: 'anthropic', has: ['uncached_input_tokens'] },
	{ format: 'anthropic cost report', provider: 'anthropic', has: ['amount_cents', 'currency'] },
];

/** A result by what its members mean, those of its objects too: `amount.value` is `amount_value`. */
function readResult({ fields, path }: JsonNode): { format: string; provider: string; record: ExportRecord } {
	const members = new Map<string, { value: unknown; path: string }>();
	for (const [name, value] of Object.entries(fields)) {
		// an amount without a currency of its own is that of Anthropic's cost report: a decimal text in cents
		if (!isObject(value)) members.set(name === 'amount' ? 'amount_cents' : name, { value, path: `${path}.${name}` });
		else
			for (const [inner, part] of Object.entries(value))
				members.set(`${name}_${inner}`, { value: part, path: `${path}.${name}.${inner}` });
	}
	const known = FORMATS.find(({ has }) => has.every((name) => members.has(name)));
	if (known === undefined)
		throw new InvalidInputError(
			`${path} is no result that is known (it has ${Object.keys(fields).slice(0, 6).join(', ') || 'nothing'}). Give an OpenAI usage (completions) or costs page, an Anthropic usage or cost report, or a CSV file.`,
		);
	const keys = findKeys([...members.keys()]);
	const find = (key = '') => members.get(key)?.value;
	// OpenAI tells written tokens as a whole or by their life
	const lives = ['input_cache_write_30m_tokens', 'input_cache_write_12h_tokens'];
	const written = known.format === 'openai usage' ? sum(lives.map((key) => Number(find(key) ?? 0))) : 0;
	const record: ExportRecord = {
		get: (meaning) => {
			const value = find(keys.get(meaning));
			return meaning === 'cacheWrite5m' && written > 0 ? Math.max(Number(value ?? 0), written) : value;
		},
		where: (meaning) => members.get(keys.get(meaning) ?? '')?.path ?? meaning,
		advice: 'The report is broken: export it again.',
	};
	return { ...known, record };
}
