import type { FailureKind, ModelName, RateLimitInfo } from '../contracts/index.ts';
import { BoundedMap } from '../util/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Models remembered at once; the longest unused is forgotten first. */
const MAX_COOLDOWNS = 1000;

/** Why and until when a model rests; times in epoch milliseconds. */
export interface Cooldown {
	since: number;
	until: number;
	/** What made it rest. */
	failure: FailureKind;
	/** The provider named the time: asking earlier is pointless. Else it is our guess, and the model is asked last, but asked. */
	isFromProvider: boolean;
	/** The limit's figures; `NaN` where the provider named none. */
	limit: number;
	remaining: number;
}

/** Why a model is left alone, and until when (epoch milliseconds). */
export interface CooldownInfo {
	cause: FailureKind | 'circuit-open';
	until: number;
}

/** The models that rest, bounded. Of two guesses the longer holds; a time that was told replaces what was guessed. */
export class Cooldowns {
	readonly #resting = new BoundedMap<ModelName, Cooldown>(MAX_COOLDOWNS);

	start(model: ModelName, cooldown: Cooldown, now: number): void {
		const current = this.get(model, now);
		const isStronger = cooldown.isFromProvider && current?.isFromProvider === false;
		if (current !== undefined && current.until > cooldown.until && !isStronger) return;
		this.#resting.set(model, cooldown, now);
	}

	/** The rest that is still going on. */
	get(model: ModelName, now: number): Cooldown | undefined {
		const cooldown = this.#resting.get(model, now);
		return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
	}

	/** A call that began at `startedAt` succeeded: a rest imposed before it was wrong, or is over. */
	clearAfterSuccess(model: ModelName, startedAt: number): void {
		const cooldown = this.#resting.get(model, startedAt);
		if (cooldown !== undefined && cooldown.since <= startedAt) this.#resting.delete(model);
	}

	clear(model: ModelName): void {
		this.#resting.delete(model);
	}

	/** Takes over a model's cooldown from another set. */
	copyFrom(other: Cooldowns, model: ModelName, now: number): void {
		const cooldown = other.get(model, now);
		if (cooldown !== undefined) this.#resting.set(model, cooldown, now);
	}
}

/** Whether a rest is a provider's limit, not a refused credential or an unknown model. */
export function isProviderLimit(cooldown: Cooldown): boolean {
	return cooldown.failure === 'rate-limit' || cooldown.failure === 'quota-exhausted';
}

/** The rest as the public shape says it. */
export function toRateLimitInfo(model: ModelName, cooldown: Cooldown): RateLimitInfo {
	return { model, resetAt: new Date(cooldown.until), remaining: cooldown.remaining, limit: cooldown.limit };
}

/** Models remembered at once; the longest unused is forgotten first. */
const MAX_CIRCUITS = 1000;
/** Failures that speak against the model's service; the rest are answers, or the caller's own. */
const CIRCUIT_FAILURES: ReadonlySet<FailureKind> = new Set([
	'overloaded',
	'server-error',
	'connection',
	'timeout',
	'stream-interrupted',
]);
const INCONCLUSIVE_FAILURES: ReadonlySet<FailureKind> = new Set(['aborted', 'unknown']);

/**
 * Leaves a failing model alone: closed until `breakerFailures` failures in a row, then open for `breakerOpenMs`,
 * then half-open: one call is the probe, and the others wait for its result.
 */
export class CircuitBreaker {
	readonly #circuits = new BoundedMap<ModelName, { failures: number; openUntil: number }>(MAX_CIRCUITS);
	readonly #policy: Pick<RetryPolicy, 'breakerFailures' | 'breakerOpenMs'>;

	constructor(policy: Pick<RetryPolicy, 'breakerFailures' | 'breakerOpenMs'>) {
		this.#policy = policy;
	}

	/** Epoch milliseconds from which the model may be called; 0 while its circuit is closed. */
	availableAt(model: ModelName, now: number): number {
		return this.#circuits.get(model, now)?.openUntil ?? 0;
	}

	/** A call begins; on an open circuit it is the probe, and until it ends no other call is let through. */
	begin(model: ModelName, now: number): void {
		const circuit = this.#circuits.get(model, now);
		if (circuit !== undefined && circuit.openUntil > 0) circuit.openUntil = now + this.#policy.breakerOpenMs;
	}

	/** Forgets what spoke against the model. */
	clear(model: ModelName): void {
		this.#circuits.delete(model);
	}

	/** Takes over the state of a model's circuit from another breaker. */
	copyFrom(other: CircuitBreaker, model: ModelName): void {
		const circuit = other.#circuits.peek(model);
		if (circuit !== undefined) this.#circuits.set(model, { ...circuit });
	}

	/** A call ended: `null` for success. */
	end(model: ModelName, failure: FailureKind | null, now: number): void {
		const circuit = this.#circuits.get(model, now);
		if (failure !== null && INCONCLUSIVE_FAILURES.has(failure)) {
			if (circuit !== undefined && circuit.openUntil > 0) circuit.openUntil = now;
			return;
		}
		if (failure === null || !CIRCUIT_FAILURES.has(failure)) {
			this.#circuits.delete(model);
			return;
		}
		const failures = (circuit?.failures ?? 0) + 1;
		const openUntil = failures >= this.#policy.breakerFailures ? now + this.#policy.breakerOpenMs : 0;
		this.#circuits.set(model, { failures, openUntil }, now);
	}
}
