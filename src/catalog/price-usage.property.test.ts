import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countInputTokens, type Pricing, type Usage } from '../contracts/index.ts';
import { priceUsage, worstCaseCost } from './price-usage.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const priceNow = (usage: Usage, prices: Pricing) => priceUsage(usage, prices, NOW);
const worstNow = (prices: Pricing, tokens: Parameters<typeof worstCaseCost>[1]) => worstCaseCost(prices, tokens, NOW);

const tokens = fc.integer({ min: 0, max: 2_000_000 });
const usage: fc.Arbitrary<Usage> = fc.record({
	inputTokens: tokens,
	cacheReadTokens: tokens,
	cacheWrite5mTokens: tokens,
	cacheWrite1hTokens: tokens,
	outputTokens: tokens,
	reasoningTokens: tokens,
});
const rate = fc.integer({ min: 1, max: 200_000_000 });
const pricing = fc.record({
	input: rate,
	output: rate,
	cacheRead: rate,
	cacheWrite5m: rate,
	cacheWrite1h: rate,
	source: fc.constant('test'),
	asOf: fc.constant('2026-01-01'),
});

describe('money is never rounded away', () => {
	it('charges at least a nano-dollar for any token at any rate', () => {
		fc.assert(
			fc.property(usage, pricing, (used, prices) => {
				const count = countInputTokens(used) + used.outputTokens + used.reasoningTokens;
				const { totalNanoUsd, inputNanoUsd, outputNanoUsd } = priceNow(used, prices);
				if (count === 0) expect(totalNanoUsd).toBe(0);
				else expect(totalNanoUsd).toBeGreaterThanOrEqual(1);
				expect(inputNanoUsd + outputNanoUsd).toBe(totalNanoUsd);
			}),
		);
	});

	it('never charges two halves less than the whole', () => {
		fc.assert(
			fc.property(usage, usage, pricing, (first, second, prices) => {
				const both = Object.fromEntries(
					Object.entries(first).map(([key, count]) => [key, Number(count) + Number(second[key as keyof Usage])]),
				) as unknown as Usage; // the same six counts, added
				const parts = priceNow(first, prices).totalNanoUsd + priceNow(second, prices).totalNanoUsd;
				const whole = priceNow(both, prices).totalNanoUsd;
				expect([whole, whole + 1]).toContain(parts);
			}),
		);
	});

	it('never holds less than the usage costs', () => {
		fc.assert(
			fc.property(usage, pricing, (used, prices) => {
				const held = worstNow(prices, {
					inputTokens: countInputTokens(used),
					maxOutputTokens: used.outputTokens + used.reasoningTokens,
				});
				expect(held).toBeGreaterThanOrEqual(priceNow(used, prices).totalNanoUsd);
			}),
		);
	});
});
