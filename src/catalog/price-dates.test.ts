import { describe, expect, it } from 'vitest';
import type { Pricing, Usage } from '../contracts/index.ts';
import { BUILTIN_MODELS } from './builtin-models.ts';
import { worstCaseCost } from './estimate-cost.ts';
import { priceUsage } from './price-usage.ts';
import { validateModelProfile } from './validate-model-profile.ts';

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
