import { priceUsage } from '../catalog/index.ts';
import type { CachedPrefix, NanoUsd, PriceSheet, Usage } from '../contracts/index.ts';
import type { ModelFacts } from './model-estimate.ts';

const NO_USAGE: Usage = {
	inputTokens: 0,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 0,
	reasoningTokens: 0,
};

/** The sheet is the day's already: it has no changes to choose among. */
const ANY_TIME = 0;

/** A cached prefix with the model that holds it. */
export interface HeldPrefix {
	/** The holder's name in the catalog, or as given when the catalog does not know it. */
	model: string;
	tokens: number;
	/** Turns still expected, this one included; ≥ 1. */
	turns: number;
	isBound: boolean;
	/** What one turn saves by reading the prefix from the holder's cache. */
	discountNanoUsd: NanoUsd;
}

/** What reading the prefix from the cache takes off the price of this much input. */
function cacheDiscount(pricing: PriceSheet, prefixTokens: number, inputTokens: number): NanoUsd {
	const cached = Math.floor(prefixTokens);
	const rest = Math.max(0, Math.ceil(inputTokens) - cached);
	const plain = priceUsage({ ...NO_USAGE, inputTokens: cached + rest }, pricing, ANY_TIME).totalNanoUsd;
	const read = priceUsage({ ...NO_USAGE, inputTokens: rest, cacheReadTokens: cached }, pricing, ANY_TIME).totalNanoUsd;
	return Math.max(0, plain - read);
}

/** Input tokens of the whole request: a prefix is a part of it, whatever the text alone was estimated at. */
export function totalInputTokens(estimatedTokens: number, prefix: CachedPrefix | undefined): number {
	return Math.max(estimatedTokens, prefix?.tokens ?? 0);
}

/** What the held prefix is worth. An unknown or unpriced holder gives a discount of 0. */
export function holdPrefix(prefix: CachedPrefix, holder: ModelFacts | null, inputTokens: number): HeldPrefix {
	const pricing = holder?.pricing ?? null;
	return {
		model: holder?.profile.name ?? prefix.model,
		tokens: prefix.tokens,
		turns: Math.max(1, prefix.expectedTurns ?? 1),
		isBound: prefix.boundToModel === true,
		discountNanoUsd: pricing === null ? 0 : cacheDiscount(pricing, prefix.tokens, inputTokens),
	};
}
