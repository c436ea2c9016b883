import { describe, expect, it } from 'vitest';
import type { Pricing, Usage } from '../contracts/index.ts';
import { BUILTIN_MODELS } from './builtin-models.ts';
import { estimateCost, worstCaseCost } from './estimate-cost.ts';
import { priceUsage } from './price-usage.ts';
import { resolvePricing } from './read-profile.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const priceNow = (usage: Usage, prices: Pricing) => priceUsage(usage, prices, NOW);
const worstNow = (prices: Pricing, tokens: Parameters<typeof worstCaseCost>[1]) => worstCaseCost(prices, tokens, NOW);

const NOTHING: Usage = {
	inputTokens: 0,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 0,
	reasoningTokens: 0,
};

function pricingOf(name: string): Pricing {
	const profile = BUILTIN_MODELS.find((candidate) => candidate.name === name);
	const pricing = profile === undefined ? null : resolvePricing(profile);
	if (pricing === null) throw new Error(`${name} has no price`);
	return pricing;
}

describe('what a usage costs, worked out by hand', () => {
	it('bills cache reads and both cache writes at their own rates (sonnet, $3/$15)', () => {
		const usage = {
			...NOTHING,
			inputTokens: 1000,
			cacheReadTokens: 10_000,
			cacheWrite5mTokens: 2000,
			cacheWrite1hTokens: 500,
			outputTokens: 300,
		};
		// 1000×3 + 10000×0.30 + 2000×3.75 + 500×6 + 300×15 = 3000 + 3000 + 7500 + 3000 + 4500 µ$ = $0.021
		expect(priceNow(usage, pricingOf('sonnet')).totalNanoUsd).toBe(21_000_000);
	});

	it('bills the whole request at the long-context tier once it is over the border, not at it', () => {
		const below = { ...NOTHING, inputTokens: 200_000, outputTokens: 1000 };
		// 200000×3 + 1000×15 = 615000 µ$
		expect(priceNow(below, pricingOf('sonnet')).totalNanoUsd).toBe(615_000_000);
		const above = { ...NOTHING, inputTokens: 150_000, cacheReadTokens: 50_001, outputTokens: 1000 };
		// 150000×6 + 50001×0.60 + 1000×22.50 = 900000 + 30000.6 + 22500 µ$
		expect(priceNow(above, pricingOf('sonnet')).totalNanoUsd).toBe(952_500_600);
	});

	it('bills reasoning as output where it has no rate of its own (gpt-5, $1.25/$10)', () => {
		const usage = { ...NOTHING, inputTokens: 800, outputTokens: 200, reasoningTokens: 1000 };
		// 800×1.25 + 1200×10 = 13000 µ$
		expect(priceNow(usage, pricingOf('gpt-5')).totalNanoUsd).toBe(13_000_000);
	});

	it('parts the total into input and output without a rest', () => {
		const price = priceNow({ ...NOTHING, inputTokens: 7, outputTokens: 3 }, pricingOf('gemini-flash'));
		expect(price.inputNanoUsd + price.outputNanoUsd).toBe(price.totalNanoUsd);
		// 7×75 + 3×300 = 1425 n$
		expect(price.totalNanoUsd).toBe(1425);
	});

	it('counts cache reads and writes toward the long-context border (claude-haiku-5-5, 100,000 tokens)', () => {
		const at = { ...NOTHING, cacheReadTokens: 90_000, cacheWrite5mTokens: 10_000, outputTokens: 1000 };
		// 90000×0.01 + 10000×0.125 + 1000×0.50 = 900 + 1250 + 500 µ$
		expect(priceNow(at, pricingOf('claude-haiku-5-5')).totalNanoUsd).toBe(2_650_000);
		const above = { ...at, inputTokens: 1 };
		// 1×0.50 + 90000×0.05 + 10000×0.625 + 1000×2.50 = 0.5 + 4500 + 6250 + 2500 µ$
		expect(priceNow(above, pricingOf('claude-haiku-5-5')).totalNanoUsd).toBe(13_250_500);
	});

	it('estimates only from amounts of tokens', () => {
		const pricing = pricingOf('opus');
		for (const tokens of [Number.NaN, -1, Number.POSITIVE_INFINITY]) {
			expect(() => estimateCost(pricing, { inputTokens: 1, outputTokens: tokens })).toThrow(/outputTokens is/);
			expect(() => worstNow(pricing, { inputTokens: tokens, maxOutputTokens: 1 })).toThrow(/inputTokens is/);
		}
		// 0.5 of a token counts whole: 1×5 + 1×25 µ$
		expect(estimateCost(pricing, { inputTokens: 0.5, outputTokens: 0.5 })).toBe(30_000);
	});

	it('stays exact beyond what a double holds', () => {
		const pricing = { input: 3_000_001, output: 1, source: 'test', asOf: '2026-01-01' };
		const tokens = 9_007_199_254;
		expect(priceNow({ ...NOTHING, inputTokens: tokens }, pricing).totalNanoUsd).toBe(
			Number((BigInt(tokens) * 3_000_001n + 999n) / 1000n),
		);
	});

	it('refuses counts that are no counts, and names the field', () => {
		for (const count of [-1, Number.NaN, 1.5, Number.POSITIVE_INFINITY]) {
			expect(() => priceNow({ ...NOTHING, cacheReadTokens: count }, pricingOf('opus'))).toThrow(
				/usage\.cacheReadTokens is/,
			);
		}
	});

	it('holds at least what any real usage of that size can cost', () => {
		const pricing = pricingOf('sonnet');
		const worst = worstNow(pricing, { inputTokens: 250_000, maxOutputTokens: 4096 });
		const dear = priceNow({ ...NOTHING, cacheWrite1hTokens: 250_000, outputTokens: 4096 }, pricing).totalNanoUsd;
		expect(worst).toBeGreaterThanOrEqual(dear);
		expect(worst).toBeGreaterThan(estimateCost(pricing, { inputTokens: 250_000, outputTokens: 4096 }));
	});
});
