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
/** All meanings, as `--columns` names them: the keys of the table above. */
export const MEANINGS = Object.keys(COLUMN_NAMES) as Meaning[];

/** `Usage Date (UTC)` → `usage_date_utc`. */
export function toColumnKey(header: string): string {
	const words = header.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
	return words.replace(/[^a-z0-9]+/g, '_').replace(/^_|_$/g, '');
}

/** The key that has each meaning, of those that are known by their names. */
export function findKeys(keys: readonly string[]): Map<Meaning, string> {
	const found = new Map<Meaning, string>();
	for (const meaning of MEANINGS) {
		const key = COLUMN_NAMES[meaning].split(/\s+/).find((name) => keys.includes(name));
		if (key !== undefined) found.set(meaning, key);
	}
	return found;
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

function getText(record: ExportRecord, meaning: Meaning): string | null {
	return String(record.get(meaning) ?? '') || null;
}

/** The model's name in a record. */
export function getModel(record: ExportRecord): string | null {
	return getText(record, 'model') ?? getText(record, 'lineItem')?.split(',')[0]?.trim() ?? null;
}

/** Reads a record; every figure is checked. @throws InvalidInputError with the place of what cannot be read */
export function readExportRow(record: ExportRecord, day: string, provider: string | null): UsageExportRow {
	const currency = getText(record, 'currency');
	if (currency !== null && currency.toLowerCase() !== 'usd')
		throw new InvalidInputError(
			`${record.where('currency')} is ${quoteValue(currency)}. Only USD can be compared with the ledger.`,
		);
	const usd = getFigure(record, 'cost');
	const cents = readFigure(record, 'cents', { factor: NANO_PER_CENT, what: 'an amount in cents' });
	return {
		day,
		model: getModel(record),
		requests: readFigure(record, 'requests', COUNT),
		tokens: readTokens(record, provider),
		costNanoUsd: readFigure(record, 'cost', { factor: NANO_PER_USD, what: 'an amount in USD' }) ?? cents,
		precisionNanoUsd: typeof usd === 'string' ? getPrecision(usd) : Number(usd !== null || cents !== null),
		serviceTier: /^(true|1|yes)$/i.test(getText(record, 'batch') ?? '') ? 'batch' : getText(record, 'tier'),
	};
}

/** Where only the whole input is given, Anthropic leaves cached tokens out of it and the others do not. */
function readTokens(record: ExportRecord, provider: string | null): CountedTokens | null {
	const meanings = ['input', 'uncached', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const;
	const counts = meanings.map((meaning) => readFigure(record, meaning, COUNT));
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

/** A number as it stands, without what a spreadsheet adds to it: `$1,234.50`. */
function getFigure(record: ExportRecord, meaning: Meaning): unknown {
	const value = record.get(meaning);
	if (typeof value !== 'string') return value ?? null;
	const text = value.replace(/^\$/, '');
	if (value === '') return null;
	return /^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(text) ? text.replaceAll(',', '') : text;
}

const NANO_PER_CENT = NANO_PER_USD / 100;
const COUNT = { factor: null, what: 'a whole number of 0 or more' };

/** A figure as an integer: an amount times its factor, a count as it is; `null` where there is none. */
function readFigure(
	record: ExportRecord,
	meaning: Meaning,
	{ factor, what }: { factor: number | null; what: string },
): number | null {
	const value = getFigure(record, meaning);
	if (value === null) return null;
	const read = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	const number = typeof read !== 'number' ? Number.NaN : factor === null ? read : Math.round(read * factor);
	if (Number.isSafeInteger(number) && (factor !== null || number >= 0)) return number;
	throw new InvalidInputError(`${record.where(meaning)} is ${quoteValue(value)}. Expected ${what}.`);
}

/** Half of the last decimal that an amount of USD is written with, at most half a cent. */
function getPrecision(amount: string): NanoUsd {
	const decimals = /\.(\d+)$/.exec(amount)?.[1]?.length ?? 0;
	return Math.ceil(Math.min(NANO_PER_CENT / 2, NANO_PER_USD / 2 / 10 ** decimals));
}

/** A value as an error message quotes it. */
export function quoteValue(value: unknown): string {
	return value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

/** Epoch milliseconds of a time in epoch seconds, epoch milliseconds or ISO 8601 (UTC where no zone is given). @throws InvalidInputError */
export function parseTime(value: unknown, where: string): number {
	const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
	const isDay = text.length === 10;
	let at = Number.NaN;
	if (/^\d{9,10}$/.test(text)) at = Number(text) * 1000;
	else if (/^\d{12,13}$/.test(text)) at = Number(text);
	else if (/^\d{4}-\d{2}-\d{2}/.test(text)) {
		const zone = isDay || /(?:Z|[+-]\d{2}:?\d{2}|UTC)$/i.test(text) ? '' : 'Z';
		at = Date.parse(`${text.replace(/\s*UTC$/i, 'Z').replace(' ', 'T')}${zone}`);
	}
	// Date.parse rolls 2026-02-30 over; a real day comes back as it was written
	const isReal = Number.isFinite(at) && (!text.includes('-') || !isDay || toIsoDay(at) === text);
	if (isReal) return at;
	throw new InvalidInputError(
		`${where} is ${quoteValue(value)}. Expected a day (YYYY-MM-DD), an ISO time or epoch seconds.`,
	);
}
