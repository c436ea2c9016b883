import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, isObject, toIsoDay } from '../../util/index.ts';
import { type CsvExportOptions, parseUsageExportCsv } from './parse-usage-export-csv.ts';
import {
	type CountedTokens,
	parseCount,
	parseMoney,
	parseTime,
	quoteValue,
	type UsageExport,
	type UsageExportRow,
} from './usage-export.ts';

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
	const buckets = pages.flatMap((page) => ('data' in page.fields ? listMembers(page, 'data') : [page]));
	const rows: UsageExportRow[] = [];
	const times: number[] = [];
	let known: ResultFormat | undefined;
	for (const bucket of buckets) {
		const { from, to } = parseBucketTimes(bucket);
		times.push(from, to);
		for (const result of listMembers(bucket, 'results' in bucket.fields ? 'results' : 'result')) {
			const format = findFormat(result);
			const row = { day: toIsoDay(from), ...NO_FIGURES, ...format.read(result) };
			known ??= format;
			if (known !== format) {
				throw new InvalidInputError(
					`${result.path} is of an ${format.name}, what came before of an ${known.name}. Keep them in files of their own; both may be given at once.`,
				);
			}
			rows.push(row);
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
	fields: Readonly<Record<string, unknown>>;
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

function listMembers({ fields, path }: JsonNode, name: string): JsonNode[] {
	return openList(fields[name], `${path}.${name}`);
}

function getMember({ fields, path }: JsonNode, name: string): JsonNode {
	return openObject(fields[name] ?? {}, `${path}.${name}`);
}

/** A count; 0 where there is none. */
function getCount({ fields, path }: JsonNode, name: string): number {
	return parseCount(fields[name] ?? 0, `${path}.${name}`);
}

function getText({ fields }: JsonNode, name: string): string | null {
	const value = fields[name];
	return typeof value === 'string' && value !== '' ? value : null;
}

/** Start and end of a bucket. @throws InvalidInputError when it spans more than a day or ends before it begins */
function parseBucketTimes({ fields, path }: JsonNode): { from: number; to: number } {
	const [start, end] = 'start_time' in fields ? ['start_time', 'end_time'] : ['starting_at', 'ending_at'];
	const from = parseTime(fields[start], `${path}.${start}`);
	const to = parseTime(fields[end], `${path}.${end}`);
	if (to > from && to - from <= DAY_MS && toIsoDay(from) === toIsoDay(to - 1)) return { from, to };
	throw new InvalidInputError(
		`${path} goes from ${toIsoDay(from)} to ${toIsoDay(to)}. A bucket must lie within one UTC day: export with bucket_width=1d (or 1h, 1m).`,
	);
}

const NO_FIGURES = { requests: null, tokens: null, costNanoUsd: null, precisionNanoUsd: 0, serviceTier: null };

interface ResultFormat {
	name: string;
	provider: string;
	matches: (fields: JsonNode['fields']) => boolean;
	read: (result: JsonNode) => Partial<UsageExportRow> & Pick<UsageExportRow, 'model'>;
}

const FORMATS: readonly ResultFormat[] = [
	{
		name: 'openai costs',
		provider: 'openai',
		matches: ({ object, amount }) => object === 'organization.costs.result' || typeof amount === 'object',
		read: (result) => {
			const { fields, path } = getMember(result, 'amount');
			requireUsd(result, fields['currency']);
			// `gpt-5-mini-2025-08-07, cached input`; a line item that names no model stays as it is
			const model = getText(result, 'line_item')?.split(',')[0]?.trim() ?? null;
			return { model, costNanoUsd: parseMoney(fields['value'], 'USD', `${path}.value`), precisionNanoUsd: 1 };
		},
	},
	{
		name: 'openai usage',
		provider: 'openai',
		matches: (fields) => 'num_model_requests' in fields && 'input_tokens' in fields,
		read: (result) => ({
			model: getText(result, 'model'),
			requests: getCount(result, 'num_model_requests'),
			tokens: readOpenAiTokens(result),
			serviceTier: result.fields['batch'] === true ? 'batch' : getText(result, 'service_tier'),
		}),
	},
	{
		name: 'anthropic usage report',
		provider: 'anthropic',
		matches: (fields) => 'uncached_input_tokens' in fields,
		read: (result) => ({
			model: getText(result, 'model'),
			requests: (result.fields['requests'] ?? null) === null ? null : getCount(result, 'requests'),
			tokens: readAnthropicTokens(result),
			serviceTier: getText(result, 'service_tier'),
		}),
	},
	{
		name: 'anthropic cost report',
		provider: 'anthropic',
		matches: (fields) => 'amount' in fields && 'currency' in fields,
		read: (result) => {
			const { fields, path } = result;
			requireUsd(result, fields['currency']);
			// a decimal text in cents
			const costNanoUsd = parseMoney(fields['amount'], 'cents', `${path}.amount`);
			const serviceTier = getText(result, 'service_tier');
			return { model: getText(result, 'model'), costNanoUsd, precisionNanoUsd: 1, serviceTier };
		},
	},
];

function findFormat({ fields, path }: JsonNode): ResultFormat {
	const format = FORMATS.find(({ matches }) => matches(fields));
	if (format !== undefined) return format;
	throw new InvalidInputError(
		`${path} is no result that is known (it has ${Object.keys(fields).slice(0, 6).join(', ') || 'nothing'}). Give an OpenAI usage (completions) or costs page, an Anthropic usage or cost report, or a CSV file.`,
	);
}

function requireUsd({ path }: JsonNode, currency: unknown): void {
	if (String(currency ?? 'usd').toLowerCase() === 'usd') return;
	throw new InvalidInputError(`${path} is in ${quoteValue(currency)}. Only USD can be compared with the ledger.`);
}

/** OpenAI's `input_tokens` holds the cached and the written ones. */
function readOpenAiTokens(result: JsonNode): CountedTokens {
	const cacheRead = getCount(result, 'input_cached_tokens');
	const parts = getCount(result, 'input_cache_write_30m_tokens') + getCount(result, 'input_cache_write_12h_tokens');
	const written = Math.max(parts, getCount(result, 'input_cache_write_tokens'));
	const input = getCount(result, 'input_tokens') - cacheRead - written;
	if (input < 0) {
		throw new InvalidInputError(
			`${result.path}.input_tokens is less than its own cached and written part (${cacheRead} + ${written}). The report is broken: export it again.`,
		);
	}
	return { input, cacheRead, cacheWrite5m: written, cacheWrite1h: 0, output: getCount(result, 'output_tokens') };
}

function readAnthropicTokens(result: JsonNode): CountedTokens {
	const written = getMember(result, 'cache_creation');
	return {
		input: getCount(result, 'uncached_input_tokens'),
		cacheRead: getCount(result, 'cache_read_input_tokens'),
		cacheWrite5m: getCount(written, 'ephemeral_5m_input_tokens'),
		cacheWrite1h: getCount(written, 'ephemeral_1h_input_tokens'),
		output: getCount(result, 'output_tokens'),
	};
}
