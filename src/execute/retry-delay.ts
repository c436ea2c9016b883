import type { RandomSource } from '../contracts/index.ts';
import { clamp, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../util/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What a failed response says of its limit. */
export interface LimitHint {
	/** Milliseconds until it is worth asking again. */
	retryAfterMs?: number | undefined;
	limit?: number | undefined;
	remaining?: number | undefined;
}

/** A wait beyond this is a misread figure, not a promise. */
const MAX_RETRY_AFTER_MS = 7 * DAY_MS;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const DURATION = /^(?:\d{1,12}(?:\.\d{1,12})?(?:ms|s|m|h|d)){1,5}$/;
const DURATION_PART = /(\d{1,12}(?:\.\d{1,12})?)(ms|s|m|h|d)/g;
const GOOGLE_RETRY = /(?:"?retryDelay"?\s{0,4}:\s{0,4}"|retry in )(\d{1,9}(?:\.\d{1,12})?(?:ms|s))/i;
const RESET_HEADER = /^(?:x-ratelimit-reset(?:-[a-z-]{1,40})?|anthropic-ratelimit-[a-z-]{1,40}-reset)$/;

/**
 * What the headers and the message of a failure say of when to come back: `retry-after-ms`, `retry-after`
 * (seconds or HTTP date), Google's `RetryInfo`. Dates are compared with the server's own clock where it sends one.
 */
export function readLimitHint(headers: ReadonlyMap<string, string>, message: string, now: number): LimitHint {
	const wait =
		parsePlainNumber(headers.get('retry-after-ms')) ??
		parseRetryAfter(headers.get('retry-after'), getServerTime(headers, now)) ??
		parseDuration(GOOGLE_RETRY.exec(message)?.[1]);
	return {
		retryAfterMs: wait === undefined ? undefined : boundWait(wait),
		limit: readLimitHeader(headers, 'limit'),
		remaining: readLimitHeader(headers, 'remaining'),
	};
}

/** Milliseconds a `Retry-After` header asks for: seconds, or an HTTP date; `undefined` when it is neither. */
function parseRetryAfter(value: string | undefined, now: number): number | undefined {
	if (value === undefined) return undefined;
	const seconds = parsePlainNumber(value);
	if (seconds !== undefined) return seconds * 1000;
	return /^[A-Za-z]{3,9},? /.test(value.trim()) ? parseDate(value, now) : undefined;
}

/** Milliseconds until a date; `undefined` when it is none. */
function parseDate(value: string, now: number): number | undefined {
	const date = Date.parse(value);
	return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** Milliseconds of `34s`, `1.5s`, `20ms`, `6m0s`; `undefined` when it is none of these. */
function parseDuration(value: string | undefined): number | undefined {
	if (value === undefined || !DURATION.test(value)) return undefined;
	let total = 0;
	for (const [, amount, unit] of value.matchAll(DURATION_PART)) total += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
	return total;
}

/**
 * Milliseconds until the reset headers of OpenAI, Anthropic and others say that a limit is over: the longest of the
 * limits that are used up, else the shortest of all. They come with every response, so ask after a limit was met only.
 */
export function readResetWait(headers: ReadonlyMap<string, string>, now: number): number | undefined {
	const here = getServerTime(headers, now);
	const usedUp: number[] = [];
	const others: number[] = [];
	for (const [name, value] of headers) {
		if (!RESET_HEADER.test(name)) continue;
		const wait = parseReset(value.trim(), here);
		if (wait === undefined) continue;
		(headers.get(name.replace('reset', 'remaining')) === '0' ? usedUp : others).push(wait);
	}
	if (usedUp.length > 0) return boundWait(Math.max(...usedUp));
	return others.length > 0 ? boundWait(Math.min(...others)) : undefined;
}

function boundWait(waitMs: number): number {
	return Math.ceil(Math.min(Math.max(waitMs, 0), MAX_RETRY_AFTER_MS));
}

/** The server's time by its `Date` header: a date it names means its clock, which may differ from ours. */
function getServerTime(headers: ReadonlyMap<string, string>, now: number): number {
	const date = Date.parse(headers.get('date') ?? '');
	return Number.isNaN(date) ? now : date;
}

/** A reset as providers write it: a duration, a date, epoch milliseconds, epoch seconds, or seconds from now. */
function parseReset(value: string, now: number): number | undefined {
	const duration = parseDuration(value);
	if (duration !== undefined) return duration;
	const number = parsePlainNumber(value);
	if (number === undefined) return parseDate(value, now);
	if (number > 1e12) return Math.max(0, number - now);
	return number > 1e9 ? Math.max(0, number * 1000 - now) : number * 1000;
}

function parsePlainNumber(value: string | undefined): number | undefined {
	return value !== undefined && /^\s{0,4}\d{1,15}(?:\.\d{1,12})?\s{0,4}$/.test(value) ? Number(value) : undefined;
}

function readLimitHeader(headers: ReadonlyMap<string, string>, word: 'limit' | 'remaining'): number | undefined {
	const names = [`x-ratelimit-${word}-requests`, `x-ratelimit-${word}`, `anthropic-ratelimit-requests-${word}`];
	return names.map((name) => parsePlainNumber(headers.get(name))).find((value) => value !== undefined);
}

/** Jitter: share of a provider's wait that is added at random, so that not all clients come back at the same moment. */
const JITTER_SHARE = 0.1;
const MAX_JITTER_MS = 1000;
/** Doublings after which every cap is long reached; further on 2 ** n is infinite, and 0 times that is no number. */
const MAX_DOUBLINGS = 52;

/**
 * Wait before a retry in milliseconds (`retry` counts from 1): doubling or growing evenly, capped, less a
 * random share. Never above `maxDelayMs`, never below 0.
 */
export function getBackoffDelay(
	retry: number,
	policy: Pick<RetryPolicy, 'backoff' | 'initialDelayMs' | 'maxDelayMs' | 'jitter'>,
	random: RandomSource,
): number {
	const factor = policy.backoff === 'linear' ? retry : 2 ** Math.min(retry - 1, MAX_DOUBLINGS);
	const delay = Math.min(policy.initialDelayMs * factor, policy.maxDelayMs);
	return Math.floor(delay * (1 - clamp(policy.jitter, 0, 1) * clamp(random(), 0, 1)));
}

/** A wait a provider asked for, a little longer by chance, never shorter; milliseconds. */
export function addJitter(waitMs: number, random: RandomSource): number {
	return waitMs + Math.floor(Math.min(waitMs * JITTER_SHARE, MAX_JITTER_MS) * clamp(random(), 0, 1));
}
