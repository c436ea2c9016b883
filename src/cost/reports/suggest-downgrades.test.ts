import { describe, expect, it } from 'vitest';
import { type CostEntry, type ModelProfile, type OutcomeObservation, ZERO_USAGE } from '../../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../index.ts';
import { suggestDowngrades } from './suggest-downgrades.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

function profile(name: string, usdPerMillion: number, changes: Partial<ModelProfile> = {}): ModelProfile {
	return {
		id: name,
		name,
		modelId: `${name}-1`,
		provider: 'custom',
		strengths: [],
		costPer1kInputTokens: usdPerMillion / 1000,
		costPer1kOutputTokens: usdPerMillion / 200,
		latencyMs: 1000,
		contextWindow: 200_000,
		maxOutputTokens: 64_000,
		qualityScore: 90,
		supportsExtendedThinking: false,
		supportsVision: false,
		supportsToolUse: true,
		...changes,
	};
}

const sonnet = profile('sonnet', 3, { latencyMs: 2000 });

function withModels(...models: ModelProfile[]): CostOptimizer {
	return new CostOptimizer(DEFAULT_BUDGET_CONFIG, [sonnet, ...models], { clock: { now: () => NOW } });
}

function work(optimizer: CostOptimizer, count: number): void {
	for (let index = 0; index < count; index += 1) {
		optimizer.trackUsage('sonnet', 'documentation', { input: 1000, output: 1000 }, 0.018);
	}
}

function seen(optimizer: CostOptimizer, count: number, changes: Partial<OutcomeObservation>): void {
	for (let index = 0; index < count; index += 1) {
		optimizer.observe({
			model: 'haiku',
			taskType: 'documentation',
			complexity: 'simple',
			success: true,
			quality: 88,
			costUsd: 0.006,
			latencyMs: 700,
			inputTokens: 1000,
			outputTokens: 1000,
			at: NOW,
			...changes,
		});
	}
}

describe('advice to use a cheaper model', () => {
	it('says which model, for which work, what it saves and why', () => {
		const optimizer = withModels(profile('haiku', 1, { qualityScore: 80 }));
		work(optimizer, 10);
		seen(optimizer, 60, {});
		seen(optimizer, 60, { model: 'sonnet', quality: 88, latencyMs: 1900 });
		const [advice, ...rest] = optimizer.suggestDowngrades();
		expect(rest).toEqual([]);
		expect(advice).toMatchObject({
			currentModel: 'sonnet',
			suggestedModel: 'haiku',
			taskType: 'documentation',
			sampleSize: 10,
			savingsPerRequest: 0.012,
			estimatedMonthlySavings: 3.6,
			latencyDelta: -1200,
		});
		expect(advice?.reason).toMatch(/^For documentation tasks, use haiku instead of sonnet: 67 % cheaper/);
		expect(advice?.reason).toContain('outcomes seen here');
		expect(advice?.confidence).toBeGreaterThan(80);
	});

	it('without outcomes of the cheaper model it goes by the catalog, says so, and is less sure', () => {
		const optimizer = withModels(profile('haiku', 1, { qualityScore: 86 }));
		work(optimizer, 10);
		const [advice] = optimizer.suggestDowngrades();
		expect(advice?.reason).toContain('the catalog puts its quality at 86 against 90');
		expect(advice?.qualityDelta).toBe(-4);
		expect(advice?.confidence).toBeLessThanOrEqual(50);
	});

	it('is silent where the cheaper model failed', () => {
		const optimizer = withModels(profile('haiku', 1));
		work(optimizer, 10);
		seen(optimizer, 10, { success: false, quality: null });
		expect(optimizer.suggestDowngrades()).toEqual([]);
	});

	it('a few failures speak against the catalog', () => {
		const optimizer = withModels(profile('haiku', 1, { qualityScore: 88 }));
		work(optimizer, 10);
		seen(optimizer, 3, { success: false, quality: null });
		expect(optimizer.suggestDowngrades()).toEqual([]);
	});

	it('is silent where the work is thin', () => {
		const optimizer = withModels(profile('haiku', 1));
		work(optimizer, 4);
		expect(optimizer.suggestDowngrades()).toEqual([]);
	});

	it('requests without a price are no evidence of what could be saved', () => {
		const optimizer = withModels(profile('haiku', 1));
		const usage = { inputTokens: 1000, cacheReadTokens: 0, cacheWrite5mTokens: 0, cacheWrite1hTokens: 0 };
		for (let index = 0; index < 10; index += 1) {
			optimizer.record({
				id: String(index),
				decisionId: null,
				attempt: null,
				model: 'sonnet',
				taskType: 'documentation',
				costNanoUsd: index < 4 ? 18_000_000 : null,
				inputCostNanoUsd: null,
				outputCostNanoUsd: null,
				usage: { ...usage, outputTokens: 1000, reasoningTokens: 0 },
				at: NOW,
			});
		}
		expect(optimizer.suggestDowngrades()).toEqual([]);
	});

	it.each([
		['dearer', profile('other', 5)],
		['hardly cheaper', profile('other', 2.95)],
		['much weaker', profile('other', 1, { qualityScore: 70 })],
		['unpriced', profile('other', 1, { pricing: 'unpriced' })],
		['retired', profile('other', 1, { lifecycle: { state: 'retired' } })],
		['too small for the requests', profile('other', 1, { contextWindow: 1500 })],
		['unable to answer at that length', profile('other', 1, { maxOutputTokens: 500 })],
	])('never advises a model that is %s', (_why, model) => {
		const optimizer = withModels(model);
		work(optimizer, 10);
		expect(optimizer.suggestDowngrades()).toEqual([]);
	});

	it('gives five pieces of advice at most, one per kind of work, the most worthwhile first', () => {
		const optimizer = withModels(profile('haiku', 1), profile('nano', 0.1));
		const types = ['documentation', 'testing', 'debugging', 'planning', 'creative', 'analysis'] as const;
		for (const [index, type] of types.entries()) {
			for (let count = 0; count < 5 + index; count += 1) {
				optimizer.trackUsage('sonnet', type, { input: 1000, output: 1000 }, 0.018);
			}
		}
		const advice = optimizer.suggestDowngrades();
		expect(advice.map(({ taskType }) => taskType)).toEqual([
			'analysis',
			'creative',
			'planning',
			'debugging',
			'testing',
		]);
		expect(new Set(advice.map(({ suggestedModel }) => suggestedModel))).toEqual(new Set(['nano']));
	});
});

describe('advice rests on the work of the last thirty days', () => {
	const DAY = 86_400_000;
	const entry = (change: Partial<CostEntry> = {}): CostEntry => ({
		id: 'e',
		decisionId: null,
		attempt: null,
		model: 'sonnet',
		taskType: 'documentation',
		// $3 and $15 per million tokens
		costNanoUsd: 18_000_000,
		inputCostNanoUsd: null,
		outputCostNanoUsd: null,
		usage: { ...ZERO_USAGE, inputTokens: 1000, outputTokens: 1000 },
		at: NOW,
		...change,
	});
	const advise = (
		entries: readonly CostEntry[],
		models: readonly ModelProfile[] = [profile('haiku', 1)],
		change: Partial<Parameters<typeof suggestDowngrades>[0]> = {},
	) =>
		suggestDowngrades({
			entries,
			profiles: new Map([sonnet, ...models].map((model) => [model.name, model])),
			getEvidence: () => null,
			now: NOW,
			...change,
		});
	const times = (count: number, change: Partial<CostEntry> = {}) => Array.from({ length: count }, () => entry(change));

	it('not on older nor on later ones, and on five requests at least', () => {
		expect(advise(times(5))[0]?.sampleSize).toBe(5);
		expect(advise(times(4))).toEqual([]);
		const around = [
			...times(5),
			...times(1, { at: NOW - 30 * DAY }),
			...times(1, { at: NOW - 30 * DAY - 1 }),
			...times(1, { at: NOW + 1 }),
		];
		expect(advise(around)[0]?.sampleSize).toBe(6);
	});

	it('projected to a month from the first of them, from one day upwards', () => {
		// $0.012 saved by each
		expect(advise(times(10))[0]?.estimatedMonthlySavings).toBe(3.6);
		expect(advise([...times(9), entry({ at: NOW - 10 * DAY })])[0]?.estimatedMonthlySavings).toBe(0.36);
		expect(advise([entry({ at: NOW - DAY / 2 }), ...times(9)])[0]?.estimatedMonthlySavings).toBe(3.6);
	});

	it('with the range that the number of requests and their differences give', () => {
		const share = 1.645 * Math.sqrt(1 / 100);
		expect(advise(times(100))[0]?.monthlySavingsRange).toEqual({
			low: Number((36 * (1 - share)).toFixed(2)),
			high: Number((36 * (1 + share)).toFixed(2)),
		});
		// half of the requests save $0.012, half of them three times as much: a standard deviation of a half
		const usage = { ...ZERO_USAGE, inputTokens: 3000, outputTokens: 3000 };
		const mixed = [...times(50), ...times(50, { usage, costNanoUsd: 54_000_000 })];
		const spread = 1.645 * Math.sqrt((0.25 * (100 / 99)) / 100 + 1 / 100);
		expect(advise(mixed)[0]?.monthlySavingsRange).toEqual({
			low: Number((72 * (1 - spread)).toFixed(2)),
			high: Number((72 * (1 + spread)).toFixed(2)),
		});
	});

	it('of the latest two hundred requests alone', () => {
		const dear = times(10, { costNanoUsd: 180_000_000, at: NOW - 1 });
		const [advice] = advise([...dear, ...times(200)]);
		expect(advice).toMatchObject({ sampleSize: 210, savingsPerRequest: 0.012 });
		expect(advice?.reason).toContain('of your last 200 requests');
	});

	it('names a model that serves the longest request exactly, and none that is not a candidate or the model itself', () => {
		const fits = (change: Partial<ModelProfile>) => advise(times(5), [profile('haiku', 1, change)]).length;
		expect([fits({ contextWindow: 2000 }), fits({ contextWindow: 1999 })]).toEqual([1, 0]);
		expect([fits({ maxOutputTokens: 1000 }), fits({ maxOutputTokens: 999 })]).toEqual([1, 0]);
		expect(advise(times(5), undefined, { candidates: new Set(['sonnet']) })).toEqual([]);
		expect(advise(times(5), undefined, { candidates: new Set(['haiku']) })).toHaveLength(1);
		// bought dearer than its list price: no reason to replace a model by itself
		expect(advise(times(5, { costNanoUsd: 90_000_000 }), [])).toEqual([]);
		expect(advise(times(5, { model: 'nobody' }))).toEqual([]);
	});

	it('where a twentieth is saved, and not less', () => {
		// 950 tokens in and out cost haiku $0.0057
		const usage = { ...ZERO_USAGE, inputTokens: 950, outputTokens: 950 };
		const advised = (costNanoUsd: number) => advise(times(5, { costNanoUsd, usage })).length;
		expect([advised(6_000_000), advised(5_999_999), advised(5_700_000), advised(1)]).toEqual([1, 0, 0, 0]);
	});

	it('of two that are worth the same the one that comes first by name, for each kind of work one', () => {
		const twins = [profile('b', 1), profile('a', 1)];
		expect(advise(times(5), twins).map(({ suggestedModel }) => suggestedModel)).toEqual(['a']);
		expect(advise(times(5), twins.toReversed()).map(({ suggestedModel }) => suggestedModel)).toEqual(['a']);
	});
});
