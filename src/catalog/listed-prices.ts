import type { ModelProvider, PriceSheet, Pricing, RateTable, ServiceTier } from '../contracts/index.ts';
import { createPricings } from './create-pricings.ts';

/** The day these rates were read. */
const AS_OF = '2026-11-24';
const ANTHROPIC_MODEL_PAGES = 'https://platform.claude.com/docs/en/models';
const OPENAI_PRICING = 'https://developers.openai.com/api/docs/pricing';

/**
 * Prices of models that the generated price list does not know yet, read by hand from the provider's pages. A model
 * leaves this list when the price list learns it.
 */
export const LISTED_PRICES: Readonly<Record<string, Pricing>> = {
	...createPricings(
		{ source: `${ANTHROPIC_MODEL_PAGES}/sonnet-5-5/overview`, asOf: AS_OF },
		'claude-sonnet-5-5 | 2 10 0.2 2.5 4',
	),
	...createPricings(
		{ source: `${ANTHROPIC_MODEL_PAGES}/haiku-5-5/overview`, asOf: AS_OF },
		'claude-haiku-5-5 | 0.1 0.5 0.01 0.125 0.2 | >100000: 0.5 2.5 0.05 0.625 1',
	),
	...createPricings(
		{ source: `${OPENAI_PRICING} (as quoted by apidog.com; the write rate is that of gpt-6-sol)`, asOf: AS_OF },
		'gpt-6.1-sol | 2 10 0.1 2.5 | >272000: 4 15 0.2 5',
	),
	...createPricings(
		{ source: `${OPENAI_PRICING} (as quoted by docs.litellm.ai and apidog.com)`, asOf: AS_OF },
		'gpt-6.1-terra | 1 5 0.05 1.25 | >272000: 2 7.5 0.1 2.5',
	),
};

type PricedService = Exclude<ServiceTier, 'standard'>;

/** What a provider grants or adds on all rates of a model, and where it says so. */
interface ProviderTerms {
	/** Services and the thousandths of the standard rates that they cost. */
	services: ReadonlyArray<readonly [service: PricedService, permille: number]>;
	/** Thousandths of the standard rates that a region costs. */
	regionPermille?: Readonly<Record<string, number>>;
	/** True for the models that the regions hold for. @default all */
	hasRegions?: (modelId: string) => boolean;
	/** What a use costs, nano-dollars, where the rates of the model do not say. */
	getPerUse?: (modelId: string) => Readonly<Record<string, number>>;
	source: string;
}

const BILLED_BY_PROMPT = /gemini-[12]\./;
const OLD_ANTHROPIC = /claude-(?:opus|sonnet|haiku)-4-5/;

/**
 * Batch: half of the standard rates at all three. Anthropic: inference bound to the US costs a tenth more, from Opus 4.6
 * and Sonnet 4.6 on. OpenAI: flex at the rates of batch. Priority rates are per model: see `PRIORITY_RATES`.
 */
const TERMS: Readonly<Record<string, ProviderTerms>> = {
	anthropic: {
		services: [['batch', 500]],
		regionPermille: { us: 1100 },
		hasRegions: (modelId) => !OLD_ANTHROPIC.test(modelId),
		source: 'https://docs.claude.com/en/docs/about-claude/pricing (batch processing, data residency)',
	},
	openai: {
		services: [
			['batch', 500],
			['flex', 500],
		],
		source: 'https://platform.openai.com/docs/guides/batch, https://platform.openai.com/docs/guides/flex-processing',
	},
	google: {
		services: [['batch', 500]],
		// Models before Gemini 3 are billed per prompt that was searched for, of which each search here counts as one: dearer.
		getPerUse: (modelId) => ({ webSearch: BILLED_BY_PROMPT.test(modelId) ? 35_000_000 : 14_000_000 }),
		source:
			'https://ai.google.dev/gemini-api/docs/batch-api, https://ai.google.dev/gemini-api/docs/pricing (grounding)',
	},
};

/** Priority processing in micro-dollars per million tokens, from https://platform.openai.com/docs/pricing?latest-pricing=priority */
const PRIORITY_RATES: Readonly<Record<string, RateTable>> = {
	'gpt-5': { input: 2_500_000, cacheRead: 250_000, output: 20_000_000 },
	'gpt-5-mini': { input: 450_000, cacheRead: 45_000, output: 3_600_000 },
	'gpt-4.1': { input: 3_500_000, cacheRead: 875_000, output: 14_000_000 },
	'gpt-4.1-mini': { input: 700_000, cacheRead: 175_000, output: 2_800_000 },
	'gpt-4.1-nano': { input: 200_000, cacheRead: 50_000, output: 800_000 },
	'gpt-4o': { input: 4_250_000, cacheRead: 2_125_000, output: 17_000_000 },
	'gpt-4o-mini': { input: 250_000, cacheRead: 125_000, output: 1_000_000 },
};

const RATE_NAMES = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'reasoning'] as const;

/** Rates times thousandths, rounded up to whole pico-dollars. */
function scaleRates(table: RateTable, permille: number): RateTable {
	const scaled: Partial<RateTable> = {};
	for (const name of RATE_NAMES) {
		const rate = table[name];
		if (rate !== undefined) scaled[name] = Math.ceil((rate * permille) / 1000);
	}
	const tiers = table.tiers?.map((tier) => {
		const { tiers: _none, ...rates } = scaleRates(tier, permille);
		return { aboveInputTokens: tier.aboveInputTokens, ...rates };
	});
	return { input: 0, output: 0, ...scaled, ...(tiers && { tiers }) };
}

function applyTerms<Sheet extends PriceSheet>(sheet: Sheet, terms: ProviderTerms, modelId: string): Sheet {
	const serviceTiers: Partial<Record<PricedService, RateTable>> = { ...sheet.serviceTiers };
	for (const [service, permille] of terms.services) serviceTiers[service] ??= scaleRates(sheet, permille);
	const priority = PRIORITY_RATES[modelId];
	if (priority !== undefined) serviceTiers.priority ??= priority;
	const perUse = { ...terms.getPerUse?.(modelId), ...sheet.perUse };
	const isRegional = terms.regionPermille !== undefined && terms.hasRegions?.(modelId) !== false;
	return {
		...sheet,
		serviceTiers,
		...(Object.keys(perUse).length > 0 && { perUse }),
		...(isRegional && { regionPermille: { ...terms.regionPermille, ...sheet.regionPermille } }),
		source: `${sheet.source}; services and regions: ${terms.source}`,
	};
}

/** A model's rates with what its provider grants and adds on top; what the rates say themselves stays. */
export function withProviderTerms(pricing: Pricing, provider: ModelProvider, modelId: string): Pricing {
	const terms = TERMS[provider];
	if (terms === undefined) return pricing;
	const { changes, ...first } = pricing;
	const dated = changes?.map((change) => applyTerms(change, terms, modelId));
	return { ...applyTerms(first, terms, modelId), ...(dated && { changes: dated }) };
}
