import type { RandomSource } from '../contracts/index.ts';
import { clamp } from '../util/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** Share of a provider's wait that chance may add, so that all who were told the same time do not come back at once. */
const SPREAD_SHARE = 0.1;
const LONGEST_SPREAD_MS = 1000;
/** Doublings after which every cap is long reached; further on 2 ** n is infinite, and 0 times that is no number. */
const MOST_DOUBLINGS = 52;

/**
 * Wait before a retry in milliseconds (`retry` counts from 1): doubling or growing evenly, capped, less a
 * random share. Never above `maxDelayMs`, never below 0.
 */
export function backoffDelay(
	retry: number,
	policy: Pick<RetryPolicy, 'backoff' | 'initialDelayMs' | 'maxDelayMs' | 'jitter'>,
	random: RandomSource,
): number {
	const factor = policy.backoff === 'linear' ? retry : 2 ** Math.min(retry - 1, MOST_DOUBLINGS);
	const delay = Math.min(policy.initialDelayMs * factor, policy.maxDelayMs);
	return Math.floor(delay * (1 - clamp(policy.jitter, 0, 1) * clamp(random(), 0, 1)));
}

/** A wait a provider asked for, a little longer by chance, never shorter; milliseconds. */
export function spreadWait(waitMs: number, random: RandomSource): number {
	return waitMs + Math.floor(Math.min(waitMs * SPREAD_SHARE, LONGEST_SPREAD_MS) * clamp(random(), 0, 1));
}
