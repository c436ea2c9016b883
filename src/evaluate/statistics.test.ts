import { expect, it } from 'vitest';
import { createSeededRandom } from '../util/index.ts';
import { confidenceAbove, estimateMean, estimateShare, normalQuantile, tProbability, tQuantile } from './statistics.ts';

it('quantiles are those of the printed tables, so that 95 % means 95 %', () => {
	expect(normalQuantile(0.975)).toBeCloseTo(1.959964, 6);
	expect(normalQuantile(0.001)).toBeCloseTo(-3.090232, 5);
	const table = { 1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645, 5: 2.57058, 9: 2.26216, 29: 2.04523, 200: 1.9719 };
	for (const [degrees, value] of Object.entries(table))
		expect(tQuantile(0.975, Number(degrees)), `${degrees} degrees`).toBeCloseTo(value, 3);
	expect(tQuantile(0.1, 3)).toBeCloseTo(-1.63774, 4);
	expect(tProbability(2.26216, 9)).toBeCloseTo(0.975, 5);
});

/** Share of runs whose interval holds the truth: conversations of several turns that differ from one another. */
function measureCoverage(
	estimate: typeof estimateMean,
	draw: (random: () => number) => Array<{ value: number; cluster: string }>,
	truth: number,
): number {
	const random = createSeededRandom(7);
	const runs = 1000;
	let held = 0;
	for (let run = 0; run < runs; run += 1) {
		const { high, low } = estimate(draw(random));
		if (low <= truth && truth <= high) held += 1;
	}
	return held / runs;
}

/** Twenty conversations with a chance of their own (mean 0.7), five turns each. */
const drawConversations = (random: () => number) =>
	Array.from({ length: 20 }, (_, conversation) => {
		const chance = random() < 0.5 ? 0.5 : 0.9;
		return Array.from({ length: 5 }, () => ({ value: random() < chance ? 1 : 0, cluster: String(conversation) }));
	}).flat();

it('an interval over turns of one conversation holds the truth as often as it says; one that ignores conversations would not', () => {
	expect(measureCoverage(estimateShare, drawConversations, 0.7)).toBeGreaterThan(0.93);
	expect(measureCoverage(estimateMean, drawConversations, 0.7)).toBeGreaterThan(0.92);
	const ignoring: typeof estimateMean = (values) =>
		estimateShare(values.map(({ value }, index) => ({ value, cluster: String(index) })));
	expect(measureCoverage(ignoring, drawConversations, 0.7)).toBeLessThan(0.92);
});

it('ten answers that are all right leave doubt, and so do two tasks that say the same', () => {
	const right = Array.from({ length: 10 }, (_, index) => ({ value: 1, cluster: String(index) }));
	expect(estimateShare(right)).toMatchObject({ value: 1, high: 1, count: 10, clusters: 10 });
	expect(estimateShare(right).low).toBeGreaterThan(0.6);
	expect(estimateShare(right).low).toBeLessThan(0.75);
	expect(confidenceAbove(right.slice(0, 2))).toBeLessThan(0.95);
	expect(confidenceAbove(right)).toBeGreaterThan(0.99);
	expect(confidenceAbove([])).toBe(0.5);
	expect(estimateShare([])).toMatchObject({ low: 0, high: 1, count: 0 });
});

it('of two equal models one is called better in no more than one run of twenty', () => {
	const random = createSeededRandom(3);
	const runs = 2000;
	let alarms = 0;
	for (let run = 0; run < runs; run += 1) {
		const draw = () => (random() < 0.8 ? 1 : 0);
		const differences = Array.from({ length: 12 }, (_, index) => ({ value: draw() - draw(), cluster: String(index) }));
		if (confidenceAbove(differences) >= 0.95) alarms += 1;
	}
	expect(alarms / runs).toBeLessThan(0.06);
});
