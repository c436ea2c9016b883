import { expect, it } from 'vitest';
import { type FittedCandidate, fitWeights, measureWeights } from './fit-weights.ts';

const candidate = (quality: number, cost: number, scores: Partial<FittedCandidate['scores']>): FittedCandidate => ({
	scores: { capabilityMatch: 50, costEfficiency: 50, latency: 50, quality: 50, historicalPerformance: 50, ...scores },
	quality,
	cost,
});

/** Half of the tasks are of a kind for which the cheap model is the better one, and only the historical factor says so. */
const decisions = Array.from({ length: 40 }, (_, index) => {
	const isCheapBetter = index % 2 === 0;
	return [
		candidate(isCheapBetter ? 90 : 60, 1, { costEfficiency: 90, historicalPerformance: isCheapBetter ? 95 : 20 }),
		candidate(80, 5, { quality: 80, historicalPerformance: 70 }),
	];
});

it('weights follow what outcomes say: the factor that tells the models apart gets its weight', () => {
	const [fitted] = fitWeights(decisions, [3]);
	expect(fitted).toMatchObject({ quality: 85, cost: 3 });
	expect(fitted?.weights.historical).toBeGreaterThan(0);
	expect(
		measureWeights(decisions, fitted?.weights ?? { capability: 1, cost: 0, latency: 0, quality: 0, historical: 0 }),
	).toEqual(fitted);
});

it('no proposal costs more than its budget, and a budget that nothing keeps gets none', () => {
	const [tight, none] = fitWeights(decisions, [1, 0.5]);
	expect(tight).toMatchObject({ quality: 75, cost: 1 });
	expect(none).toBeNull();
});

it('models that score alike are told apart by their price, whichever comes first', () => {
	const twins = [candidate(70, 3, {}), candidate(70, 2, {}), candidate(70, 4, {})];
	const weights = { capability: 0.2, cost: 0.2, latency: 0.2, quality: 0.2, historical: 0.2 };
	expect(measureWeights([twins, twins.toReversed()], weights).cost).toBe(2);
});
