import type { RandomSource } from '../contracts/index.ts';
import type { RetryPolicy } from './retry-policy.ts';

/**
 * Wait before a retry in milliseconds (`retry` counts from 1): doubling or growing evenly, capped, less a
 * random share. Never above `maxDelayMs`, never below 0.
 */
export function backoffDelay(
	retry: number,
	policy: Pick<RetryPolicy, 'backoff' | 'initialDelayMs' | 'maxDelayMs' | 'jitter'>,
	random: RandomSource,
): number {
	const factor = policy.backoff === 'linear' ? retry : 2 ** (retry - 1);
	const delay = Math.min(policy.initialDelayMs * factor, policy.maxDelayMs);
	return Math.round(delay * (1 - Math.min(policy.jitter, 1) * random()));
}
