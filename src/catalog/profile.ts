import type {
	ModelProfile,
	PicoUsdPerToken,
	Pricing,
	PricingRates,
	SelectedModel,
	TaskType,
} from '../contracts/index.ts';
import type { ModelCatalog } from './model-catalog.ts';
import { resolvePriceSheet } from './price-usage.ts';

/** Pico-dollars per token that make one USD per 1,000 tokens. */
const PICO_RATE_PER_USD_PER_1K = 1e9;
/** Output tokens of the short answer that `latencyMs` is typical for; the rest of the time is the first token's. */
const SHORT_ANSWER_TOKENS = 100;
/** Share of `latencyMs` that passes before the first token, where nothing better is known. */
const FIRST_TOKEN_SHARE = 0.3;

/** A rate in USD per 1,000 tokens, as `costPer1k…` gives it. */
export function toUsdPer1k(rate: PicoUsdPerToken): number {
	return rate / PICO_RATE_PER_USD_PER_1K;
}

/** A model's rates: its exact pricing, else made from its costs per 1,000 tokens; `null` when it has no price. */
export function resolvePricing(profile: ModelProfile): Pricing | null {
	if (profile.pricing === 'unpriced') return null;
	if (profile.pricing !== undefined) return profile.pricing;
	const { costPer1kInputTokens: input, costPer1kOutputTokens: output } = profile;
	if (!Number.isFinite(input) || !Number.isFinite(output)) return null;
	return {
		input: Math.round(input * PICO_RATE_PER_USD_PER_1K),
		output: Math.round(output * PICO_RATE_PER_USD_PER_1K),
		source: 'profile: costPer1kInputTokens, costPer1kOutputTokens',
		asOf: '',
	};
}

/** Time to first token in milliseconds and output speed; made from `latencyMs` where the profile does not say. */
export function resolveLatency(profile: ModelProfile): { ttftMs: number; outputTokensPerSecond: number } {
	const ttftMs = profile.ttftMs?.value ?? profile.latencyMs * FIRST_TOKEN_SHARE;
	const outputMs = Math.max(1, profile.latencyMs - ttftMs);
	const speed = (SHORT_ANSWER_TOKENS / outputMs) * 1000;
	return { ttftMs, outputTokensPerSecond: profile.outputTokensPerSecond?.value ?? speed };
}

/** Quality 0-100 on a task type; the overall quality where the type's is not known. */
export function resolveQuality(profile: ModelProfile, type: TaskType): number {
	return profile.qualityByTaskType?.[type]?.value ?? profile.qualityScore;
}

/** Methods by which a model reads as its name in a string. */
const NAME_METHODS = {
	toString(this: ModelProfile): string {
		return this.name;
	},
	[Symbol.toPrimitive](this: ModelProfile): string {
		return this.name;
	},
};

const selectedModels = new WeakMap<ModelProfile, SelectedModel>();

/** The profile as a chosen model: the same fields, and in a string it reads as the model's name. */
export function toSelectedModel(profile: ModelProfile): SelectedModel {
	const known = selectedModels.get(profile);
	if (known !== undefined) return known;
	// Object.create answers any; the prototype's two methods and the profile's fields are what SelectedModel asks for.
	const model = Object.assign(Object.create(NAME_METHODS), profile) as SelectedModel;
	selectedModels.set(profile, model);
	return model;
}

/** The standard rates of a model at an instant (epoch ms), by any of its names; `null` when it is not known or has no price. */
export function resolveModelRates(catalog: ModelCatalog, name: string, at: number): PricingRates | null {
	const profile = catalog.find(name);
	const pricing = profile === undefined ? null : resolvePricing(profile);
	return pricing === null ? null : resolvePriceSheet(pricing, at);
}
