import type { PricingRates } from '../contracts/index.ts';
import type { ModelCatalog } from './model-catalog.ts';
import { sheetAt } from './price-usage.ts';
import { resolvePricing } from './read-profile.ts';

/** The standard rates of a model at an instant (epoch ms), by any of its names; `null` when it is not known or has no price. */
export function ratesOfModel(catalog: ModelCatalog, name: string, at: number): PricingRates | null {
	const profile = catalog.find(name);
	const pricing = profile === undefined ? null : resolvePricing(profile);
	return pricing === null ? null : sheetAt(pricing, at);
}
