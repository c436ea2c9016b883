import type { ConfigLayer, CustomModelProfile } from './config-layer.ts';

/** Pico-dollars per token → USD per 1,000 tokens. */
const USD_PER_1K_OF_PICO_PER_TOKEN = 1e-9;

function withCosts(profile: CustomModelProfile): CustomModelProfile {
	const { pricing, costPer1kInputTokens, costPer1kOutputTokens } = profile;
	if (pricing === undefined || costPer1kInputTokens !== undefined || costPer1kOutputTokens !== undefined)
		return profile;
	// NaN is how a profile says that it has no price; JSON cannot write it.
	if (pricing === 'unpriced')
		return { ...profile, costPer1kInputTokens: Number.NaN, costPer1kOutputTokens: Number.NaN };
	return {
		...profile,
		costPer1kInputTokens: pricing.input * USD_PER_1K_OF_PICO_PER_TOKEN,
		costPer1kOutputTokens: pricing.output * USD_PER_1K_OF_PICO_PER_TOKEN,
	};
}

/** A source that gives only exact rates (or "unpriced") means them for `costPer1k…` too, over earlier sources. */
export function withCostsOfRates(layer: ConfigLayer): ConfigLayer {
	return layer.models === undefined ? layer : { ...layer, models: layer.models.map(withCosts) };
}

/** A model without an `id` of its own is known by its provider's id, else by its name. */
export function withIdentity(profile: CustomModelProfile): CustomModelProfile {
	return { ...profile, id: profile.id ?? profile.modelId ?? profile.name };
}
