/** @module What is known about models: profiles, prices, and what a usage costs. */
export { BUILTIN_MODELS, DEFAULT_MODEL_PROFILES, SPECIFICATION_MODELS } from './builtin-models.ts';
export {
	createModelCatalog,
	describeUnknownModel,
	findCatalogIssues,
	getModelNames,
	ModelCatalog,
} from './model-catalog.ts';
export {
	createPriceBook,
	diffPriceBooks,
	type PriceBook,
	type PriceDifference,
	type RepricedModel,
	repriceEntries,
	withPrices,
} from './price-book.ts';
export {
	estimateCost,
	priceUsage,
	resolvePriceSheet,
	type UsagePrice,
	worstCaseCost,
} from './price-usage.ts';
export {
	resolveLatency,
	resolveModelRates,
	resolvePricing,
	resolveQuality,
	toSelectedModel,
	toUsdPer1k,
} from './profile.ts';
export { validateModelProfile } from './validate-model-profile.ts';
