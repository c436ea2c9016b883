import { NANO_PER_USD, type NanoUsd, type Usage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { toIsoDay } from '../../util/index.ts';

const NANO_PER_CENT = NANO_PER_USD / 100;

/** Token classes that a provider's report tells apart; reasoning is inside output. */
export const TOKEN_CLASSES = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'] as const;
/** Tokens by the classes of a provider's report; `input` is neither read from nor written to a cache. */
export type CountedTokens = Record<(typeof TOKEN_CLASSES)[number], number>;

/** What a provider reports for one day and model; what its report leaves out is `null`. */
export interface UsageExportRow {
	/** UTC day, `YYYY-MM-DD`. */
	day: string;
	/** As the provider names it; `null` when the report is not grouped by model. */
	model: string | null;
	requests: number | null;
	tokens: CountedTokens | null;
	/** A credit is negative. */
	costNanoUsd: NanoUsd | null;
	/** How far the amount may be from the exact one, by the decimals it is written with. */
	precisionNanoUsd: NanoUsd;
	/** As the provider names it, e.g. `batch`. */
	serviceTier: string | null;
}

/** A provider's report, parsed. */
export interface UsageExport {
	/** e.g. `anthropic usage report`, `csv`. */
	format: string;
	/** `null` when the file does not name it. */
	provider: string | null;
	/** The days it covers as epoch milliseconds, half open. */
	from: number;
	to: number;
	rows: UsageExportRow[];
	/** More pages follow that are not in the file. */
	isIncomplete: boolean;
}

/** Tokens of each class, by a function. */
export function mapTokens(getCount: (name: (typeof TOKEN_CLASSES)[number]) => number): CountedTokens {
	// every class is there
	return Object.fromEntries(TOKEN_CLASSES.map((name) => [name, getCount(name)])) as CountedTokens;
}

/** No tokens of any class. */
export function zeroTokens(): CountedTokens {
	return mapTokens(() => 0);
}

/** The sum, class by class. */
export function sumTokens(all: readonly CountedTokens[]): CountedTokens {
	return mapTokens((name) => all.reduce((sum, tokens) => sum + tokens[name], 0));
}

/** Class by class; `null` counts as no tokens. */
export function subtractTokens(from: CountedTokens | null, tokens: CountedTokens | null): CountedTokens {
	return mapTokens((name) => (from?.[name] ?? 0) - (tokens?.[name] ?? 0));
}

/** True when no class differs. */
export function areTokensEqual(one: CountedTokens, other: CountedTokens): boolean {
	return TOKEN_CLASSES.every((name) => one[name] === other[name]);
}

/** Tokens of a ledger row in the classes of a report. */
export function toCountedTokens(usage: Usage): CountedTokens {
	return {
		input: usage.inputTokens,
		cacheRead: usage.cacheReadTokens,
		cacheWrite5m: usage.cacheWrite5mTokens,
		cacheWrite1h: usage.cacheWrite1hTokens,
		output: usage.outputTokens + usage.reasoningTokens,
	};
}

/** The usage of these tokens. */
export function toUsage(tokens: CountedTokens): Usage {
	return {
		inputTokens: tokens.input,
		cacheReadTokens: tokens.cacheRead,
		cacheWrite5mTokens: tokens.cacheWrite5m,
		cacheWrite1hTokens: tokens.cacheWrite1h,
		outputTokens: tokens.output,
		reasoningTokens: 0,
	};
}

/** A value as an error message quotes it. */
export function quoteValue(value: unknown): string {
	return value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 60);
}

function toNumber(value: unknown): number {
	const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
	return typeof number === 'number' ? number : Number.NaN;
}

/** An amount of money to the nearest nano-dollar; a credit is negative. @throws InvalidInputError with the place */
export function parseMoney(value: unknown, unit: 'USD' | 'cents', where: string): NanoUsd {
	const nano = Math.round(toNumber(value) * (unit === 'USD' ? NANO_PER_USD : NANO_PER_CENT));
	if (Number.isSafeInteger(nano)) return nano;
	throw new InvalidInputError(`${where} is ${quoteValue(value)}. Expected an amount in ${unit}.`);
}

/** Half of the last decimal that an amount of USD is written with, at most half a cent. */
export function getPrecision(amount: string): NanoUsd {
	const decimals = /\.(\d+)$/.exec(amount)?.[1]?.length ?? 0;
	return Math.ceil(Math.min(NANO_PER_CENT / 2, NANO_PER_USD / 2 / 10 ** decimals));
}

/** A whole number ≥ 0. @throws InvalidInputError with the place */
export function parseCount(value: unknown, where: string): number {
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
