import type { Attempt, Clock, ModelName, RandomSource, RouterEventListener } from '../contracts/index.ts';
import type { AttemptTarget } from './attempt-target.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { Cooldowns } from './cooldowns.ts';
import type { ExecuteChainOptions, TaskFunction } from './execute-options.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What all requests of a chain share. */
export interface ChainPorts {
	clock: Clock;
	random: RandomSource;
	breaker: CircuitBreaker;
	cooldowns: Cooldowns;
	/** Never throws. */
	emit: RouterEventListener;
	adaptPrompt(prompt: string, model: ModelName): string;
}

/** One request under way. */
export interface ChainRun<T> {
	readonly ports: ChainPorts;
	readonly taskFn: TaskFunction<T>;
	/** Models by their deployments, in order. */
	readonly chain: readonly AttemptTarget[];
	/** The policy as this request has it. */
	readonly policy: RetryPolicy;
	readonly options: ExecuteChainOptions;
	/** Monotonic milliseconds. */
	readonly startedAt: number;
	/** Monotonic milliseconds; `Infinity` without a deadline. */
	readonly deadlineAt: number;
	readonly history: Attempt[];
	readonly errors: Array<{ model: ModelName; error: string; timestamp: Date }>;
	retriesLeft: number;
	/** Only models with a larger window are worth trying, once a request was too long. */
	minContextWindow: number;
	/** Credentials that were refused, or whose quota ran out, in this request. */
	readonly refusedCredentials: Set<string>;
	lastError: unknown;
	/** The model that was left last, and its last attempt. */
	left: { model: ModelName; attempt: Attempt } | null;
	/** Targets this request is done with. */
	readonly finished: Set<AttemptTarget>;
}

/** The wait is over before the request's time is. */
export function fitsDeadline(run: ChainRun<unknown>, waitMs: number): boolean {
	return run.ports.clock.monotonic() + waitMs < run.deadlineAt;
}

/** Calls that were made, not models passed over. */
export function countCalls(history: readonly Attempt[]): number {
	return history.filter((attempt) => attempt.outcome !== 'skipped').length;
}
