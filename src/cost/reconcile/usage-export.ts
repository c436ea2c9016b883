import { NANO_PER_USD, type NanoUsd } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

const NANO_PER_CENT = 10_000_000;

/** Token classes that a provider's report tells apart; reasoning is inside output. */
export const COUNTED_CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const;
/** Tokens by the classes of a provider's report; `input` is neither read from nor written to a cache. */
export type CountedTokens = Record<(typeof COUNTED_CLASSES)[number], number>;

/** What a provider says of one day and model; what its report leaves out is `null`. */
export interface UsageExportRow {
	/** UTC day, `YYYY-MM-DD`. */
	day: string;
	/** As the provider names it; `null` when the report is not grouped by model. */
	model: string | null;
	requests: number | null;
	tokens: CountedTokens | null;
	/** A credit is negative. */
	costNanoUsd: NanoUsd | null;
	/** How far the amount may be from the exact one, for the decimals it is written with. */
	precisionNanoUsd: NanoUsd;
	/** As the provider names it, e.g. `batch`. */
	serviceTier: string | null;
}

/** A provider's report, read. */
export interface UsageExport {
	/** e.g. `anthropic usage report`, `csv`. */
	format: string;
	/** `null` when the file does not tell. */
	provider: string | null;
	/** The days it covers as epoch milliseconds, half open. */
	from: number;
	to: number;
	rows: UsageExportRow[];
	/** More pages follow that are not in the file. */
	isIncomplete: boolean;
}

/** No tokens of any class. */
export function zeroTokens(): CountedTokens {
	return { input: 0, cacheRead: 0, cacheWrite5m: 0, cacheWrite1h: 0, output: 0 };
}

/** The UTC day of an instant. */
export function toUtcDay(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}

/** An amount of money to the nearest nano-dollar; a credit is negative. @throws InvalidInputError with the place */
export function parseMoney(value: unknown, unit: 'usd' | 'cents', where: string): NanoUsd {
	const amount = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	const nano =
		typeof amount === 'number' ? Math.round(amount * (unit === 'usd' ? NANO_PER_USD : NANO_PER_CENT)) : Number.NaN;
	if (Number.isSafeInteger(nano)) return nano;
	throw new InvalidInputError(
		`${where} is ${quoteValue(value)}. Expected an amount in ${unit === 'usd' ? 'USD' : 'cents'}.`,
	);
}

/** Half of the last decimal that an amount of USD is written with, at most half a cent; a number of JSON is exact. */
export function getPrecision(amount: string): NanoUsd {
	const decimals = /\.(\d+)$/.exec(amount)?.[1]?.length ?? 0;
	return Math.ceil(Math.min(NANO_PER_CENT / 2, NANO_PER_USD / 2 / 10 ** decimals));
}

/** A whole number ≥ 0. @throws InvalidInputError with the place */
export function parseCount(value: unknown, where: string): number {
	const count = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
	throw new InvalidInputError(`${where} is ${quoteValue(value)}. Expected a whole number of 0 or more.`);
}

/** Epoch milliseconds of a time in epoch seconds, epoch milliseconds or ISO 8601 (UTC where no zone is given). @throws InvalidInputError */
export function parseTime(value: unknown, where: string): number {
	const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
	let at = Number.NaN;
	if (/^\d{9,10}$/.test(text)) at = Number(text) * 1000;
	else if (/^\d{12,13}$/.test(text)) at = Number(text);
	else if (/^\d{4}-\d{2}-\d{2}/.test(text)) at = isoTime(text);
	if (Number.isFinite(at)) return at;
	throw new InvalidInputError(
		`${where} is ${quoteValue(value)}. Expected a day (YYYY-MM-DD), an ISO time or epoch seconds.`,
	);
}

function isoTime(text: string): number {
	const hasZone = /(?:Z|[+-]\d{2}:?\d{2}|UTC)$/i.test(text) && text.length > 10;
	const plain = text.replace(/\s*UTC$/i, 'Z').replace(' ', 'T');
	const at = Date.parse(hasZone || text.length === 10 ? plain : `${plain}Z`);
	const isDay = text.length !== 10 || (!Number.isNaN(at) && toUtcDay(at) === text);
	// Date.parse rolls 2026-02-30 over; a real day comes back as it was written.
	return isDay ? at : Number.NaN;
}

/** A value as an error message shows it. */
export function quoteValue(value: unknown): string {
	return value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
