import { describe, expect, it } from 'vitest';
import { makeProfile } from '../../../test/support/route-models.ts';
import { type TaskType, usdToNano, ZERO_USAGE } from '../../contracts/index.ts';
import { type AnsweredRequest, compareBaselines } from './compare-baselines.ts';

const price = (usd: number) => ({ costPer1kInputTokens: usd, costPer1kOutputTokens: usd });
const models = [
	makeProfile('cheap', { qualityScore: 80, ...price(0.001) }),
	makeProfile('middle', { qualityScore: 85, ...price(0.003) }),
	makeProfile('dear', { qualityScore: 90, ...price(0.011) }),
];
const USD: Record<string, number> = { cheap: 0.001, middle: 0.003, dear: 0.011 };

/** Requests of 1,000 tokens, each judged as is said. */
function answer(model: string, taskType: TaskType, qualities: ReadonlyArray<number | null>): AnsweredRequest[] {
	return qualities.map((quality) => ({
		model,
		taskType,
		quality,
		at: 0,
		usage: { ...ZERO_USAGE, inputTokens: 1000 },
		costNanoUsd: usdToNano(USD[model] ?? 0),
	}));
}
const many = (count: number, quality: number | null) => Array.from({ length: count }, () => quality);

describe('routing beside choosing without a router', () => {
	it('that sends each kind to the model that is good at it is ahead of the coin, with an interval', () => {
		const requests = [
			...answer('cheap', 'factual', many(200, 95)),
			...answer('dear', 'debugging', many(200, 96)),
			...answer('cheap', 'debugging', many(10, 20)),
			...answer('dear', 'factual', many(40, 95)),
		];
		const found = compareBaselines(requests, models);
		expect(found).toMatchObject({ requests: 450, judged: 450, leftOut: 0, verdict: 'ahead' });
		expect(found.gain?.low).toBeGreaterThan(0);
		for (const way of [found.cheapest, found.strongest]) {
			expect(way?.interval?.low).toBeLessThan(way?.quality ?? 0);
			expect(way?.interval?.high).toBeGreaterThan(way?.quality ?? 100);
		}
		expect(found.bestSingle, 'nobody judged it').toMatchObject({ models: ['middle'], quality: 85, interval: null });
		expect([found.cheapest?.models, found.strongest?.models]).toEqual([['cheap'], ['dear']]);
		expect(found.cheapest?.costPer1000).toBeCloseTo(1, 6);
		expect(found.costPer1000).toBeCloseTo((210 + 240 * 11) / 450, 6);
		expect(found.bestSingle?.costPer1000).toBeLessThanOrEqual(found.costPer1000);
		expect(found.coin?.models).toContain('dear');
	});

	it('that pays for the dear model where the middle one is as good is behind the coin, and says so', () => {
		const requests = [
			...answer('dear', 'factual', many(100, 70)),
			...answer('middle', 'factual', many(100, 92)),
			...answer('cheap', 'factual', many(100, 60)),
		];
		const found = compareBaselines(requests, models);
		expect(found.verdict).toBe('behind');
		expect(found.gain?.high).toBeLessThan(0);
	});

	it('shows of a coin that is one model what that model costs, not what routing spent', () => {
		const [cheap] = models;
		// billed at ten times the price
		const billed = answer('cheap', 'factual', many(40, 90)).map((row) => ({
			...row,
			costNanoUsd: 10 * row.costNanoUsd,
		}));
		const found = compareBaselines(billed, cheap === undefined ? [] : [cheap]);
		expect(found.costPer1000).toBeCloseTo(10, 6);
		expect(found.coin?.models).toEqual(['cheap']);
		expect(found.coin?.costPer1000).toBeCloseTo(1, 6);
	});

	it('has no quality where fewer than thirty answers were judged: a figure nobody measured is not shown', () => {
		const requests = [...answer('dear', 'factual', many(500, null)), ...answer('dear', 'factual', many(29, 90))];
		const found = compareBaselines(requests, models);
		expect(found).toMatchObject({ requests: 529, judged: 29, quality: null, gain: null, verdict: 'unmeasured' });
		expect(found.cheapest).toMatchObject({ quality: null, interval: null });
		expect(found.cheapest?.costPer1000).toBeCloseTo(1, 6);
		expect(found.costPer1000).toBeCloseTo(11, 9);
	});

	it('leaves out what some model could not have served, and what a model outside the race answered', () => {
		const [large] = answer('cheap', 'factual', [90]);
		const huge = { ...large, usage: { ...ZERO_USAGE, inputTokens: 5_000_000 } } as AnsweredRequest;
		const other = { ...large, model: 'elsewhere' } as AnsweredRequest;
		expect(compareBaselines([huge, other], models)).toMatchObject({ requests: 0, leftOut: 2, verdict: 'unmeasured' });
		expect(compareBaselines([], [])).toMatchObject({ requests: 0, cheapest: null, coin: null });
	});
});
