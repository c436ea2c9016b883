import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeScored } from '../../test/support/route-models.ts';
import type { ScoredModel } from './model-estimate.ts';
import { rankModels } from './rank-models.ts';

const names = (models: readonly ScoredModel[]): string[] => models.map((model) => model.facts.profile.name);
const byTotal = (model: ScoredModel): number => model.totalScore;

describe('ranking', () => {
	it('puts the highest value first', () => {
		const models = [makeScored('low', { total: 10 }), makeScored('high', { total: 90 })];
		expect(names(rankModels(models, byTotal, 'low'))).toEqual(['high', 'low']);
	});

	it('breaks ties by default model, then the cheaper, then the name, with unknown prices last', () => {
		const models = [
			makeScored('unpriced', { costNanoUsd: null }),
			makeScored('b', { costNanoUsd: 5 }),
			makeScored('a', { costNanoUsd: 5 }),
			makeScored('cheap', { costNanoUsd: 1 }),
			makeScored('usual', { costNanoUsd: 9 }),
		];
		expect(names(rankModels(models, byTotal, 'usual'))).toEqual(['usual', 'cheap', 'a', 'b', 'unpriced']);
	});

	it('noise of floating sums does not decide', () => {
		const models = [
			makeScored('noisy', { total: 0.1 + 0.2, costNanoUsd: 9 }),
			makeScored('cheap', { total: 0.3, costNanoUsd: 1 }),
		];
		expect(names(rankModels(models, byTotal, 'none'))[0]).toBe('cheap');
	});

	it('does not depend on the order the models came in', () => {
		const models = Array.from({ length: 8 }, (_, index) =>
			makeScored(`m${index}`, { total: index % 3, costNanoUsd: index % 2 }),
		);
		const expected = names(rankModels(models, byTotal, 'm4'));
		fc.assert(
			fc.property(fc.shuffledSubarray(models, { minLength: models.length }), (shuffled) => {
				expect(names(rankModels(shuffled, byTotal, 'm4'))).toEqual(expected);
			}),
		);
	});
});
