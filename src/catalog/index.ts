/** @module What is known about models: profiles, prices, and what a usage costs. */
export { BUILTIN_MODELS, DEFAULT_MODEL_PROFILES, SPECIFICATION_MODELS } from './builtin-models.ts';
export { estimateCost, worstCaseCost } from './estimate-cost.ts';
export { createModelCatalog, ModelCatalog } from './model-catalog.ts';
export {
	diffPriceBooks,
	type PriceBook,
	type PriceDifference,
	priceBookOf,
	withPrices,
} from './price-book.ts';
export { inputTokensOf, priceUsage, sheetAt, type UsagePrice } from './price-usage.ts';
export { ratesOfModel } from './rates-of-model.ts';
export { qualityFor, resolveLatency, resolvePricing, selectModel } from './read-profile.ts';
export { type RepricedModel, repriceEntries } from './reprice-entries.ts';
export { validateModelProfile } from './validate-model-profile.ts';
