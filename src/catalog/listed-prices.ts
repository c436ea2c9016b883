import type { Pricing } from '../contracts/index.ts';

/** The day these rates were read. */
const AS_OF = '2026-11-24';

/**
 * Prices of models that the generated price list does not know yet, read by hand from the provider's pages,
 * in micro-dollars per million tokens. A model leaves this list when the price list learns it.
 */
export const LISTED_PRICES: Readonly<Record<string, Pricing>> = {
	'claude-sonnet-5-5': {
		input: 2_000_000,
		output: 10_000_000,
		cacheRead: 200_000,
		cacheWrite5m: 2_500_000,
		cacheWrite1h: 4_000_000,
		source: 'https://platform.claude.com/docs/en/models/sonnet-5-5/overview',
		asOf: AS_OF,
	},
	'claude-haiku-5-5': {
		input: 100_000,
		output: 500_000,
		cacheRead: 10_000,
		cacheWrite5m: 125_000,
		cacheWrite1h: 200_000,
		tiers: [
			{
				aboveInputTokens: 100_000,
				input: 500_000,
				output: 2_500_000,
				cacheRead: 50_000,
				cacheWrite5m: 625_000,
				cacheWrite1h: 1_000_000,
			},
		],
		source: 'https://platform.claude.com/docs/en/models/haiku-5-5/overview',
		asOf: AS_OF,
	},
	'gpt-6.1-sol': {
		input: 2_000_000,
		output: 10_000_000,
		cacheRead: 100_000,
		cacheWrite5m: 2_500_000,
		tiers: [
			{
				aboveInputTokens: 272_000,
				input: 4_000_000,
				output: 15_000_000,
				cacheRead: 200_000,
				cacheWrite5m: 5_000_000,
			},
		],
		source:
			'https://developers.openai.com/api/docs/pricing (as quoted by apidog.com; the write rate is that of gpt-6-sol)',
		asOf: AS_OF,
	},
	'gpt-6.1-terra': {
		input: 1_000_000,
		output: 5_000_000,
		cacheRead: 50_000,
		cacheWrite5m: 1_250_000,
		tiers: [
			{
				aboveInputTokens: 272_000,
				input: 2_000_000,
				output: 7_500_000,
				cacheRead: 100_000,
				cacheWrite5m: 2_500_000,
			},
		],
		source: 'https://developers.openai.com/api/docs/pricing (as quoted by docs.litellm.ai and apidog.com)',
		asOf: AS_OF,
	},
};
