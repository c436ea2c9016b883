import type { SimulatedRateLimit } from './simulator-options.ts';

/** What is left of a limit. */
export interface RateLimitState {
	requests: { limit: number; remaining: number };
	tokens: { limit: number; remaining: number } | null;
	/** Epoch milliseconds at which the window ends. */
	resetAt: number;
}

interface Window {
	requests: number;
	tokens: number;
	resetAt: number;
}

const DEFAULT_WINDOW_MS = 60_000;

/** Holds models' limits in windows that begin with a request. */
export class RateLimiter {
	/** By model; there are as many as scripts name. */
	readonly #windows = new Map<string, Window>();

	/** Counts a request; false when it is more than allowed. */
	take(model: string, limit: SimulatedRateLimit, call: { tokens: number; now: number }): boolean {
		const window = this.#window(model, limit, call.now);
		if (window.requests >= limit.requests) return false;
		if (limit.tokens !== undefined && window.tokens + call.tokens > limit.tokens) return false;
		window.requests += 1;
		window.tokens += call.tokens;
		return true;
	}

	/** What is left now. */
	state(model: string, limit: SimulatedRateLimit, now: number): RateLimitState {
		const { requests, tokens, resetAt } = this.#window(model, limit, now);
		return {
			requests: { limit: limit.requests, remaining: Math.max(0, limit.requests - requests) },
			tokens:
				limit.tokens === undefined ? null : { limit: limit.tokens, remaining: Math.max(0, limit.tokens - tokens) },
			resetAt,
		};
	}

	/** Forgets everything. */
	clear(): void {
		this.#windows.clear();
	}

	#window(model: string, limit: SimulatedRateLimit, now: number): Window {
		const known = this.#windows.get(model);
		if (known !== undefined && known.resetAt > now) return known;
		const fresh = { requests: 0, tokens: 0, resetAt: now + (limit.windowMs ?? DEFAULT_WINDOW_MS) };
		this.#windows.set(model, fresh);
		return fresh;
	}
}
