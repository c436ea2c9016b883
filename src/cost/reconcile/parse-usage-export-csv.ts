import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, nearestName } from '../../util/index.ts';
import {
	type CountedTokens,
	getPrecision,
	parseCount,
	parseMoney,
	parseTime,
	toUtcDay,
	type UsageExport,
	type UsageExportRow,
} from './usage-export.ts';

/** A line of a CSV file and the number it has there, from 1. */
export interface CsvLine {
	line: number;
	cells: string[];
}

/** What separates the cells: whichever of comma, tab and semicolon the header has most of. */
function separatorOf(text: string): string {
	const header = text.slice(0, text.search(/[\r\n]|$/));
	const counts = [',', '\t', ';'].map((separator) => ({ separator, count: header.split(separator).length }));
	return counts.reduce((best, next) => (next.count > best.count ? next : best)).separator;
}

/** A quoted cell: its text, and where it ends. */
function quotedCell(text: string, start: number): { cell: string; end: number } {
	let at = start + 1;
	for (;;) {
		const quote = text.indexOf('"', at);
		if (quote === -1) {
			const line = text.slice(0, start).split('\n').length;
			throw new InvalidInputError(`Line ${line}: a quoted cell never ends. Export the file again, or close the quote.`);
		}
		if (text[quote + 1] !== '"') return { cell: text.slice(start + 1, quote).replaceAll('""', '"'), end: quote + 1 };
		at = quote + 2;
	}
}

/** Where a plain cell ends. */
function plainEnd(text: string, start: number, separator: string): number {
	let at = start;
	while (at < text.length && text[at] !== separator && text[at] !== '\n' && text[at] !== '\r') at += 1;
	return at;
}

/** The lines of a CSV text (RFC 4180; commas, tabs or semicolons), without empty ones. @throws InvalidInputError */
function splitCsv(given: string): CsvLine[] {
	const text = given.replace(/^\uFEFF/, '');
	const separator = separatorOf(text);
	const lines: CsvLine[] = [];
	let cells: string[] = [];
	let line = 1;
	let at = 0;
	const endLine = (): void => {
		if (cells.some((cell) => cell !== '')) lines.push({ line, cells });
		cells = [];
	};
	while (at < text.length) {
		const isQuoted = text[at] === '"';
		const { cell, end } = isQuoted ? quotedCell(text, at) : plainCell(text, at, separator);
		cells.push(cell);
		at = end;
		if (text[at] === separator) {
			at += 1;
			if (at === text.length) cells.push('');
			continue;
		}
		if (at < text.length && text[at] !== '\n' && text[at] !== '\r')
			throw new InvalidInputError(`Line ${line}: something follows a closing quote. Export the file again.`);
		endLine();
		line += cell.split('\n').length;
		at += text.startsWith('\r\n', at) ? 2 : 1;
	}
	endLine();
	return lines;
}

function plainCell(text: string, start: number, separator: string): { cell: string; end: number } {
	const end = plainEnd(text, start, separator);
	return { cell: text.slice(start, end).trim(), end };
}

/** What a column may mean. */
export type ColumnMeaning =
	| 'date'
	| 'model'
	| 'lineItem'
	| 'input'
	| 'uncached'
	| 'cacheRead'
	| 'cacheWrite5m'
	| 'cacheWrite1h'
	| 'output'
	| 'reasoning'
	| 'requests'
	| 'cost'
	| 'cents'
	| 'currency'
	| 'tier'
	| 'batch';

/**
 * What a column may mean, and the header names that are understood, in the spelling of `headerKey`. The first name that
 * is there wins. Known from Anthropic's console (usage and cost CSV), OpenAI's dashboard (usage and costs CSV) and
 * Google Cloud's billing export.
 */
const SYNONYMS: Readonly<Record<ColumnMeaning, readonly string[]>> = {
	date: [
		'usage_date_utc',
		'start_time_iso',
		'start_time',
		'starting_at',
		'usage_start_date',
		'usage_start_time',
		'date_utc',
		'usage_date',
		'date',
		'day',
		'timestamp',
		'created_at',
		'time',
	],
	model: ['model_version', 'model', 'model_name', 'model_id', 'snapshot_id', 'snapshot'],
	/** A line item that begins with the model: `gpt-5-mini-2025-08-07, input`. */
	lineItem: ['line_item', 'sku_description'],
	/** All input; what it holds of cached tokens is taken out. */
	input: ['input_tokens', 'prompt_tokens', 'prompt_token_count', 'n_context_tokens_total', 'tokens_input'],
	/** Input neither read from nor written to a cache. */
	uncached: [
		'usage_input_tokens_no_cache',
		'uncached_input_tokens',
		'input_uncached_tokens',
		'input_tokens_no_cache',
		'uncached_tokens',
		'uncached',
	],
	cacheRead: [
		'usage_input_tokens_cache_read',
		'cache_read_input_tokens',
		'input_cached_tokens',
		'cached_input_tokens',
		'cached_tokens',
		'cached_content_token_count',
		'cache_read_tokens',
		'tokens_cache_read',
	],
	cacheWrite5m: [
		'usage_input_tokens_cache_write_5m',
		'cache_creation_5m_input_tokens',
		'ephemeral_5m_input_tokens',
		'cache_creation_input_tokens',
		'input_cache_write_tokens',
		'cache_write_5m_tokens',
		'usage_input_tokens_cache_write',
	],
	cacheWrite1h: [
		'usage_input_tokens_cache_write_1h',
		'cache_creation_1h_input_tokens',
		'ephemeral_1h_input_tokens',
		'cache_write_1h_tokens',
	],
	output: [
		'usage_output_tokens',
		'output_tokens',
		'completion_tokens',
		'candidates_token_count',
		'n_generated_tokens_total',
		'tokens_output',
	],
	reasoning: ['reasoning_tokens', 'thoughts_token_count'],
	requests: ['num_model_requests', 'requests', 'request_count', 'n_requests', 'num_requests', 'calls'],
	cost: [
		'cost_usd',
		'amount_usd',
		'amount_value',
		'cost_in_usd',
		'total_cost_usd',
		'cost',
		'amount',
		'total_cost',
		'subtotal',
	],
	cents: ['cost_cents', 'amount_cents', 'cost_in_cents'],
	currency: ['amount_currency', 'currency'],
	tier: ['service_tier', 'usage_type', 'tier'],
	batch: ['batch'],
};

/** Where each meaning stands in a line. */
export type ColumnPlaces = ReadonlyMap<ColumnMeaning, number>;

const MEANINGS = Object.keys(SYNONYMS);

/** `Usage Date (UTC)` → `usage_date_utc`. */
function headerKey(header: string): string {
	return header
		.replace(/([a-z])([A-Z])/g, '$1_$2')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '_')
		.replace(/^_|_$/g, '');
}

function isMeaning(name: string): name is ColumnMeaning {
	return Object.hasOwn(SYNONYMS, name);
}

/** Columns said by hand, as `date=Day,model=Engine`. @throws InvalidInputError */
function saidColumns(said: string, headers: readonly string[]): Map<ColumnMeaning, number> {
	const places = new Map<ColumnMeaning, number>();
	for (const pair of said.split(',')) {
		const [meaning = '', header = ''] = pair.split('=').map((part) => part.trim());
		if (!isMeaning(meaning)) {
			const nearest = nearestName(meaning, MEANINGS);
			throw new InvalidInputError(
				`--columns: "${meaning.slice(0, 40)}" is no meaning of a column.${nearest === null ? '' : ` Did you mean "${nearest}"?`} Use ${MEANINGS.join(', ')}.`,
			);
		}
		const place = headers.findIndex((name) => name === header || headerKey(name) === headerKey(header));
		if (place === -1) {
			throw new InvalidInputError(
				`--columns: the file has no column "${header.slice(0, 60)}". It has ${headers.join(', ').slice(0, 400)}.`,
			);
		}
		places.set(meaning, place);
	}
	return places;
}

/**
 * Which column means what: by its name, or as said by hand.
 * @throws InvalidInputError when no column has a date, or none has tokens or money
 */
function findColumns(headers: readonly string[], said: string | undefined): ColumnPlaces {
	const places = said === undefined ? new Map<ColumnMeaning, number>() : saidColumns(said, headers);
	const keys = headers.map(headerKey);
	for (const [meaning, names] of Object.entries(SYNONYMS)) {
		const place = names.map((name) => keys.indexOf(name)).find((index) => index >= 0);
		if (isMeaning(meaning) && place !== undefined && !places.has(meaning)) places.set(meaning, place);
	}
	const has = (...meanings: ColumnMeaning[]) => meanings.some((meaning) => places.has(meaning));
	const lacks = [
		...(has('date') ? [] : ['date']),
		...(has('input', 'uncached', 'output', 'cost', 'cents') ? [] : ['input, output or cost']),
	];
	if (lacks.length === 0) return places;
	throw new InvalidInputError(
		`Line 1: no column is known to be ${lacks.join(' or ')}. The file has ${headers.join(', ').slice(0, 400)}. Say which is which: --columns date=…,model=…,cost=…`,
	);
}

/** What a CSV file cannot say itself. */
export interface CsvExportOptions {
	/** Which column means what, as `date=Day,model=Engine`. @default by their names */
	columns?: string | undefined;
	/** @default by the model ids */
	provider?: string | undefined;
}

/** One line, read by the meaning of its cells. */
class LineReader {
	readonly #line: CsvLine;
	readonly #places: ColumnPlaces;

	constructor(line: CsvLine, places: ColumnPlaces) {
		this.#line = line;
		this.#places = places;
	}

	text(meaning: ColumnMeaning): string | null {
		const place = this.#places.get(meaning);
		const cell = place === undefined ? undefined : this.#line.cells[place];
		return cell === undefined || cell === '' ? null : cell;
	}

	where(meaning: ColumnMeaning): string {
		return `Line ${this.#line.line}, ${meaning}`;
	}

	/** A number as a spreadsheet writes it: `$1,234.50`. */
	#number(meaning: ColumnMeaning): string | null {
		const cell = this.text(meaning)?.replace(/^\$/, '') ?? null;
		return cell !== null && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(cell) ? cell.replaceAll(',', '') : cell;
	}

	count(meaning: ColumnMeaning): number | null {
		const cell = this.#number(meaning);
		return cell === null ? null : parseCount(cell, this.where(meaning));
	}

	day(): string {
		return toUtcDay(parseTime(this.text('date'), this.where('date')));
	}

	/** Half of the last decimal that the line's amount shows. */
	precision(): number {
		return getPrecision(this.#number('cost') ?? '.000000000');
	}

	money(): number | null {
		const currency = this.text('currency');
		if (currency !== null && currency.toLowerCase() !== 'usd')
			throw new InvalidInputError(`${this.where('currency')} is "${currency.slice(0, 20)}". Only USD can be compared.`);
		const usd = this.#number('cost');
		if (usd !== null) return parseMoney(usd, 'usd', this.where('cost'));
		const cents = this.#number('cents');
		return cents === null ? null : parseMoney(cents, 'cents', this.where('cents'));
	}
}

/** Input without its cached part. Where only the whole is given, Anthropic leaves cached tokens out of it and the others do not. */
function uncachedInput(line: LineReader, cached: number, provider: string | null): number {
	const uncached = line.count('uncached');
	if (uncached !== null) return uncached;
	const whole = line.count('input') ?? 0;
	if (provider === 'anthropic') return whole;
	if (whole >= cached) return whole - cached;
	throw new InvalidInputError(
		`${line.where('input')} is ${whole}, less than the ${cached} cached tokens that it should hold. Say the provider (--provider), or which column holds uncached input (--columns uncached=…).`,
	);
}

function tokensOf(line: LineReader, provider: string | null): CountedTokens | null {
	const meanings = ['input', 'uncached', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
	if (meanings.every((meaning) => line.text(meaning) === null)) return null;
	const cacheRead = line.count('cacheRead') ?? 0;
	const cacheWrite5m = line.count('cacheWrite5m') ?? 0;
	const cacheWrite1h = line.count('cacheWrite1h') ?? 0;
	const cached = cacheRead + cacheWrite5m + cacheWrite1h;
	// Gemini's candidates leave thoughts out
	const reasoning = provider === 'google' ? (line.count('reasoning') ?? 0) : 0;
	const input = uncachedInput(line, cached, provider);
	return { input, cacheRead, cacheWrite5m, cacheWrite1h, output: (line.count('output') ?? 0) + reasoning };
}

function modelOf(line: LineReader): string | null {
	return line.text('model') ?? line.text('lineItem')?.split(',')[0]?.trim() ?? null;
}

function tierOf(line: LineReader): string | null {
	return /^(true|1|yes)$/i.test(line.text('batch') ?? '') ? 'batch' : line.text('tier');
}

function providerOf(models: ReadonlyArray<string | null>): string | null {
	const names = models.filter((name) => name !== null).map((name) => name.toLowerCase());
	const is = (pattern: RegExp) => names.length > 0 && names.every((name) => pattern.test(name));
	if (is(/^(?:anthropic[/.])?claude/)) return 'anthropic';
	if (is(/^(?:openai\/)?(?:gpt|o\d|chatgpt|text-embedding|codex|ft:gpt)/)) return 'openai';
	return is(/^(?:models\/|google\/)?(?:gemini|gemma)/) ? 'google' : null;
}

/** Reads a CSV export. @throws InvalidInputError with the line of what cannot be read */
export function parseUsageExportCsv(text: string, options: CsvExportOptions = {}): UsageExport {
	const [header, ...lines] = splitCsv(text);
	if (header === undefined) throw new InvalidInputError('The file is empty. Export a range with usage.');
	const places = findColumns(header.cells, options.columns);
	const readers = lines.map((line) => new LineReader(line, places));
	const provider = options.provider ?? providerOf(readers.map(modelOf));
	const rows = readers.map((line): UsageExportRow => {
		const tokens = tokensOf(line, provider);
		const costNanoUsd = line.money();
		const requests = line.count('requests');
		const precisionNanoUsd = costNanoUsd === null ? 0 : line.precision();
		const names = { day: line.day(), model: modelOf(line), serviceTier: tierOf(line) };
		return { ...names, requests, tokens, costNanoUsd, precisionNanoUsd };
	});
	const days = rows.map(({ day }) => Date.parse(`${day}T00:00:00Z`));
	if (days.length === 0)
		throw new InvalidInputError('The file has a header and no line below it. Export a range with usage.');
	const from = days.reduce((least, day) => Math.min(least, day));
	const to = days.reduce((most, day) => Math.max(most, day)) + DAY_MS;
	// a day without usage has a line without model and figures
	const filled = rows.filter(({ tokens, costNanoUsd }) => tokens !== null || costNanoUsd !== null);
	return { format: 'csv', provider, from, to, rows: filled, isIncomplete: false };
}
