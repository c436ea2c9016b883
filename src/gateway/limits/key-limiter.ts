import type { Clock, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { SlidingWindow } from './sliding-window.ts';

/** Keys counted at once; beyond it the least recently used starts anew. */
const DEFAULT_CAPACITY = 10_000;
/** Nobody knows when a request in flight will end. */
const PARALLEL_RETRY_AFTER_MS = 1000;

/** A request that a key's limits have admitted. */
export interface KeyAdmission {
	/** Ends the request with the tokens it used (input and output); `null`: unknown, the reserved ones count. Idempotent. */
	release(usedTokens: number | null): void;
}

/** Holds keys to their limits: of one process, or of several together, which have to ask each other. */
export interface KeyLimitCounter {
	/**
	 * Admits a request and counts it; a rejected one counts nothing. `tokens`: estimated input and output.
	 * @throws RequestRefusedError (`ROUTER_RATE_LIMITED`) with the time to wait
	 */
	admit(key: LimitedKey, tokens: number): KeyAdmission | Promise<KeyAdmission>;
}

/** What limits need to know of a key. */
export type LimitedKey = Pick<VirtualKey, 'id' | 'limits'>;

/** Whether a key may do as much as it likes. */
export function isUnlimited({ limits }: LimitedKey): boolean {
	return (
		limits.requestsPerMinute === undefined && limits.tokensPerMinute === undefined && limits.maxParallel === undefined
	);
}

/** Options of a key limiter. */
interface KeyLimiterOptions {
	clock: Clock;
	/** Keys counted at once. @default 10000 */
	capacity?: number | undefined;
}

interface KeyUse {
	requests: SlidingWindow | null;
	tokens: SlidingWindow | null;
	parallel: number;
}

/** The admission of a key without limits. */
export const UNLIMITED: KeyAdmission = { release() {} };

/**
 * Holds each key to its limits in this process: requests and tokens in any minute, requests at once. Tokens are reserved
 * as estimated and corrected once they are known.
 */
export class KeyLimiter implements KeyLimitCounter {
	readonly #clock: Clock;
	readonly #capacity: number;
	/** Evicted by hand: a key with requests in flight must stay. */
	readonly #uses = new BoundedMap<string, KeyUse>(Number.POSITIVE_INFINITY);

	constructor({ capacity = DEFAULT_CAPACITY, clock }: KeyLimiterOptions) {
		this.#clock = clock;
		this.#capacity = capacity;
	}

	/** Keys that are counted. */
	get size(): number {
		return this.#uses.size;
	}

	/**
	 * Admits a request and counts it; a rejected one counts nothing. `tokens`: estimated input and output; a request
	 * estimated above the key's whole minute takes the whole minute.
	 * @throws RequestRefusedError (`ROUTER_RATE_LIMITED`) with the time to wait
	 */
	admit(key: LimitedKey, tokens: number): KeyAdmission {
		if (isUnlimited(key)) return UNLIMITED;
		const { requestsPerMinute, tokensPerMinute } = key.limits;
		const now = this.#clock.monotonic();
		const use = this.#getUse(key.id);
		const reserved = Math.min(tokens, tokensPerMinute ?? 0);
		requireRoom(key, { use, reserved, now });
		if (requestsPerMinute !== undefined) {
			use.requests ??= new SlidingWindow();
			use.requests.add(1, now);
		}
		const tokensWindow = tokensPerMinute === undefined ? null : (use.tokens ?? new SlidingWindow());
		use.tokens ??= tokensWindow;
		const slot = tokensWindow?.add(reserved, now) ?? 0;
		use.parallel += 1;
		let isReleased = false;
		return {
			release: (usedTokens) => {
				if (isReleased) return;
				isReleased = true;
				use.parallel -= 1;
				if (usedTokens === null) return;
				tokensWindow?.correct({ slot, counted: reserved, actual: usedTokens }, this.#clock.monotonic());
			},
		};
	}

	/** Whether a key has as many requests under way as it may. */
	isBusy({ id, limits }: LimitedKey): boolean {
		return (this.#uses.peek(id)?.parallel ?? 0) >= (limits.maxParallel ?? Number.POSITIVE_INFINITY);
	}

	#getUse(id: string): KeyUse {
		const known = this.#uses.get(id);
		// before the new key is among them: it has no request in flight yet
		if (known === undefined && this.#uses.size >= this.#capacity) this.#evictUnused();
		const use = known ?? { requests: null, tokens: null, parallel: 0 };
		this.#uses.set(id, use);
		return use;
	}

	/** Evicts the least recently used key that has no requests in flight. */
	#evictUnused(): void {
		for (let tries = this.#uses.size; tries > 0; tries -= 1) {
			const oldest = this.#uses.evictOldest();
			if (oldest === undefined || oldest[1].parallel === 0) return;
			this.#uses.set(...oldest);
		}
	}
}

function requireRoom(key: LimitedKey, { use, reserved, now }: { use: KeyUse; reserved: number; now: number }): void {
	const { requestsPerMinute, tokensPerMinute, maxParallel } = key.limits;
	if (use.parallel >= (maxParallel ?? Number.POSITIVE_INFINITY))
		throw createLimitError(key, `${maxParallel} requests at once, and has so many under way`, PARALLEL_RETRY_AFTER_MS);
	const waitFor = (window: SlidingWindow | null, amount: number, limit: number | undefined) =>
		window === null || limit === undefined ? 0 : window.waitFor(amount, limit, now);
	const requestsWaitMs = waitFor(use.requests, 1, requestsPerMinute);
	const tokensWaitMs = waitFor(use.tokens, reserved, tokensPerMinute);
	if (requestsWaitMs > 0 && requestsWaitMs >= tokensWaitMs)
		throw createLimitError(key, `${requestsPerMinute} requests a minute, and has made them`, requestsWaitMs);
	const expected = `this request is expected to use ${reserved}`;
	if (tokensWaitMs > 0) throw createLimitError(key, `${tokensPerMinute} tokens a minute; ${expected}`, tokensWaitMs);
}

function createLimitError(key: LimitedKey, limit: string, retryAfterMs: number): RequestRefusedError {
	const wholeMs = Math.ceil(retryAfterMs);
	return new RequestRefusedError(
		'ROUTER_RATE_LIMITED',
		`The key ${key.id} is allowed ${limit}. Ask again in ${Math.ceil(wholeMs / 1000)} s, or give the key another limit.`,
		{ retryAfterMs: wholeMs },
	);
}
