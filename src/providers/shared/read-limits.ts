/** One of a provider's limits as its headers tell it. */
export interface UpstreamLimit {
	limit: number;
	remaining: number;
	/** Epoch milliseconds at which all of it is there again. */
	resetAt: number;
	/** It fills up little by little until then, rather than at once. */
	isGradual: boolean;
}

/** What the headers of an answer say of limits. */
export interface UpstreamLimits {
	requests?: UpstreamLimit;
	tokens?: UpstreamLimit;
	/** Epoch milliseconds before which the provider wants no request. */
	retryAt?: number;
}

/** Reads a header by its name in lower case. */
export type HeaderLookup = (name: string) => string | null | undefined;

/** Longest wait that is believed, milliseconds: whoever says more means something else. */
const MAX_WAIT_MS = 86_400_000;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30.5s`, `20ms`, `6h`; `null` when it is no duration. */
export function parseDuration(text: string): number | null {
	const parts = [...text.matchAll(/(\d{1,15}(?:\.\d{1,15})?)(ms|[smhd])/g)];
	if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return null;
	return parts.reduce((sum, [, figure, unit]) => sum + Number(figure) * (UNIT_MS[unit ?? ''] ?? 0), 0);
}

/** Seconds, a duration, a date, or epoch seconds or milliseconds: the time that is meant. */
function readTime(text: string | null | undefined, now: number): number | null {
	const given = text?.trim() ?? '';
	if (given === '' || given.length > 64) return null;
	const figure = /^\d{1,15}(?:\.\d{1,15})?$/.test(given) ? Number(given) : null;
	const at = figure === null ? timeOfWords(given, now) : timeOfFigure(figure, now);
	if (at === null || Number.isNaN(at)) return null;
	return Math.min(Math.max(at, now), now + MAX_WAIT_MS);
}

function timeOfFigure(figure: number, now: number): number {
	if (figure >= 1e12) return figure;
	return figure >= 1e9 ? figure * 1000 : now + figure * 1000;
}

function timeOfWords(text: string, now: number): number | null {
	const duration = parseDuration(text);
	return duration === null ? Date.parse(text) : now + duration;
}

function readCount(text: string | null | undefined): number | null {
	return text !== null && text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

/** The three headers of a limit. */
interface LimitNames {
	limit: string;
	remaining: string;
	reset: string;
	isGradual: boolean;
}

function anthropic(what: string): LimitNames {
	const name = `anthropic-ratelimit-${what}`;
	return { limit: `${name}-limit`, remaining: `${name}-remaining`, reset: `${name}-reset`, isGradual: true };
}

function openAi(what: string): LimitNames {
	const name = (part: string) => `x-ratelimit-${part}-${what}`;
	return { limit: name('limit'), remaining: name('remaining'), reset: name('reset'), isGradual: true };
}

/** The same headers without a word for what is counted: requests in a window that ends at once. */
const PLAIN: LimitNames = {
	limit: 'x-ratelimit-limit',
	remaining: 'x-ratelimit-remaining',
	reset: 'x-ratelimit-reset',
	isGradual: false,
};

const REQUESTS: readonly LimitNames[] = [anthropic('requests'), openAi('requests'), PLAIN];
const TOKENS: readonly LimitNames[] = [anthropic('tokens'), anthropic('input-tokens'), openAi('tokens')];

function readLimit(names: readonly LimitNames[], header: HeaderLookup, now: number): UpstreamLimit | undefined {
	for (const { limit, remaining, reset, isGradual } of names) {
		const left = readCount(header(remaining));
		if (left === null) continue;
		const resetAt = readTime(header(reset), now);
		// Without a time nobody knows when it is over: a minute is what such limits count by.
		const known = { remaining: left, resetAt: resetAt ?? now + 60_000, isGradual: isGradual && resetAt !== null };
		return { limit: Math.max(readCount(header(limit)) ?? left, left), ...known };
	}
	return undefined;
}

/** What an answer's headers say of the provider's limits; empty when they say nothing. */
export function readUpstreamLimits(header: HeaderLookup, now: number): UpstreamLimits {
	const requests = readLimit(REQUESTS, header, now);
	const tokens = readLimit(TOKENS, header, now);
	const milliseconds = readCount(header('retry-after-ms'));
	const retryAt =
		milliseconds === null ? readTime(header('retry-after'), now) : now + Math.min(milliseconds, MAX_WAIT_MS);
	return { ...(requests && { requests }), ...(tokens && { tokens }), ...(retryAt !== null && { retryAt }) };
}
