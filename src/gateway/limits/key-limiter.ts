import type { Clock, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Keys whose requests are counted; of more the one unused longest is counted anew. */
const DEFAULT_CAPACITY = 10_000;
/** Nobody knows when a running request ends: ask again soon. */
const PARALLEL_RETRY_MS = 1000;

/** A request of a key that was let in. */
export interface KeyAdmission {
	/** The request is over and used so many tokens (input and output); `null`: unknown, what was reserved counts. Only the first call does anything. */
	release(usedTokens: number | null): void;
}

/** How keys are counted. */
export interface KeyLimiterOptions {
	clock: Clock;
	/** Keys counted at once. @default 10000 */
	capacity?: number;
}

interface KeyUse {
	requests: SlidingWindow | null;
	tokens: SlidingWindow | null;
	parallel: number;
}

const UNLIMITED: KeyAdmission = { release() {} };

/**
 * Holds each key to its limits, in this process: requests and tokens in any minute, requests at once. Tokens are reserved
 * as they are expected and corrected when they are known.
 */
export class KeyLimiter {
	readonly #clock: Clock;
	readonly #capacity: number;
	/** Without a limit of its own: a key with requests under way must not be evicted. */
	readonly #uses = new BoundedMap<string, KeyUse>(Number.POSITIVE_INFINITY);

	constructor(options: KeyLimiterOptions) {
		this.#clock = options.clock;
		this.#capacity = options.capacity ?? DEFAULT_CAPACITY;
	}

	/** Keys counted now. */
	get size(): number {
		return this.#uses.size;
	}

	/**
	 * Lets a request in and counts it, or counts nothing. `tokens`: input and output as expected; a request expected to
	 * use more than the key's whole minute takes the whole minute.
	 * @throws RequestRefusedError (`ROUTER_RATE_LIMITED`) with the time to wait
	 */
	admit(key: VirtualKey, tokens: number): KeyAdmission {
		const { requestsPerMinute, tokensPerMinute, maxParallel } = key.limits;
		if (requestsPerMinute === undefined && tokensPerMinute === undefined && maxParallel === undefined) return UNLIMITED;
		const now = this.#clock.monotonic();
		const use = this.#useOf(key.id);
		const reserved = Math.min(tokens, tokensPerMinute ?? 0);
		requireRoom(key, { use, reserved, now });
		if (requestsPerMinute !== undefined) {
			use.requests ??= new SlidingWindow();
			use.requests.add(1, now);
		}
		let place = 0;
		if (tokensPerMinute !== undefined) {
			use.tokens ??= new SlidingWindow();
			place = use.tokens.add(reserved, now);
		}
		use.parallel += 1;
		return this.#admission(use, { place, reserved, isCounted: tokensPerMinute !== undefined });
	}

	#admission(use: KeyUse, tokens: { place: number; reserved: number; isCounted: boolean }): KeyAdmission {
		let isReleased = false;
		return {
			release: (usedTokens) => {
				if (isReleased) return;
				isReleased = true;
				use.parallel -= 1;
				if (usedTokens === null || !tokens.isCounted) return;
				const { place, reserved } = tokens;
				use.tokens?.correct({ place, counted: reserved, actual: usedTokens }, this.#clock.monotonic());
			},
		};
	}

	#useOf(id: string): KeyUse {
		const use = this.#uses.get(id) ?? { requests: null, tokens: null, parallel: 0 };
		this.#uses.set(id, use);
		if (this.#uses.size > this.#capacity) this.#dropUnused();
		return use;
	}

	/** Drops the key unused longest; one with requests under way is still needed. */
	#dropUnused(): void {
		for (let tries = this.#uses.size; tries > 0; tries -= 1) {
			const oldest = this.#uses.evictOldest();
			if (oldest === undefined || oldest[1].parallel === 0) return;
			this.#uses.set(...oldest);
		}
	}
}

function requireRoom(key: VirtualKey, { use, reserved, now }: { use: KeyUse; reserved: number; now: number }): void {
	const { requestsPerMinute, tokensPerMinute, maxParallel } = key.limits;
	if (maxParallel !== undefined && use.parallel >= maxParallel)
		throw refusal(key, `${maxParallel} requests at once, and has so many under way`, PARALLEL_RETRY_MS);
	const requestsWaitMs = waitFor(use.requests, { amount: 1, limit: requestsPerMinute, now });
	const tokensWaitMs = waitFor(use.tokens, { amount: reserved, limit: tokensPerMinute, now });
	if (requestsWaitMs > 0 && requestsWaitMs >= tokensWaitMs)
		throw refusal(key, `${requestsPerMinute} requests a minute, and has made them`, requestsWaitMs);
	if (tokensWaitMs > 0)
		throw refusal(key, `${tokensPerMinute} tokens a minute; this request is expected to use ${reserved}`, tokensWaitMs);
}

function waitFor(
	window: SlidingWindow | null,
	wanted: { amount: number; limit: number | undefined; now: number },
): number {
	if (window === null || wanted.limit === undefined) return 0;
	return window.waitFor(wanted.amount, wanted.limit, wanted.now);
}

function refusal(key: VirtualKey, what: string, retryAfterMs: number): RequestRefusedError {
	const wholeMs = Math.ceil(retryAfterMs);
	return new RequestRefusedError(
		'ROUTER_RATE_LIMITED',
		`The key ${key.id} is allowed ${what}. Ask again in ${Math.ceil(wholeMs / 1000)} s, or give the key another limit.`,
		{ retryAfterMs: wholeMs },
	);
}
