import fc from 'fast-check';
import { expect, it } from 'vitest';
import { addJitter, getBackoffDelay } from './retry-delay.ts';

const policies = fc.record({
	backoff: fc.constantFrom('linear' as const, 'exponential' as const),
	initialDelayMs: fc.integer({ min: 0, max: 1e9 }),
	maxDelayMs: fc.integer({ min: 0, max: 1e9 }),
	jitter: fc.double({ min: 0, max: 5, noNaN: true }),
});
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('a backoff is never above its cap and never negative, however often it is retried', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 5000 }), policies, randoms, (retry, policy, random) => {
			const delay = getBackoffDelay(retry, policy, () => random);
			expect(delay).toBeGreaterThanOrEqual(0);
			expect(delay).toBeLessThanOrEqual(policy.maxDelayMs);
			expect(Number.isSafeInteger(delay)).toBe(true);
		}),
	);
});

it('an initial delay of 0 stays 0 after a thousand retries, where doubling would reach infinity', () => {
	const policy = { backoff: 'exponential', initialDelayMs: 0, maxDelayMs: 5000, jitter: 0 } as const;
	expect(getBackoffDelay(1025, policy, () => 0)).toBe(0);
});

it('a later retry never waits less than an earlier one with the same luck', () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 100 }), policies, randoms, (retry, policy, random) => {
			expect(getBackoffDelay(retry + 1, policy, () => random)).toBeGreaterThanOrEqual(
				getBackoffDelay(retry, policy, () => random),
			);
		}),
	);
});

it('a broken source of chance cannot make a wait negative, endless or longer than its cap', () => {
	const policy = { backoff: 'exponential', initialDelayMs: 1000, maxDelayMs: 5000, jitter: 1 } as const;
	for (const random of [-3, 7, Number.NaN, Number.POSITIVE_INFINITY]) {
		expect(getBackoffDelay(9, policy, () => random)).toBeGreaterThanOrEqual(0);
		expect(getBackoffDelay(9, policy, () => random)).toBeLessThanOrEqual(5000);
	}
});

it('a wait that was asked for is never shortened, and grows by a tenth or a second at most', () => {
	fc.assert(
		fc.property(fc.integer({ min: 0, max: 1e9 }), randoms, (wait, random) => {
			const spread = addJitter(wait, () => random);
			expect(spread).toBeGreaterThanOrEqual(wait);
			expect(spread).toBeLessThanOrEqual(wait + Math.min(1000, wait / 10));
		}),
	);
});

it('doubles or grows evenly, as the user chose', () => {
	const delays = (backoff: 'linear' | 'exponential') =>
		[1, 2, 3, 4, 5].map((retry) =>
			getBackoffDelay(retry, { backoff, initialDelayMs: 1000, maxDelayMs: 6000, jitter: 0.5 }, () => 0),
		);
	expect(delays('exponential')).toEqual([1000, 2000, 4000, 6000, 6000]);
	expect(delays('linear')).toEqual([1000, 2000, 3000, 4000, 5000]);
});
