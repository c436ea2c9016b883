import { InvalidInputError } from '../../errors/index.ts';
import { type CsvExportOptions, parseUsageExportCsv } from './parse-usage-export-csv.ts';
import {
	type CountedTokens,
	parseCount,
	parseMoney,
	parseTime,
	quoteValue,
	toUtcDay,
	type UsageExport,
	type UsageExportRow,
} from './usage-export.ts';

/** A JSON object read key by key, and where it stands. */
interface Place {
	fields: Readonly<Record<string, unknown>>;
	path: string;
}

type ResultFormat = Pick<UsageExport, 'format' | 'provider'>;

const MAX_BUCKET_MS = 86_400_000;

function place(value: unknown, path: string): Place {
	if (typeof value !== 'object' || value === null || Array.isArray(value))
		throw new InvalidInputError(
			`${path} is ${quoteValue(value)}. Expected an object, as the provider's report has it.`,
		);
	// an object of JSON: every field is checked where it is read
	return { fields: value as Record<string, unknown>, path };
}

function places(value: unknown, path: string): Place[] {
	if (!Array.isArray(value)) throw new InvalidInputError(`${path} is ${quoteValue(value)}. Expected a list.`);
	return value.map((member, index) => place(member, `${path}[${index}]`));
}

function count({ fields, path }: Place, name: string): number {
	const value = fields[name];
	return value === undefined || value === null ? 0 : parseCount(value, `${path}.${name}`);
}

function text({ fields }: Place, name: string): string | null {
	const value = fields[name];
	return typeof value === 'string' && value !== '' ? value : null;
}

function requests(result: Place, name: string): number | null {
	return result.fields[name] === undefined || result.fields[name] === null ? null : count(result, name);
}

function requireUsd(result: Place, currency: unknown): void {
	if (String(currency ?? 'usd').toLowerCase() === 'usd') return;
	throw new InvalidInputError(
		`${result.path} is in ${quoteValue(currency)}. Only USD can be compared with the ledger.`,
	);
}

/** OpenAI's `input_tokens` holds the cached and the written ones. */
function openAiTokens(result: Place): CountedTokens {
	const read = count(result, 'input_cached_tokens');
	const parts = count(result, 'input_cache_write_30m_tokens') + count(result, 'input_cache_write_12h_tokens');
	const written = Math.max(parts, count(result, 'input_cache_write_tokens'));
	const input = count(result, 'input_tokens') - read - written;
	if (input < 0) {
		throw new InvalidInputError(
			`${result.path}.input_tokens is less than its own cached and written part (${read} + ${written}). The report is broken: export it again.`,
		);
	}
	return { input, cacheRead: read, cacheWrite5m: written, cacheWrite1h: 0, output: count(result, 'output_tokens') };
}

function anthropicTokens(result: Place): CountedTokens {
	const nested = result.fields['cache_creation'];
	const written = nested === undefined || nested === null ? null : place(nested, `${result.path}.cache_creation`);
	return {
		input: count(result, 'uncached_input_tokens'),
		cacheRead: count(result, 'cache_read_input_tokens'),
		cacheWrite5m: written === null ? 0 : count(written, 'ephemeral_5m_input_tokens'),
		cacheWrite1h: written === null ? 0 : count(written, 'ephemeral_1h_input_tokens'),
		output: count(result, 'output_tokens'),
	};
}

/** `gpt-5-mini-2025-08-07, cached input` → its model; a line item that names no model stays as it is. */
function lineItemModel(item: string | null): string | null {
	return item === null ? null : (item.split(',')[0]?.trim() ?? null);
}

const READERS: ReadonlyArray<
	ResultFormat & { fits: (result: Place) => boolean; read: (result: Place) => Omit<UsageExportRow, 'day'> }
> = [
	{
		format: 'openai costs',
		provider: 'openai',
		fits: ({ fields }) => fields['object'] === 'organization.costs.result' || typeof fields['amount'] === 'object',
		read: (result) => {
			const amount = place(result.fields['amount'] ?? {}, `${result.path}.amount`);
			requireUsd(result, amount.fields['currency']);
			return {
				model: lineItemModel(text(result, 'line_item')),
				requests: null,
				tokens: null,
				costNanoUsd: parseMoney(amount.fields['value'], 'usd', `${amount.path}.value`),
				precisionNanoUsd: 1,
				serviceTier: null,
			};
		},
	},
	{
		format: 'openai usage',
		provider: 'openai',
		fits: ({ fields }) => 'num_model_requests' in fields && 'input_tokens' in fields,
		read: (result) => ({
			model: text(result, 'model'),
			requests: count(result, 'num_model_requests'),
			tokens: openAiTokens(result),
			costNanoUsd: null,
			precisionNanoUsd: 0,
			serviceTier: result.fields['batch'] === true ? 'batch' : text(result, 'service_tier'),
		}),
	},
	{
		format: 'anthropic usage report',
		provider: 'anthropic',
		fits: ({ fields }) => 'uncached_input_tokens' in fields,
		read: (result) => ({
			model: text(result, 'model'),
			requests: requests(result, 'requests'),
			tokens: anthropicTokens(result),
			costNanoUsd: null,
			precisionNanoUsd: 0,
			serviceTier: text(result, 'service_tier'),
		}),
	},
	{
		format: 'anthropic cost report',
		provider: 'anthropic',
		fits: ({ fields }) => 'amount' in fields && 'currency' in fields,
		read: (result) => {
			requireUsd(result, result.fields['currency']);
			return {
				model: text(result, 'model'),
				requests: null,
				tokens: null,
				// a decimal string in cents
				costNanoUsd: parseMoney(result.fields['amount'], 'cents', `${result.path}.amount`),
				precisionNanoUsd: 1,
				serviceTier: text(result, 'service_tier'),
			};
		},
	},
];

function readResult(result: Place, day: string): { row: UsageExportRow; format: ResultFormat } {
	const reader = READERS.find(({ fits }) => fits(result));
	if (reader === undefined) {
		throw new InvalidInputError(
			`${result.path} is no result that is known (it has ${Object.keys(result.fields).slice(0, 6).join(', ') || 'nothing'}). Give an OpenAI usage (completions) or costs page, an Anthropic usage or cost report, or a CSV file.`,
		);
	}
	return { row: { day, ...reader.read(result) }, format: reader };
}

function pagesOf(document: unknown): Place[] {
	if (Array.isArray(document)) return places(document, '$');
	return [place(document, '$')];
}

function bucketsOf(page: Place): Place[] {
	return 'data' in page.fields ? places(page.fields['data'], `${page.path}.data`) : [page];
}

/** Start and end of a bucket. @throws InvalidInputError when it is longer than a day or ends before it begins */
function bucketTimes(bucket: Place): { from: number; to: number } {
	const { fields, path } = bucket;
	const [start, end] = 'start_time' in fields ? ['start_time', 'end_time'] : ['starting_at', 'ending_at'];
	const from = parseTime(fields[start], `${path}.${start}`);
	const to = parseTime(fields[end], `${path}.${end}`);
	if (to > from && to - from <= MAX_BUCKET_MS && toUtcDay(from) === toUtcDay(to - 1)) return { from, to };
	throw new InvalidInputError(
		`${path} goes from ${toUtcDay(from)} to ${toUtcDay(to)}. A bucket must lie within one UTC day: export with bucket_width=1d (or 1h, 1m).`,
	);
}

/**
 * Reads a page (or a list of pages) of OpenAI's organization usage or costs, or of Anthropic's usage or cost report.
 * Sources: the types of the packages openai 7 (`resources/admin/organization/usage`) and @anthropic-ai/sdk 1
 * (`resources/beta/organization/analytics`), https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages
 * @throws InvalidInputError with the path of what cannot be read
 */
function parseUsageExportJson(document: unknown): UsageExport {
	const pages = pagesOf(document);
	const rows: UsageExportRow[] = [];
	let known: ResultFormat | null = null;
	let from = Number.POSITIVE_INFINITY;
	let to = Number.NEGATIVE_INFINITY;
	for (const bucket of pages.flatMap(bucketsOf)) {
		const times = bucketTimes(bucket);
		from = Math.min(from, times.from);
		to = Math.max(to, times.to);
		const name = 'results' in bucket.fields ? 'results' : 'result';
		for (const result of places(bucket.fields[name], `${bucket.path}.${name}`)) {
			const read = readResult(result, toUtcDay(times.from));
			known ??= read.format;
			if (known.format !== read.format.format) {
				throw new InvalidInputError(
					`${result.path} is of an ${read.format.format}, what came before of an ${known.format}. Keep them in files of their own; both may be given at once.`,
				);
			}
			rows.push(read.row);
		}
	}
	if (from > to)
		throw new InvalidInputError('$ has no buckets: there is nothing to compare. Export a range with usage.');
	const isIncomplete = pages.at(-1)?.fields['has_more'] === true;
	const { format, provider } = known ?? { format: 'empty report', provider: null };
	return { format, provider, from, to, rows, isIncomplete };
}

function parseJson(text: string): unknown {
	try {
		const document: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
		return document;
	} catch (cause) {
		const reason = cause instanceof Error ? cause.message : String(cause);
		throw new InvalidInputError(`The file begins like JSON and is none: ${reason}. Export it again.`, { cause });
	}
}

/**
 * Reads a provider's usage or cost export, JSON or CSV; every figure is checked before anything is done with it.
 * @throws InvalidInputError with the line or path of what cannot be read
 */
export function parseUsageExport(text: string, options: CsvExportOptions = {}): UsageExport {
	const isJson = /^\uFEFF?\s*[[{]/.test(text);
	const read = isJson ? parseUsageExportJson(parseJson(text)) : parseUsageExportCsv(text, options);
	const provider = options.provider ?? read.provider;
	if (options.provider !== undefined && read.provider !== null && read.provider !== options.provider) {
		throw new InvalidInputError(
			`The file is ${read.provider}'s (${read.format}), and --provider says ${options.provider}. Give one of the two.`,
		);
	}
	return { ...read, provider };
}
