import type { ModelName } from './model.ts';
import type { Attempt } from './outcome.ts';

/** How one model's failures are handled. */
export interface FallbackConfig {
	primary: ModelName;
	/** Models to try after the primary, in order. */
	fallbacks: ModelName[];
	/** Attempts one model gets in a row: 3 means at most three calls. 0 means no retry, as 1 does. @default 3 */
	maxRetries: number;
	/** Milliseconds one attempt may take. @default 60000 */
	timeout: number;
	/** @default 'exponential' */
	backoff: 'linear' | 'exponential';
	/** Milliseconds. @default 1000 */
	initialDelay: number;
}

/** A result and how it came about. */
export interface FallbackResult<T> {
	value: T;
	/** The model that answered. */
	model: ModelName;
	usedFallback: boolean;
	attempts: number;
	/** Milliseconds. */
	totalTime: number;
	errors: Array<{ model: ModelName; error: string; timestamp: Date }>;
	/** Every attempt, in order. */
	history: Attempt[];
}

/** A limit a provider told us of. */
export interface RateLimitInfo {
	model: ModelName;
	resetAt: Date;
	remaining: number;
	limit: number;
}
