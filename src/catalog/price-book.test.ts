import { describe, expect, it } from 'vitest';
import type { CostEntry, ModelProfile, Pricing } from '../contracts/index.ts';
import { BUILTIN_MODELS } from './builtin-models.ts';
import { createPriceBook, diffPriceBooks, repriceEntries, withPrices } from './price-book.ts';

const NEW_RATES: Pricing = { input: 2_000_000, output: 10_000_000, source: 'contract', asOf: '2026-12-01' };
const sonnet = BUILTIN_MODELS.filter(({ name }) => name === 'sonnet');

function entry(change: Partial<CostEntry>): CostEntry {
	return {
		id: 'e',
		decisionId: null,
		attempt: null,
		model: 'sonnet',
		taskType: 'debugging',
		costNanoUsd: 3_000_000,
		inputCostNanoUsd: null,
		outputCostNanoUsd: null,
		usage: {
			inputTokens: 1000,
			cacheReadTokens: 0,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 0,
			reasoningTokens: 0,
		},
		at: Date.UTC(2026, 10, 24),
		...change,
	};
}

describe('the price book', () => {
	it('every built-in model that is served has a price with a source', () => {
		for (const profile of BUILTIN_MODELS) {
			if (profile.lifecycle?.state === 'retired') continue;
			const pricing = profile.pricing;
			expect(pricing, profile.name).toBeTypeOf('object');
			if (typeof pricing === 'object') expect(pricing.source, profile.name).toMatch(/genai-prices|https?:/);
		}
	});

	it('has another version as soon as one rate is another', () => {
		const before = createPriceBook(BUILTIN_MODELS);
		expect(createPriceBook([...BUILTIN_MODELS]).version).toBe(before.version);
		const after = createPriceBook(withPrices(BUILTIN_MODELS, new Map([['sonnet', NEW_RATES]]), 0));
		expect(after.version).not.toBe(before.version);
		expect(after.version.startsWith('2026-12-01.')).toBe(true);
	});

	it('prices of one’s own take the place of the built-in ones, also in what a profile shows', () => {
		const [own] = withPrices(sonnet, new Map([['sonnet', NEW_RATES]]), 0);
		expect(own).toMatchObject({ pricing: NEW_RATES, costPer1kInputTokens: 0.002, costPer1kOutputTokens: 0.01 });
		expect(withPrices(sonnet, new Map(), 0)).toEqual(sonnet);
	});

	it('a comparison names model, day and figure, and is silent about equal books', () => {
		const plain: ModelProfile[] = sonnet.map((profile) => ({
			...profile,
			pricing: { ...NEW_RATES, input: 1_500_000 },
		}));
		const before = createPriceBook(plain);
		expect(diffPriceBooks(before, before)).toEqual([]);
		const after = createPriceBook(withPrices(plain, new Map([['sonnet', NEW_RATES]]), 0));
		expect(diffPriceBooks(before, after)).toEqual([
			{ model: 'sonnet', from: 'since ever', field: 'input', before: 1_500_000, after: 2_000_000 },
		]);
		const unpriced = createPriceBook(sonnet.map((profile) => ({ ...profile, pricing: 'unpriced' })));
		expect(diffPriceBooks(unpriced, after).map(({ field, before: then }) => [field, then])).toContainEqual([
			'output',
			null,
		]);
	});
});

describe('repricing the past', () => {
	it('recomputes each row at the rates of its own day, and leaves what has no price out of both sums', () => {
		const dated: Pricing = { ...NEW_RATES, changes: [{ ...NEW_RATES, input: 1_000_000, from: '2026-11-25' }] };
		const book = createPriceBook(withPrices(sonnet, new Map([['sonnet', dated]]), 0));
		const rows = [
			entry({}),
			entry({ at: Date.UTC(2026, 10, 25) }),
			entry({ costNanoUsd: null }),
			entry({ model: 'nobody' }),
			entry({ kind: 'correction', costNanoUsd: -5 }),
		];
		expect(repriceEntries(rows, book)).toEqual([
			{
				model: 'sonnet',
				rows: 3,
				recordedNanoUsd: 6e6,
				repricedNanoUsd: 3e6,
				changedRows: 2,
				unpricedRows: 1,
				newlyPricedNanoUsd: 2e6,
			},
			{
				model: 'nobody',
				rows: 1,
				recordedNanoUsd: 0,
				repricedNanoUsd: 0,
				changedRows: 0,
				unpricedRows: 1,
				newlyPricedNanoUsd: 0,
			},
		]);
	});

	it('finds no difference under the book that the rows were priced with', () => {
		expect(repriceEntries([entry({})], createPriceBook(BUILTIN_MODELS))[0]).toMatchObject({ changedRows: 0 });
	});
});
