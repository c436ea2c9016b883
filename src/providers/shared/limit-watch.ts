import { type HeaderLookup, readUpstreamLimits, type UpstreamLimit, type UpstreamLimits } from './read-limits.ts';

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

interface Watched {
	limits: UpstreamLimits;
	observedAt: number;
	/** Requests and tokens sent since the headers came: they are not in their figures. */
	sentRequests: number;
	sentTokens: number;
}

const DEFAULT_MAX_TARGETS = 1000;

/** Longest wait for what was only sent: limits count by the minute, and an answer that never came may not have counted. */
const WINDOW_MS = 60_000;

/** When so much of a limit is there; a request larger than all of it waits until it is full, and then the provider decides. */
function availableFrom(
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
	return Math.min(at, Math.max(limit.resetAt, observedAt + WINDOW_MS));
}

/** Remembers the limits that providers tell of, so that they are respected before they are hit. */
export class LimitWatch {
	readonly #targets = new Map<string, Watched>();
	readonly #maxTargets: number;

	/** @param options `maxTargets`: pairs of deployment and model that are remembered, the latest. */
	constructor({ maxTargets = DEFAULT_MAX_TARGETS }: { maxTargets?: number } = {}) {
		this.#maxTargets = maxTargets;
	}

	/** Takes in what an answer's headers say. */
	observe(target: LimitedTarget, header: HeaderLookup, now: number): void {
		const limits = readUpstreamLimits(header, now);
		if (limits.requests === undefined && limits.tokens === undefined && limits.retryAt === undefined) return;
		const key = keyOf(target);
		this.#targets.delete(key);
		this.#targets.set(key, { limits, observedAt: now, sentRequests: 0, sentTokens: 0 });
		const [oldest] = this.#targets.keys();
		if (this.#targets.size > this.#maxTargets && oldest !== undefined) this.#targets.delete(oldest);
	}

	/** Counts a request that goes out now, until headers tell of it. */
	send(target: LimitedTarget, { tokens }: LimitedRequest): void {
		const watched = this.#targets.get(keyOf(target));
		if (watched === undefined) return;
		watched.sentRequests += 1;
		watched.sentTokens += tokens;
	}

	/** Epoch milliseconds from which such a request fits; 0: now. */
	availableAt(target: LimitedTarget, { tokens }: LimitedRequest, now: number): number {
		const watched = this.#targets.get(keyOf(target));
		if (watched === undefined) return 0;
		const { limits, observedAt, sentRequests, sentTokens } = watched;
		const at = Math.max(
			limits.retryAt ?? 0,
			limits.requests === undefined ? 0 : availableFrom(limits.requests, 1, { observedAt, sent: sentRequests }),
			limits.tokens === undefined ? 0 : availableFrom(limits.tokens, tokens, { observedAt, sent: sentTokens }),
		);
		return at <= now ? 0 : at;
	}
}

function keyOf({ deployment, model }: LimitedTarget): string {
	return `${deployment}\n${model}`;
}
