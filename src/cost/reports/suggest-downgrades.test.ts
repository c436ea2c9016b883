import { describe, expect, it } from 'vitest';
import type { ModelProfile, OutcomeObservation } from '../../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../index.ts';

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
