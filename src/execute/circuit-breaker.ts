import type { FailureKind, ModelName } from '../contracts/index.ts';
import { BoundedCache } from '../util/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Models remembered at once; the longest unused is forgotten first. */
const MAX_MODELS = 1000;
/** Failures that speak against the model's service; the rest are answers, or the caller's own. */
const FAILING: ReadonlySet<FailureKind> = new Set([
	'overloaded',
	'server-error',
	'connection',
	'timeout',
	'stream-interrupted',
]);
const INCONCLUSIVE: ReadonlySet<FailureKind> = new Set(['aborted', 'unknown']);

/**
 * Leaves a failing model alone: closed until `breakerFailures` failures in a row, then open for `breakerOpenMs`,
 * then half-open: one call is the probe, and the others wait for its result.
 */
export class CircuitBreaker {
	readonly #circuits = new BoundedCache<ModelName, { failures: number; openUntil: number }>(MAX_MODELS);
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

	/** A call ended: `null` for success. */
	end(model: ModelName, failure: FailureKind | null, now: number): void {
		const circuit = this.#circuits.get(model, now);
		if (failure !== null && INCONCLUSIVE.has(failure)) {
			if (circuit !== undefined && circuit.openUntil > 0) circuit.openUntil = now;
			return;
		}
		if (failure === null || !FAILING.has(failure)) {
			this.#circuits.delete(model);
			return;
		}
		const failures = (circuit?.failures ?? 0) + 1;
		const openUntil = failures >= this.#policy.breakerFailures ? now + this.#policy.breakerOpenMs : 0;
		this.#circuits.set(model, { failures, openUntil }, now);
	}
}
