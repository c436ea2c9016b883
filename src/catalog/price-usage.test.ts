import { describe, expect, it } from 'vitest';
import type { Pricing, Usage } from '../contracts/index.ts';
import { BUILTIN_MODELS } from './builtin-models.ts';
import { resolvePricing } from './model-catalog.ts';
import { estimateCost, priceUsage, worstCaseCost } from './price-usage.ts';
import { validateModelProfile } from './validate-model-profile.ts';

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

const MIDNIGHT = Date.parse('2027-01-01T00:00:00Z');
/** $2 in, $10 out per million tokens; $3 and $15 from 2027 on. */
const CHANGING: Pricing = {
	input: 2_000_000,
	output: 10_000_000,
	source: 'test',
	asOf: '2026-11-24',
	changes: [{ input: 3_000_000, output: 15_000_000, source: 'test', asOf: '2026-11-24', from: '2027-01-01' }],
};
/** $1 in, $4 out; batch at half, priority at double; 10 % more in the US; a search costs a cent. */
const SERVED: Pricing = {
	input: 1_000_000,
	output: 4_000_000,
	cacheRead: 100_000,
	tiers: [{ aboveInputTokens: 1000, input: 2_000_000, output: 8_000_000 }],
	serviceTiers: { batch: { input: 500_000, output: 2_000_000, cacheRead: 50_000 } },
	regionPermille: { us: 1100 },
	perUse: { webSearch: 10_000_000 },
	source: 'test',
	asOf: '2026-11-24',
};
const USED: Usage = {
	inputTokens: 500,
	cacheReadTokens: 200,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 100,
	reasoningTokens: 0,
};

describe('rates with a date', () => {
	it('a call is billed at the rates of its day, to the millisecond of midnight in UTC', () => {
		// 500 + 200 input × $2 + 100 × $10 per million = $0.0014 + $0.001; from 2027: $0.0021 + $0.0015
		expect(priceUsage(USED, CHANGING, MIDNIGHT - 1).totalNanoUsd).toBe(2_400_000);
		expect(priceUsage(USED, CHANGING, MIDNIGHT).totalNanoUsd).toBe(3_600_000);
	});

	it('the money held just before a change is enough for a call that ends after it', () => {
		const tokens = { inputTokens: 700, maxOutputTokens: 100 };
		expect(worstCaseCost(CHANGING, tokens, MIDNIGHT - 1000)).toBe(3_600_000);
		expect(worstCaseCost(CHANGING, tokens, MIDNIGHT - 86_400_000)).toBe(2_400_000);
	});
});

describe('what the provider says it billed', () => {
	it('batch has rates of its own; a service without any is billed at the standard rates', () => {
		// standard: 500 × $1 + 200 × $0.1 + 100 × $4 per million = 500 + 20 + 400 micro-dollars
		expect(priceUsage(USED, SERVED, MIDNIGHT).totalNanoUsd).toBe(920_000);
		expect(priceUsage({ ...USED, serviceTier: 'batch' }, SERVED, MIDNIGHT).totalNanoUsd).toBe(460_000);
		expect(priceUsage({ ...USED, serviceTier: 'flex' }, SERVED, MIDNIGHT).totalNanoUsd).toBe(920_000);
	});

	it('a region multiplies every token rate, exactly', () => {
		expect(priceUsage({ ...USED, region: 'us' }, SERVED, MIDNIGHT).totalNanoUsd).toBe(1_012_000);
		expect(priceUsage({ ...USED, region: 'mars' }, SERVED, MIDNIGHT).totalNanoUsd).toBe(920_000);
		// one token at $1 per million is 1000 nano-dollars; a tenth more is 1100
		const one = { ...USED, inputTokens: 1, cacheReadTokens: 0, outputTokens: 0, region: 'us' };
		expect(priceUsage(one, SERVED, MIDNIGHT).totalNanoUsd).toBe(1100);
	});

	it('uses are billed beside tokens; one without a price is named, never taken for free', () => {
		const price = priceUsage({ ...USED, perUse: { webSearch: 3, codeRuns: 2, idle: 0 } }, SERVED, MIDNIGHT);
		expect(price).toEqual({
			totalNanoUsd: 30_920_000,
			inputNanoUsd: 520_000,
			outputNanoUsd: 30_400_000,
			unpricedUses: ['codeRuns'],
		});
		expect(() => priceUsage({ ...USED, perUse: { webSearch: -1 } }, SERVED, 0)).toThrow(
			/usage\.perUse\.webSearch is -1/,
		);
	});

	it('the money held covers the dearest region', () => {
		const tokens = { inputTokens: 700, maxOutputTokens: 100 };
		// 700 × $1 + 100 × $4 per million, and a tenth more
		expect(worstCaseCost(SERVED, tokens, MIDNIGHT)).toBe(1_210_000);
	});
});

describe('rates that cannot be are refused with their place, before anything is priced', () => {
	const [opus] = BUILTIN_MODELS.filter(({ name }) => name === 'opus');
	const rates = { input: 1, output: 1, source: 'contract', asOf: '2026-01-01' };
	const issuesOf = (pricing: object): string[] =>
		validateModelProfile({ ...opus, pricing }, 'models[0]').map(({ path, message }) => `${path} ${message}`);

	it('those of the catalog can all be', () => {
		expect(BUILTIN_MODELS.flatMap((profile) => validateModelProfile(profile, profile.name))).toEqual([]);
	});

	it.each([
		[{ changes: [{ ...rates, from: 'soon' }] }, 'models[0].pricing.changes[0].from must be a day'],
		[
			{
				changes: [
					{ ...rates, from: '2027-01-01' },
					{ ...rates, from: '2027-01-01' },
				],
			},
			'models[0].pricing.changes[1].from must be after the change before it (2027-01-01)',
		],
		[{ changes: [{ ...rates, from: '2027-01-01', input: -1 }] }, 'models[0].pricing.changes[0].input must be'],
		[{ serviceTiers: { batch: { input: 0.5, output: 1 } } }, 'models[0].pricing.serviceTiers.batch.input must be'],
		[{ serviceTiers: { express: rates } }, 'models[0].pricing.serviceTiers.express is no service'],
		[{ regionPermille: { us: Number.NaN } }, 'models[0].pricing.regionPermille.us must be'],
		[{ perUse: { webSearch: -1 } }, 'models[0].pricing.perUse.webSearch must be'],
	])('%o', (change, told) => {
		expect(issuesOf({ ...rates, ...change }).join('\n')).toContain(told);
	});
});

describe('the worst case is the dearest that may be billed', () => {
	const prices: Pricing = {
		input: 1_000_000,
		output: 5_000_000,
		cacheWrite5m: 1_250_000,
		cacheWrite1h: 2_000_000,
		perUse: { webSearch: 10_000_000, fileSearch: 2_500_000 },
		serviceTiers: {
			priority: {
				input: 3_000_000,
				output: 15_000_000,
				tiers: [{ aboveInputTokens: 5000, input: 9_000_000, output: 15_000_000 }],
			},
			flex: { input: 500_000, output: 2_500_000 },
		},
		source: 'test',
		asOf: '2026-11-24',
	};
	const tokens = { inputTokens: 1000, maxOutputTokens: 0 };

	it.each([
		['of any service, where none is known', {}, 3_000_000],
		['of priority, where the provider may choose it', { serviceTiers: ['standard', 'priority'] as const }, 3_000_000],
		['of the standard service, where it is asked for', { serviceTiers: ['standard'] as const }, 2_000_000],
		['of the standard service, where flex may not be had', { serviceTiers: ['standard', 'flex'] as const }, 2_000_000],
		['without a cache write for an hour', { serviceTiers: ['standard'] as const, mayCacheForHour: false }, 1_250_000],
		['with each use at the dearest', { serviceTiers: ['standard'] as const, serverToolUses: 3 }, 32_000_000],
	])('%s', (_name, charges, expected) => {
		expect(worstNow(prices, { ...tokens, ...charges })).toBe(expected);
	});

	it('also at the long context of that service', () => {
		expect(worstNow(prices, { inputTokens: 6000, maxOutputTokens: 0 })).toBe(54_000_000);
	});
});
