import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { getMedian, getWilsonInterval } from './read-models.ts';

describe('what the measured results of a model are worth', () => {
	it('a share has an interval that holds it and has a width, however few were seen', () => {
		// worked out by hand: 8 of 10 lie between 0.490 and 0.943
		expect(getWilsonInterval(8, 10).map((bound) => bound.toFixed(3))).toEqual(['0.490', '0.943']);
		expect(getWilsonInterval(0, 0)).toEqual([0, 1]);
		fc.assert(
			fc.property(fc.nat(500), fc.nat(500), (successes, failures) => {
				const count = successes + failures;
				const [low, high] = getWilsonInterval(successes, count);
				expect(low).toBeGreaterThanOrEqual(0);
				expect(high).toBeLessThanOrEqual(1);
				expect(high - low).toBeGreaterThan(0);
				if (count > 0) expect(successes / count >= low && successes / count <= high).toBe(true);
			}),
		);
	});

	it('a median lies within its interval, which fewer than six values do not have', () => {
		expect(getMedian([])).toBeNull();
		expect(getMedian([3, 1, 2])).toEqual({ count: 3, median: 2, low: null, high: null });
		fc.assert(
			fc.property(fc.array(fc.nat(), { minLength: 6, maxLength: 200 }), (values) => {
				const { low, median, high } = getMedian(values) ?? {};
				expect(low ?? Number.NaN).toBeLessThanOrEqual(median ?? Number.NaN);
				expect(high ?? Number.NaN).toBeGreaterThanOrEqual(median ?? Number.NaN);
			}),
		);
	});

	it('the interval of a median holds the true one about 19 times of 20', () => {
		// a fixed sequence, skewed as latencies are: its true median is ln 2
		let seed = 42;
		const draw = () => {
			seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
			return -Math.log(1 - seed / 2_147_483_648);
		};
		let held = 0;
		const runs = 1000;
		for (let run = 0; run < runs; run += 1) {
			const { high, low } = getMedian(Array.from({ length: 40 }, draw)) ?? {};
			if ((low ?? 0) <= Math.LN2 && (high ?? 0) >= Math.LN2) held += 1;
		}
		expect(held / runs).toBeGreaterThan(0.93);
		expect(held / runs).toBeLessThan(0.995);
	});
});
