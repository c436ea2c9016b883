import { NANO_PER_USD, type NanoUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { sum, toIsoDay } from '../../util/index.ts';
import type { CountedTokens, UsageExportRow } from './usage-export.ts';

/**
 * What a cell may mean, and the names of columns and JSON members that are understood, in the spelling of `toColumnKey`;
 * the first that is there wins. Known from the usage and cost reports of Anthropic and OpenAI (API, console, dashboard)
 * and Google Cloud's billing export. `lineItem` begins with the model (`gpt-5-mini-2025-08-07, input`); `input` holds
 * cached tokens too, `uncached` holds neither those read from nor those written to a cache.
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
		cache_creation_ephemeral_5m_input_tokens cache_creation_input_tokens input_cache_write_tokens
		cache_write_5m_tokens usage_input_tokens_cache_write`,
	cacheWrite1h: `usage_input_tokens_cache_write_1h cache_creation_1h_input_tokens ephemeral_1h_input_tokens
		cache_creation_ephemeral_1h_input_tokens cache_write_1h_tokens`,
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

/** What a cell may mean. */
export type Meaning = keyof typeof COLUMN_NAMES;
// the keys of the object above
export const MEANINGS = Object.keys(COLUMN_NAMES) as Meaning[];

/** `Usage Date (UTC)` → `usage_date_utc`. */
export function toColumnKey(header: string): string {
	return header
		.replace(/([a-z])([A-Z])/g, '$1_$2')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '_')
		.replace(/^_|_$/g, '');
}

/** The key that has each meaning, of those that are known by their names. */
export function findKeys(keys: readonly string[]): Map<Meaning, string> {
	const known = MEANINGS.map((meaning) => [
		meaning,
		COLUMN_NAMES[meaning].split(/\s+/).find((name) => keys.includes(name)),
	]);
	return new Map(known.filter((pair): pair is [Meaning, string] => pair[1] !== undefined));
}

/** A line of a CSV file or a result of a JSON report, by what its cells mean. */
export interface ExportRecord {
	/** `undefined`, `null` or an empty text where there is none. */
	get(meaning: Meaning): unknown;
	/** Where it stands, for messages. */
	where(meaning: Meaning): string;
	/** What to do when the counts contradict each other. */
	advice: string;
}

/** A cell as text; `null` where there is none. */
export function getCellText(record: ExportRecord, meaning: Meaning): string | null {
	return String(record.get(meaning) ?? '') || null;
}

/** A number without what a spreadsheet adds to it: `$1,234.50`. */
function getNumber(record: ExportRecord, meaning: Meaning): unknown {
	const value = record.get(meaning);
	if (value === undefined || value === '') return null;
	const text = typeof value === 'string' ? value.replace(/^\$/, '') : value;
	return typeof text === 'string' && /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
}

function getCount(record: ExportRecord, meaning: Meaning): number | null {
	const value = getNumber(record, meaning);
	return value === null ? null : parseCount(value, record.where(meaning));
}

/** Reads a record; every figure is checked. @throws InvalidInputError with the place of what cannot be read */
export function readExportRow(record: ExportRecord, day: string, provider: string | null): UsageExportRow {
	const cost = getNumber(record, 'cost');
	return {
		day,
		model: getModel(record),
		requests: getCount(record, 'requests'),
		tokens: readTokens(record, provider),
		costNanoUsd: readCost(record, cost),
		precisionNanoUsd:
			typeof cost === 'string' ? getPrecision(cost) : Number(cost !== null || getCellText(record, 'cents') !== null),
		serviceTier: /^(true|1|yes)$/i.test(getCellText(record, 'batch') ?? '') ? 'batch' : getCellText(record, 'tier'),
	};
}

/** The model's name in a record. */
export function getModel(record: ExportRecord): string | null {
	return getCellText(record, 'model') ?? getCellText(record, 'lineItem')?.split(',')[0]?.trim() ?? null;
}

/** Where only the whole input is given, Anthropic leaves cached tokens out of it and the others do not. */
function readTokens(record: ExportRecord, provider: string | null): CountedTokens | null {
	const meanings = ['input', 'uncached', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const;
	const counts = meanings.map((meaning) => getCount(record, meaning));
	if (counts.slice(0, 6).every((count) => count === null)) return null;
	const [whole = 0, , output = 0, cacheRead = 0, cacheWrite5m = 0, cacheWrite1h = 0, reasoning = 0] =
		counts.map(Number);
	const cached = provider === 'anthropic' ? 0 : sum([cacheRead, cacheWrite5m, cacheWrite1h]);
	const input = counts[1] ?? whole - cached;
	if (input < 0) {
		throw new InvalidInputError(
			`${record.where('input')} is ${whole}, less than the ${cached} cached tokens that it should hold. ${record.advice}`,
		);
	}
	// Gemini's candidates leave thoughts out
	const written = output + (provider === 'google' ? reasoning : 0);
	return { input, cacheRead, cacheWrite5m, cacheWrite1h, output: written };
}

function readCost(record: ExportRecord, usd: unknown): NanoUsd | null {
	const currency = getCellText(record, 'currency');
	if (currency !== null && currency.toLowerCase() !== 'usd')
		throw new InvalidInputError(
			`${record.where('currency')} is ${quoteValue(currency)}. Only USD can be compared with the ledger.`,
		);
	if (usd !== null) return parseMoney(usd, 'USD', record.where('cost'));
	const cents = getNumber(record, 'cents');
	return cents === null ? null : parseMoney(cents, 'cents', record.where('cents'));
}

/** A value as an error message quotes it. */
export function quoteValue(value: unknown): string {
	return value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function toNumber(value: unknown): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' ? number : Number.NaN;
}

const NANO_PER_CENT = NANO_PER_USD / 100;

function parseMoney(value: unknown, unit: 'USD' | 'cents', where: string): NanoUsd {
	const nano = Math.round(toNumber(value) * (unit === 'USD' ? NANO_PER_USD : NANO_PER_CENT));
	if (Number.isSafeInteger(nano)) return nano;
	throw new InvalidInputError(`${where} is ${quoteValue(value)}. Expected an amount in ${unit}.`);
}

/** Half of the last decimal that an amount of USD is written with, at most half a cent. */
function getPrecision(amount: string): NanoUsd {
	const decimals = /\.(\d+)$/.exec(amount)?.[1]?.length ?? 0;
	return Math.ceil(Math.min(NANO_PER_CENT / 2, NANO_PER_USD / 2 / 10 ** decimals));
}

function parseCount(value: unknown, where: string): number {
	const count = toNumber(value);
	if (Number.isSafeInteger(count) && count >= 0) return count;
	throw new InvalidInputError(`${where} is ${quoteValue(value)}. Expected a whole number of 0 or more.`);
}

/** Epoch milliseconds of a time in epoch seconds, epoch milliseconds or ISO 8601 (UTC where no zone is given). @throws InvalidInputError */
export function parseTime(value: unknown, where: string): number {
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	let at = Number.NaN;
	if (/^\d{9,10}$/.test(text)) at = Number(text) * 1000;
	else if (/^\d{12,13}$/.test(text)) at = Number(text);
	else if (/^\d{4}-\d{2}-\d{2}/.test(text)) at = parseIsoTime(text);
	if (Number.isFinite(at)) return at;
	throw new InvalidInputError(
		`${where} is ${quoteValue(value)}. Expected a day (YYYY-MM-DD), an ISO time or epoch seconds.`,
	);
}

function parseIsoTime(text: string): number {
	const isDay = text.length === 10;
	const hasZone = isDay || /(?:Z|[+-]\d{2}:?\d{2}|UTC)$/i.test(text);
	const at = Date.parse(`${text.replace(/\s*UTC$/i, 'Z').replace(' ', 'T')}${hasZone ? '' : 'Z'}`);
	// Date.parse rolls 2026-02-30 over; a real day comes back as it was written.
	return isDay && !Number.isNaN(at) && toIsoDay(at) !== text ? Number.NaN : at;
}
