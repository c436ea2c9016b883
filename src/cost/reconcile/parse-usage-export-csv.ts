import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, nearestName, toIsoDay } from '../../util/index.ts';
import {
	type CountedTokens,
	getPrecision,
	parseCount,
	parseMoney,
	parseTime,
	type UsageExport,
	type UsageExportRow,
} from './usage-export.ts';

/** What a CSV file does not say itself. */
export interface CsvExportOptions {
	/** Which column means what, as `date=Day,model=Engine`. @default by their names */
	columns?: string | undefined;
	/** @default by the model ids */
	provider?: string | undefined;
}

/** Parses a CSV export. @throws InvalidInputError with the line of what cannot be read */
export function parseUsageExportCsv(text: string, options: CsvExportOptions = {}): UsageExport {
	const [header, ...lines] = splitLines(text);
	if (header === undefined) throw new InvalidInputError('The file is empty. Export a range with usage.');
	const columns = findColumns(header.cells, options.columns);
	const readers = lines.map((line) => createLineReader(line, columns));
	const provider = options.provider ?? detectProvider(readers.map(getModel));
	const rows = readers.map((line) => readRow(line, provider));
	const days = rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`));
	if (days.length === 0)
		throw new InvalidInputError('The file has a header and no line below it. Export a range with usage.');
	const from = days.reduce((first, day) => Math.min(first, day));
	const to = days.reduce((last, day) => Math.max(last, day)) + DAY_MS;
	// a day without usage has a line without model and figures
	const filled = rows.filter(({ tokens, costNanoUsd }) => tokens !== null || costNanoUsd !== null);
	return { format: 'csv', provider, from, to, rows: filled, isIncomplete: false };
}

interface CsvLine {
	/** From 1. */
	line: number;
	cells: string[];
}

/** The lines of a CSV text (RFC 4180; commas, tabs or semicolons), without empty ones. @throws InvalidInputError */
function splitLines(file: string): CsvLine[] {
	const text = file.replace(/^\uFEFF/, '');
	const header = text.slice(0, text.search(/[\r\n]|$/));
	const count = (separator: string) => header.split(separator).length;
	const separator = [',', '\t', ';'].reduce((best, next) => (count(next) > count(best) ? next : best));
	const quoted = '"([^"]*(?:""[^"]*)*)"';
	const cell = new RegExp(`(?:${quoted}|(?!")([^${separator}\\r\\n]*))(${separator}|\\r\\n|\\r|\\n|$)`, 'y');
	const lines: CsvLine[] = [];
	let current: CsvLine = { line: 1, cells: [] };
	let line = 1;
	while (cell.lastIndex < text.length || current.cells.length > 0) {
		const start = cell.lastIndex;
		const match = cell.exec(text);
		if (match === null) {
			const isClosed = new RegExp(quoted, 'y').test(text.slice(start));
			throw new InvalidInputError(
				isClosed
					? `Line ${line}: something follows a closing quote. Export the file again.`
					: `Line ${line}: a quoted cell never ends. Export the file again, or close the quote.`,
			);
		}
		const [, inQuotes, plain = '', end] = match;
		current.cells.push(inQuotes?.replaceAll('""', '"') ?? plain.trim());
		line += (inQuotes?.split('\n').length ?? 1) - 1;
		if (end === separator) continue;
		line += 1;
		if (current.cells.some((text) => text !== '')) lines.push(current);
		current = { line, cells: [] };
	}
	return lines;
}

/**
 * What a column may mean, and the header names that are understood, in the spelling of `toHeaderKey`. The first name
 * that is there wins. Known from Anthropic's console (usage and cost CSV), OpenAI's dashboard (usage and costs CSV) and
 * Google Cloud's billing export. `lineItem` begins with the model (`gpt-5-mini-2025-08-07, input`); `input` holds cached
 * tokens too, `uncached` holds neither those read from nor those written to a cache.
 */
const COLUMN_NAMES = {
	date: `usage_date_utc start_time_iso start_time starting_at usage_start_date usage_start_time date_utc usage_date
		date day timestamp created_at time`,
	model: 'model_version model model_name model_id snapshot_id snapshot',
	lineItem: 'line_item sku_description',
	input: 'input_tokens prompt_tokens prompt_token_count n_context_tokens_total tokens_input',
	uncached: `usage_input_tokens_no_cache uncached_input_tokens input_uncached_tokens input_tokens_no_cache
		uncached_tokens uncached`,
	cacheRead: `usage_input_tokens_cache_read cache_read_input_tokens input_cached_tokens cached_input_tokens
		cached_tokens cached_content_token_count cache_read_tokens tokens_cache_read`,
	cacheWrite5m: `usage_input_tokens_cache_write_5m cache_creation_5m_input_tokens ephemeral_5m_input_tokens
		cache_creation_input_tokens input_cache_write_tokens cache_write_5m_tokens usage_input_tokens_cache_write`,
	cacheWrite1h: `usage_input_tokens_cache_write_1h cache_creation_1h_input_tokens ephemeral_1h_input_tokens
		cache_write_1h_tokens`,
	output: `usage_output_tokens output_tokens completion_tokens candidates_token_count n_generated_tokens_total
		tokens_output`,
	reasoning: 'reasoning_tokens thoughts_token_count',
	requests: 'num_model_requests requests request_count n_requests num_requests calls',
	cost: 'cost_usd amount_usd amount_value cost_in_usd total_cost_usd cost amount total_cost subtotal',
	cents: 'cost_cents amount_cents cost_in_cents',
	currency: 'amount_currency currency',
	tier: 'service_tier usage_type tier',
	batch: 'batch',
} as const;

type ColumnMeaning = keyof typeof COLUMN_NAMES;
/** Where each meaning stands in a line. */
type Columns = ReadonlyMap<ColumnMeaning, number>;

// the keys of the object above
const MEANINGS = Object.keys(COLUMN_NAMES) as ColumnMeaning[];

/** `Usage Date (UTC)` → `usage_date_utc`. */
function toHeaderKey(header: string): string {
	return header
		.replace(/([a-z])([A-Z])/g, '$1_$2')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '_')
		.replace(/^_|_$/g, '');
}

/** Which column means what: as the option says, else by its name. @throws InvalidInputError when no column has a date, or none tokens or money */
function findColumns(headers: readonly string[], option: string | undefined): Columns {
	const columns = option === undefined ? new Map<ColumnMeaning, number>() : parseColumns(option, headers);
	const keys = headers.map(toHeaderKey);
	for (const meaning of MEANINGS) {
		const name = COLUMN_NAMES[meaning].split(/\s+/).find((known) => keys.includes(known));
		if (name !== undefined && !columns.has(meaning)) columns.set(meaning, keys.indexOf(name));
	}
	const hasFigures = (['input', 'uncached', 'output', 'cost', 'cents'] as const).some((name) => columns.has(name));
	const missing = [columns.has('date') ? [] : ['date'], hasFigures ? [] : ['input, output or cost']].flat();
	if (missing.length === 0) return columns;
	throw new InvalidInputError(
		`Line 1: no column is known to be ${missing.join(' or ')}. The file has ${headers.join(', ').slice(0, 400)}. Say which is which: --columns date=…,model=…,cost=…`,
	);
}

/** The option `--columns`, as `date=Day,model=Engine`. @throws InvalidInputError */
function parseColumns(option: string, headers: readonly string[]): Map<ColumnMeaning, number> {
	const columns = new Map<ColumnMeaning, number>();
	for (const pair of option.split(',')) {
		const [name = '', header = ''] = pair.split('=').map((part) => part.trim());
		const meaning = MEANINGS.find((known) => known === name);
		if (meaning === undefined) {
			const nearest = nearestName(name, MEANINGS);
			throw new InvalidInputError(
				`--columns: "${name.slice(0, 40)}" is no meaning of a column.${nearest === null ? '' : ` Did you mean "${nearest}"?`} Use ${MEANINGS.join(', ')}.`,
			);
		}
		const place = headers.findIndex((known) => known === header || toHeaderKey(known) === toHeaderKey(header));
		if (place === -1) {
			throw new InvalidInputError(
				`--columns: the file has no column "${header.slice(0, 60)}". It has ${headers.join(', ').slice(0, 400)}.`,
			);
		}
		columns.set(meaning, place);
	}
	return columns;
}

/** One line, read by the meaning of its cells. */
function createLineReader({ cells, line }: CsvLine, columns: Columns) {
	const text = (meaning: ColumnMeaning): string | null => cells[columns.get(meaning) ?? -1] || null;
	const where = (meaning: ColumnMeaning): string => `Line ${line}, ${meaning}`;
	/** A number without what a spreadsheet adds to it: `$1,234.50`. */
	const number = (meaning: ColumnMeaning): string | null => {
		const cell = text(meaning)?.replace(/^\$/, '') ?? null;
		return cell !== null && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(cell) ? cell.replaceAll(',', '') : cell;
	};
	const count = (meaning: ColumnMeaning): number | null => {
		const cell = number(meaning);
		return cell === null ? null : parseCount(cell, where(meaning));
	};
	return { text, where, number, count };
}

type LineReader = ReturnType<typeof createLineReader>;

function readRow(line: LineReader, provider: string | null): UsageExportRow {
	const costNanoUsd = readCost(line);
	return {
		day: toIsoDay(parseTime(line.text('date'), line.where('date'))),
		model: getModel(line),
		requests: line.count('requests'),
		tokens: readTokens(line, provider),
		costNanoUsd,
		precisionNanoUsd: costNanoUsd === null ? 0 : getPrecision(line.number('cost') ?? '.000000000'),
		serviceTier: /^(true|1|yes)$/i.test(line.text('batch') ?? '') ? 'batch' : line.text('tier'),
	};
}

function getModel(line: LineReader): string | null {
	return line.text('model') ?? line.text('lineItem')?.split(',')[0]?.trim() ?? null;
}

function readTokens(line: LineReader, provider: string | null): CountedTokens | null {
	const meanings = ['input', 'uncached', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
	if (meanings.every((meaning) => line.text(meaning) === null)) return null;
	const cacheRead = line.count('cacheRead') ?? 0;
	const cacheWrite5m = line.count('cacheWrite5m') ?? 0;
	const cacheWrite1h = line.count('cacheWrite1h') ?? 0;
	// Gemini's candidates leave thoughts out
	const reasoning = provider === 'google' ? (line.count('reasoning') ?? 0) : 0;
	const input = readUncachedInput(line, cacheRead + cacheWrite5m + cacheWrite1h, provider);
	return { input, cacheRead, cacheWrite5m, cacheWrite1h, output: (line.count('output') ?? 0) + reasoning };
}

/** Input without its cached part. Where only the whole is given, Anthropic leaves cached tokens out of it and the others do not. */
function readUncachedInput(line: LineReader, cached: number, provider: string | null): number {
	const uncached = line.count('uncached');
	if (uncached !== null) return uncached;
	const whole = line.count('input') ?? 0;
	if (provider === 'anthropic') return whole;
	if (whole >= cached) return whole - cached;
	throw new InvalidInputError(
		`${line.where('input')} is ${whole}, less than the ${cached} cached tokens that it should hold. Say the provider (--provider), or which column holds uncached input (--columns uncached=…).`,
	);
}

function readCost(line: LineReader): number | null {
	const currency = line.text('currency');
	if (currency !== null && currency.toLowerCase() !== 'usd')
		throw new InvalidInputError(`${line.where('currency')} is "${currency.slice(0, 20)}". Only USD can be compared.`);
	const usd = line.number('cost');
	if (usd !== null) return parseMoney(usd, 'USD', line.where('cost'));
	const cents = line.number('cents');
	return cents === null ? null : parseMoney(cents, 'cents', line.where('cents'));
}

const MODEL_PATTERNS = {
	anthropic: /^(?:anthropic[/.])?claude/i,
	openai: /^(?:openai\/)?(?:gpt|o\d|chatgpt|text-embedding|codex|ft:gpt)/i,
	google: /^(?:models\/|google\/)?(?:gemini|gemma)/i,
};

/** Whose models all of these are. */
function detectProvider(models: ReadonlyArray<string | null>): string | null {
	const names = models.filter((name) => name !== null);
	const known = Object.entries(MODEL_PATTERNS).find(([, pattern]) => names.every((name) => pattern.test(name)));
	return names.length === 0 ? null : (known?.[0] ?? null);
}
