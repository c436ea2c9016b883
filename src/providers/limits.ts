import { BoundedMap } from '../util/index.ts';

/** Whose limits they are. */
export interface LimitedTarget {
	deployment: string;
	/** The catalog's name or the provider's id: the same in every call. */
	model: string;
}

/** A request as limits count it. */
export interface LimitedRequest {
	/** Input, and the most output it may give. */
	tokens: number;
}

interface TrackedLimits {
	limits: UpstreamLimits;
	observedAt: number;
	/** Requests and tokens sent since the headers came: they are not in their figures. */
	sentRequests: number;
	sentTokens: number;
}

const DEFAULT_MAX_TARGETS = 1000;

/** Longest wait for what was only sent: limits count by the minute, and an answer that never came may not have counted. */
const LIMIT_WINDOW_MS = 60_000;

/** When so much of a limit is there; a request larger than all of it waits until it is full, and then the provider decides. */
function getAvailableAt(
	limit: UpstreamLimit,
	wanted: number,
	{ observedAt, sent }: { observedAt: number; sent: number },
): number {
	const short = Math.min(wanted, limit.limit) - (limit.remaining - sent);
	if (short <= 0) return 0;
	const missing = limit.limit - limit.remaining;
	// Nothing was missing when the headers came: how fast it fills up is not known.
	if (!limit.isGradual || missing <= 0) return limit.resetAt;
	const at = Math.ceil(observedAt + (limit.resetAt - observedAt) * (short / missing));
	return Math.min(at, Math.max(limit.resetAt, observedAt + LIMIT_WINDOW_MS));
}

/** Remembers the limits that providers tell of, so that they are respected before they are hit. */
export class LimitTracker {
	readonly #targets: BoundedMap<string, TrackedLimits>;

	/** @param options `maxTargets`: pairs of deployment and model that are remembered, the latest. */
	constructor({ maxTargets = DEFAULT_MAX_TARGETS }: { maxTargets?: number } = {}) {
		this.#targets = new BoundedMap(maxTargets);
	}

	/** Takes in what an answer's headers say. */
	observe(target: LimitedTarget, header: HeaderLookup, now: number): void {
		const limits = parseLimitHeaders(header, now);
		if (limits.requests === undefined && limits.tokens === undefined && limits.retryAt === undefined) return;
		this.#targets.set(keyOf(target), { limits, observedAt: now, sentRequests: 0, sentTokens: 0 });
	}

	/** Counts a request that goes out now, until headers tell of it. */
	countRequest(target: LimitedTarget, { tokens }: LimitedRequest): void {
		const watched = this.#targets.peek(keyOf(target));
		if (watched === undefined) return;
		watched.sentRequests += 1;
		watched.sentTokens += tokens;
	}

	/** Epoch milliseconds from which such a request fits; 0: now. */
	availableAt(target: LimitedTarget, { tokens }: LimitedRequest, now: number): number {
		const watched = this.#targets.peek(keyOf(target));
		if (watched === undefined) return 0;
		const { limits, observedAt, sentRequests, sentTokens } = watched;
		const at = Math.max(
			limits.retryAt ?? 0,
			limits.requests === undefined ? 0 : getAvailableAt(limits.requests, 1, { observedAt, sent: sentRequests }),
			limits.tokens === undefined ? 0 : getAvailableAt(limits.tokens, tokens, { observedAt, sent: sentTokens }),
		);
		return at <= now ? 0 : at;
	}
}

function keyOf({ deployment, model }: LimitedTarget): string {
	return `${deployment}\n${model}`;
}

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
function parseTime(text: string | null | undefined, now: number): number | null {
	const given = text?.trim() ?? '';
	if (given === '' || given.length > 64) return null;
	const figure = /^\d{1,15}(?:\.\d{1,15})?$/.test(given) ? Number(given) : null;
	const at = figure === null ? resolveTextTime(given, now) : resolveNumericTime(figure, now);
	if (at === null || Number.isNaN(at)) return null;
	return Math.min(Math.max(at, now), now + MAX_WAIT_MS);
}

function resolveNumericTime(figure: number, now: number): number {
	if (figure >= 1e12) return figure;
	return figure >= 1e9 ? figure * 1000 : now + figure * 1000;
}

function resolveTextTime(text: string, now: number): number | null {
	const duration = parseDuration(text);
	return duration === null ? Date.parse(text) : now + duration;
}

function parseCount(text: string | null | undefined): number | null {
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
const UNQUALIFIED: LimitNames = {
	limit: 'x-ratelimit-limit',
	remaining: 'x-ratelimit-remaining',
	reset: 'x-ratelimit-reset',
	isGradual: false,
};

const REQUESTS: readonly LimitNames[] = [anthropic('requests'), openAi('requests'), UNQUALIFIED];
const TOKENS: readonly LimitNames[] = [anthropic('tokens'), anthropic('input-tokens'), openAi('tokens')];

function parseLimit(names: readonly LimitNames[], header: HeaderLookup, now: number): UpstreamLimit | undefined {
	for (const { limit, remaining, reset, isGradual } of names) {
		const left = parseCount(header(remaining));
		if (left === null) continue;
		const resetAt = parseTime(header(reset), now);
		// Without a time nobody knows when it is over: a minute is what such limits count by.
		const known = { remaining: left, resetAt: resetAt ?? now + 60_000, isGradual: isGradual && resetAt !== null };
		return { limit: Math.max(parseCount(header(limit)) ?? left, left), ...known };
	}
	return undefined;
}

/** What an answer's headers say of the provider's limits; empty when they say nothing. */
export function parseLimitHeaders(header: HeaderLookup, now: number): UpstreamLimits {
	const requests = parseLimit(REQUESTS, header, now);
	const tokens = parseLimit(TOKENS, header, now);
	const milliseconds = parseCount(header('retry-after-ms'));
	const retryAt =
		milliseconds === null ? parseTime(header('retry-after'), now) : now + Math.min(milliseconds, MAX_WAIT_MS);
	return { ...(requests && { requests }), ...(tokens && { tokens }), ...(retryAt !== null && { retryAt }) };
}
