import type { ModelName, RateLimitInfo } from '../contracts/index.ts';
import { BoundedCache } from '../util/index.ts';

/** Models remembered at once; the longest unused is forgotten first. */
const MAX_MODELS = 1000;

/** Why and until when a model rests. */
export interface Cooldown {
	/** Epoch milliseconds. */
	until: number;
	/** A limit the provider set: asking earlier is pointless. Otherwise the model is asked last, but asked. */
	isLimit: boolean;
	/** The limit's figures; `NaN` where the provider named none. */
	limit: number;
	remaining: number;
}

/** The models that rest, bounded. A rest is only ever made longer, until it is over or cleared. */
export class Cooldowns {
	readonly #resting = new BoundedCache<ModelName, Cooldown>(MAX_MODELS);

	rest(model: ModelName, cooldown: Cooldown, now: number): void {
		const current = this.find(model, now);
		if (current !== undefined && current.until > cooldown.until) return;
		this.#resting.set(model, cooldown, now);
	}

	/** The rest that is still going on. */
	find(model: ModelName, now: number): Cooldown | undefined {
		const cooldown = this.#resting.get(model, now);
		return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
	}

	clear(model: ModelName): void {
		this.#resting.delete(model);
	}
}

/** The rest as the public shape says it. */
export function toRateLimitInfo(model: ModelName, cooldown: Cooldown): RateLimitInfo {
	return { model, resetAt: new Date(cooldown.until), remaining: cooldown.remaining, limit: cooldown.limit };
}
