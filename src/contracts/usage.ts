import type { NanoUsd } from './money.ts';

/** The service a call was billed at: batch and flex are cheaper, priority is dearer than standard. */
export type ServiceTier = 'standard' | 'batch' | 'priority' | 'flex';

/** Why a model stopped. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other';

/**
 * What a call consumed, in disjoint classes: no token is counted in two of them.
 * All counts are integers ≥ 0.
 */
export interface Usage {
	/** Input neither read from nor written to a cache. */
	inputTokens: number;
	cacheReadTokens: number;
	/** Written to a cache with 5 minutes of life. */
	cacheWrite5mTokens: number;
	/** Written to a cache with 1 hour of life. */
	cacheWrite1hTokens: number;
	/** Output without reasoning. */
	outputTokens: number;
	/** Reasoning the provider bills as output. */
	reasoningTokens: number;
	/** Billed per use, e.g. `{ webSearch: 2 }`. */
	perUse?: Readonly<Record<string, number>> | undefined;
	/** The service the provider says it billed. @default 'standard' */
	serviceTier?: ServiceTier | undefined;
	/** The region whose rates apply, as the provider names it, e.g. `us`. @default the provider's global rates */
	region?: string | undefined;
	/** The provider did not say; the counts are metered or expected. */
	isEstimated?: boolean | undefined;
	/** What the provider says the call costs, integer nano-dollars ≥ 0; kept beside the cost that is worked out here. */
	providerCostNanoUsd?: NanoUsd | undefined;
	/** Usage fields nobody here knows: kept and reported, not ignored. */
	unknownFields?: Readonly<Record<string, unknown>> | undefined;
}

/** What a request may be billed beside its tokens at the standard rates, as far as it can be read off it. */
export interface RequestCharges {
	/** Services it may be billed at. @default all that have rates */
	serviceTiers?: readonly ServiceTier[] | undefined;
	/** Its prompt may be written to a cache for an hour. @default true */
	mayCacheForHour?: boolean | undefined;
	/** Uses of tools that run at the provider, each of which reads all again; `Infinity`: it sets no limit. @default 0 */
	serverToolUses?: number | undefined;
}

/**
 * What is known of the usage of an attempt that failed: the usage as far as it was seen, `not-billed` where the provider
 * did no work that it bills, `unknown` where it may have worked and only the attempt's duration can tell.
 */
export type MeteredUsage = Usage | 'not-billed' | 'unknown';

/** The classes of tokens of a usage. */
export const USAGE_CLASSES = [
	'inputTokens',
	'cacheReadTokens',
	'cacheWrite5mTokens',
	'cacheWrite1hTokens',
	'outputTokens',
	'reasoningTokens',
] as const;

/** Nothing consumed. */
export const ZERO_USAGE: Usage = {
	inputTokens: 0,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 0,
	reasoningTokens: 0,
};

/** Token counts as callers of `trackUsage` give them. */
export interface TokenCounts {
	input: number;
	output: number;
}

/** Characters per token of text in Latin script, the rule of thumb of all three model families. */
export const CHARACTERS_PER_TOKEN = 4;

/** All input tokens of a call, those read from and written to a cache included. */
export function countInputTokens(usage: Usage): number {
	return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/** All output tokens of a call, reasoning included. */
export function countOutputTokens(usage: Usage): number {
	return usage.outputTokens + usage.reasoningTokens;
}
