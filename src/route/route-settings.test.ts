import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidConfigError } from '../errors/index.ts';
import { DEFAULT_WEIGHTS, normalizeWeights, WEIGHT_NAMES } from './route-settings.ts';
import { combineScores } from './score-model.ts';

describe('weights', () => {
	it('are the specified ones unless the user says otherwise', () => {
		expect(DEFAULT_WEIGHTS).toEqual({ capability: 0.35, cost: 0.2, latency: 0.15, quality: 0.2, historical: 0.1 });
	});

	it.each([-0.1, Number.NaN, Number.POSITIVE_INFINITY])('%d is refused and named, not silently used', (bad) => {
		expect(() => normalizeWeights({ ...DEFAULT_WEIGHTS, cost: bad })).toThrow(
			`weights.cost: must be a number from 0 to 1000000, not ${bad}`,
		);
	});

	it('all 0 is refused: every model would score the same', () => {
		const none = { capability: 0, cost: 0, latency: 0, quality: 0, historical: 0 };
		expect(() => normalizeWeights(none)).toThrow(InvalidConfigError);
	});

	it('a mistyped or missing weight is told with the nearest name', () => {
		// a caller without types
		const mistyped = { ...DEFAULT_WEIGHTS, qualty: 1, quality: undefined } as never;
		expect(() => normalizeWeights(mistyped)).toThrow(
			/weights\.quality: must be[\s\S]*weights\.qualty: is not a known setting\. Did you mean "quality"/,
		);
	});

	const weight = fc.double({ min: 0, max: 1e4, noNaN: true });
	const anyWeights = fc
		.record({ capability: weight, cost: weight, latency: weight, quality: weight, historical: weight })
		.filter((weights) => WEIGHT_NAMES.some((name) => weights[name] > 1e-3));

	it('sum to 1 and mean the same at any scale, up to the largest weights', () => {
		fc.assert(
			fc.property(anyWeights, fc.constantFrom(1e-3, 7, 100), (weights, factor) => {
				const plain = normalizeWeights(weights);
				const scaled = normalizeWeights({
					capability: weights.capability * factor,
					cost: weights.cost * factor,
					latency: weights.latency * factor,
					quality: weights.quality * factor,
					historical: weights.historical * factor,
				});
				expect(WEIGHT_NAMES.reduce((sum, name) => sum + plain[name], 0)).toBeCloseTo(1, 9);
				for (const name of WEIGHT_NAMES) expect(scaled[name]).toBeCloseTo(plain[name], 9);
			}),
		);
	});

	it('never make a total outside 0-100', () => {
		const score = fc.double({ min: 0, max: 100, noNaN: true });
		const factors = fc.record({
			capabilityMatch: score,
			costEfficiency: score,
			latency: score,
			quality: score,
			historicalPerformance: score,
		});
		fc.assert(
			fc.property(factors, anyWeights, (scores, weights) => {
				const total = combineScores(scores, normalizeWeights(weights));
				expect(total).toBeGreaterThanOrEqual(0);
				expect(total).toBeLessThanOrEqual(100);
			}),
		);
	});
});
