import type { FailureKind, ModelName, RateLimitInfo } from '../contracts/index.ts';
import { BoundedCache } from '../util/index.ts';

/** Models remembered at once; the longest unused is forgotten first. */
const MAX_MODELS = 1000;

/** Why and until when a model rests; times in epoch milliseconds. */
export interface Cooldown {
	since: number;
	until: number;
	/** What made it rest. */
	failure: FailureKind;
	/** The provider named the time: asking earlier is pointless. Else it is our guess, and the model is asked last, but asked. */
	isTold: boolean;
	/** The limit's figures; `NaN` where the provider named none. */
	limit: number;
	remaining: number;
}

/** Why a model is left alone, and until when (epoch milliseconds). */
export interface TargetRest {
	cause: FailureKind | 'circuit-open';
	until: number;
}

/** The models that rest, bounded. Of two guesses the longer holds; a time that was told replaces what was guessed. */
export class Cooldowns {
	readonly #resting = new BoundedCache<ModelName, Cooldown>(MAX_MODELS);

	rest(model: ModelName, cooldown: Cooldown, now: number): void {
		const current = this.find(model, now);
		const isStronger = cooldown.isTold && current?.isTold === false;
		if (current !== undefined && current.until > cooldown.until && !isStronger) return;
		this.#resting.set(model, cooldown, now);
	}

	/** The rest that is still going on. */
	find(model: ModelName, now: number): Cooldown | undefined {
		const cooldown = this.#resting.get(model, now);
		return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
	}

	/** A call that began at `startedAt` succeeded: a rest imposed before it was wrong, or is over. */
	disprove(model: ModelName, startedAt: number): void {
		const cooldown = this.#resting.get(model, startedAt);
		if (cooldown !== undefined && cooldown.since <= startedAt) this.#resting.delete(model);
	}

	clear(model: ModelName): void {
		this.#resting.delete(model);
	}
}

/** Whether a rest is a provider's limit, not a refused credential or an unknown model. */
export function isLimit(cooldown: Cooldown): boolean {
	return cooldown.failure === 'rate-limit' || cooldown.failure === 'quota-exhausted';
}

/** The rest as the public shape says it. */
export function toRateLimitInfo(model: ModelName, cooldown: Cooldown): RateLimitInfo {
	return { model, resetAt: new Date(cooldown.until), remaining: cooldown.remaining, limit: cooldown.limit };
}
