import { expect, it } from 'vitest';
import { chiSquareTail, testMissing, testSampleRatio } from './health-checks.ts';

it.each([
	// R: pchisq(statistic, degrees, lower.tail = FALSE)
	[3.841459, 1, 0.05],
	[10.827566, 1, 0.001],
	[0.1, 1, 0.7518296],
	[13.815511, 2, 0.001],
	[7.814728, 3, 0.05],
	[18.466827, 4, 0.001],
	[2, 4, 0.7357589],
])('a sample-ratio mismatch is judged by the true p-value: %d with %d degrees', (statistic, degrees, tail) => {
	expect(chiSquareTail(statistic, degrees) / tail).toBeCloseTo(1, 5);
});

it('arms that are too small to tell, and those that must be empty, make no alarm', () => {
	expect(
		testSampleRatio([
			{ observed: 0, expected: 7 },
			{ observed: 14, expected: 7 },
		]),
	).toBeNull();
	expect(
		testSampleRatio([
			{ observed: 100, expected: 100 },
			{ observed: 5, expected: 0 },
		]),
	).toBeNull();
	expect(
		testMissing([
			{ units: 7, missing: 7 },
			{ units: 700, missing: 0 },
		]),
	).toBeNull();
});

it('a tenth of an arm that is lost makes an alarm, the luck of a draw does not', () => {
	const test = (first: number, second: number) => {
		const expected = (first + second) / 2;
		return testSampleRatio([first, second].map((observed) => ({ observed, expected })));
	};
	expect(test(1000, 900)).toBeGreaterThan(0.001);
	expect(test(5000, 4500)).toBeLessThan(0.001);
	const missing = (count: number) =>
		testMissing([
			{ units: 1000, missing: 100 },
			{ units: 1000, missing: count },
		]);
	expect(missing(110)).toBeGreaterThan(0.001);
	expect(missing(170)).toBeLessThan(0.001);
	expect(missing(100)).toBe(1);
});
