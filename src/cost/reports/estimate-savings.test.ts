import { describe, expect, it } from 'vitest';
import { BUILTIN_MODELS } from '../../catalog/index.ts';
import type { CostEntry, ModelProfile } from '../../contracts/index.ts';
import { estimateSavings } from './estimate-savings.ts';

const profiles = new Map(BUILTIN_MODELS.map((profile) => [profile.name, profile]));
function profileOf(name: string): ModelProfile {
	const profile = profiles.get(name);
	if (profile === undefined) throw new Error(`${name} is built in`);
	return profile;
}
const [opus, sonnet, haiku] = [profileOf('opus'), profileOf('sonnet'), profileOf('haiku')];

function entry(change: Partial<CostEntry> = {}): CostEntry {
	return {
		id: 'e',
		decisionId: null,
		attempt: null,
		model: 'sonnet',
		taskType: 'debugging',
		// 1000 in × $3 + 1000 out × $15 per million
		costNanoUsd: 18_000_000,
		inputCostNanoUsd: null,
		outputCostNanoUsd: null,
		usage: {
			inputTokens: 1000,
			cacheReadTokens: 0,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 1000,
			reasoningTokens: 0,
		},
		at: Date.UTC(2026, 10, 24),
		...change,
	};
}

const savings = (entries: readonly CostEntry[]) =>
	estimateSavings({ entries, profiles, strongest: opus, candidates: [opus, sonnet, haiku] });

describe('savings are estimates beside what else could have been done', () => {
	it('always the strongest, always the cheapest, each at its own rates for the same tokens', () => {
		const [strongest, cheapest] = savings([entry(), entry()]);
		// opus: 1000 × $5 + 1000 × $25 per million = $0.03 each; haiku: $0.006 each
		expect(strongest).toMatchObject({ baselineCost: 0.06, actualCost: 0.036, requests: 2 });
		expect(strongest?.saved).toBeCloseTo(0.024, 9);
		expect(cheapest).toMatchObject({ baselineCost: 0.012 });
		expect(cheapest?.saved).toBeCloseTo(-0.024, 9);
		expect(cheapest?.qualityDelta).toBeGreaterThan(0);
		expect(strongest?.method).toContain('the same tokens');
	});

	it('the random mix costs about what was spent, so that only quality is left to compare', () => {
		const [, , mix] = savings([entry()]);
		// (18 - 6) / (30 - 6) = one half on opus
		expect(mix?.method).toMatch(/^50 % of requests/);
		expect(mix?.baselineCost).toBeCloseTo(0.018, 9);
		expect(mix?.saved).toBeCloseTo(0, 9);
	});

	it('a model compared with itself saves nothing', () => {
		const [strongest] = savings([entry({ model: 'opus', costNanoUsd: 30_000_000 })]);
		expect(strongest).toMatchObject({ saved: 0, qualityDelta: 0 });
	});

	it('claims nothing where the baseline could not have served, or nobody knows the price', () => {
		const usage = { ...entry().usage, inputTokens: 500_000 };
		const rows = [
			entry({ usage }),
			entry({ costNanoUsd: null }),
			entry({ model: 'nobody' }),
			entry({ kind: 'correction' }),
		];
		const [strongest] = savings(rows);
		expect(strongest).toMatchObject({ requests: 0, leftOut: 3, saved: 0 });
	});

	it('the mix is made of what both baselines could have served, and the rest is told', () => {
		// the cheapest may be haiku only, whose window does not hold the large request
		const small = { ...haiku, contextWindow: 5000 };
		const large = entry({ usage: { ...entry().usage, inputTokens: 10_000 }, costNanoUsd: 45_000_000 });
		const [strongest, cheapest, mix] = estimateSavings({
			entries: [entry(), large, entry({ model: 'nobody' })],
			profiles,
			strongest: opus,
			candidates: [small],
		});
		expect([strongest, cheapest, mix].map((estimate) => [estimate?.requests, estimate?.leftOut])).toEqual([
			[2, 1],
			[1, 2],
			[1, 2],
		]);
		expect(mix).toMatchObject({ baseline: 'cost-matched-mix', baselineCost: 0.018, actualCost: 0.018 });
		expect([strongest?.baseline, cheapest?.baseline]).toEqual(['strongest', 'cheapest']);
	});

	it('the quality of the mix is that of its parts, a request at a time', () => {
		const quality = (of: ModelProfile) => of.qualityByTaskType?.debugging?.value ?? of.qualityScore;
		const [strongest, cheapest, mix] = savings([entry(), entry()]);
		const [above, below] = [quality(sonnet) - quality(opus), quality(sonnet) - quality(haiku)];
		expect(strongest?.qualityDelta).toBeCloseTo(above, 9);
		expect(cheapest?.qualityDelta).toBeCloseTo(below, 9);
		expect(mix?.qualityDelta).toBeCloseTo((above + below) / 2, 9);
		// 24 of 30 on opus: three quarters
		const [, , dearer] = savings([entry({ costNanoUsd: 24_000_000 })]);
		expect(dearer?.method).toMatch(/^75 % of requests, at random, on opus, the rest on the cheapest that fits: about/);
		expect(dearer?.qualityDelta).toBeCloseTo(0.75 * above + 0.25 * below, 9);
	});

	it('where the strongest is no dearer than the cheapest, and where all was dearer than either, nothing is mixed', () => {
		const same = estimateSavings({ entries: [entry()], profiles, strongest: haiku, candidates: [haiku] });
		expect(same[2]?.method).toMatch(/^0 % of requests/);
		expect(same[2]?.baselineCost).toBe(0.006);
		expect(savings([entry({ costNanoUsd: 99_000_000 })])[2]?.method).toMatch(/^100 % of requests/);
		expect(savings([entry({ costNanoUsd: 1 })])[2]?.method).toMatch(/^0 % of requests/);
	});

	it('a request that fits a model exactly could have been served, one token more could not', () => {
		const served = (change: Partial<ModelProfile>) =>
			estimateSavings({ entries: [entry()], profiles, strongest: { ...opus, ...change }, candidates: [haiku] })[0]
				?.requests;
		expect([served({ maxOutputTokens: 1000 }), served({ maxOutputTokens: 999 })]).toEqual([1, 0]);
		expect([served({ contextWindow: 2000 }), served({ contextWindow: 1999 })]).toEqual([1, 0]);
	});
});
