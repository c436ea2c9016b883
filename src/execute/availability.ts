import type { FailureKind, ModelName, RateLimitInfo } from '../contracts/index.ts';
import { BoundedMap } from '../util/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Targets in cooldown; of more the least recently used is forgotten. */
const MAX_COOLDOWNS = 1000;

/** Why and until when a target is not called; times in epoch milliseconds. */
export interface Cooldown {
	since: number;
	until: number;
	/** What caused it. */
	failure: FailureKind;
	/** The provider named the time, so that calling earlier is pointless. Else it is a guess: the target is tried last, but tried. */
	isFromProvider: boolean;
	/** The limit's figures; `NaN` where the provider named none. */
	limit: number;
	remaining: number;
}

/** Why a target is in cooldown, and until when (epoch milliseconds). */
export interface CooldownInfo {
	cause: FailureKind | 'circuit-open';
	until: number;
}

/** Cooldowns by target. Of two guesses the longer counts; a time from the provider replaces a guess. */
export class Cooldowns {
	readonly #cooldowns = new BoundedMap<ModelName, Cooldown>(MAX_COOLDOWNS);

	start(model: ModelName, cooldown: Cooldown, now: number): void {
		const current = this.get(model, now);
		const isStronger = cooldown.isFromProvider && current?.isFromProvider === false;
		if (current !== undefined && current.until > cooldown.until && !isStronger) return;
		this.#cooldowns.set(model, cooldown, now);
	}

	/** The cooldown that has not ended yet. */
	get(model: ModelName, now: number): Cooldown | undefined {
		const cooldown = this.#cooldowns.get(model, now);
		return cooldown !== undefined && cooldown.until > now ? cooldown : undefined;
	}

	/** A call that began at `startedAt` succeeded: a cooldown that started before it was wrong, or is over. */
	clearAfterSuccess(model: ModelName, startedAt: number): void {
		const cooldown = this.#cooldowns.get(model, startedAt);
		if (cooldown !== undefined && cooldown.since <= startedAt) this.#cooldowns.delete(model);
	}

	clear(model: ModelName): void {
		this.#cooldowns.delete(model);
	}

	/** Drops the cooldowns of all targets whose key is one of these. */
	forget(isForgotten: (key: string) => boolean): void {
		for (const key of [...this.#cooldowns.keys()].filter(isForgotten)) this.#cooldowns.delete(key);
	}
}

/** Whether the cause is a provider's limit, not a refused credential or an unknown model. */
export function isProviderLimit(cooldown: Cooldown): boolean {
	return cooldown.failure === 'rate-limit' || cooldown.failure === 'quota-exhausted';
}

/** The cooldown in its public form. */
export function toRateLimitInfo(model: ModelName, cooldown: Cooldown): RateLimitInfo {
	return { model, resetAt: new Date(cooldown.until), remaining: cooldown.remaining, limit: cooldown.limit };
}

/** Targets with a circuit; of more the least recently used is forgotten. */
const MAX_CIRCUITS = 1000;
/** Failures of the service; all others are answers, or the caller's own. */
const CIRCUIT_FAILURES: ReadonlySet<FailureKind | null> = new Set([
	'overloaded',
	'server-error',
	'connection',
	'timeout',
	'stream-interrupted',
]);
/** What tells nothing of the service: the caller left, or the request was refused for what is in it, maybe before any model saw it. */
const INCONCLUSIVE_FAILURES: ReadonlySet<FailureKind | null> = new Set([
	'aborted',
	'unknown',
	'invalid-request',
	'context-too-long',
	'content-policy',
]);

/**
 * A circuit per target: closed until `breakerFailures` failures in a row, then open for `breakerOpenMs`,
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

	/** A call begins. On an open circuit it is the probe, and no other call is allowed until it ends. */
	begin(model: ModelName, now: number): void {
		const circuit = this.#circuits.get(model, now);
		if (circuit !== undefined && circuit.openUntil > 0) circuit.openUntil = now + this.#policy.breakerOpenMs;
	}

	/** Closes the circuit. */
	clear(model: ModelName): void {
		this.#circuits.delete(model);
	}

	/** Drops the circuits of all targets whose key is one of these. */
	forget(isForgotten: (key: string) => boolean): void {
		for (const key of [...this.#circuits.keys()].filter(isForgotten)) this.#circuits.delete(key);
	}

	/** A call ended: `null` for success. */
	end(model: ModelName, failure: FailureKind | null, now: number): void {
		const circuit = this.#circuits.get(model, now);
		if (INCONCLUSIVE_FAILURES.has(failure)) {
			if (circuit !== undefined && circuit.openUntil > 0) circuit.openUntil = now;
			return;
		}
		if (!CIRCUIT_FAILURES.has(failure)) {
			this.#circuits.delete(model);
			return;
		}
		const failures = (circuit?.failures ?? 0) + 1;
		const openUntil = failures >= this.#policy.breakerFailures ? now + this.#policy.breakerOpenMs : 0;
		this.#circuits.set(model, { failures, openUntil }, now);
	}
}
