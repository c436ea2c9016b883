import { estimateCost, priceUsage, resolveQuality } from '../catalog/index.ts';
import {
	type CachedPrefix,
	type CorrectionFactor,
	type Estimate,
	type EstimateCorrection,
	type FactorScores,
	type HistoricalScore,
	type ModelProfile,
	type NanoUsd,
	type PriceSheet,
	type SelectedModel,
	type TaskDescriptor,
	type TaskType,
	type TokenInterval,
	type Usage,
	ZERO_USAGE,
} from '../contracts/index.ts';

/** What is known of a model before any task, read from the catalog once per version. */
export interface Candidate {
	profile: ModelProfile;
	selected: SelectedModel;
	/** The prices of the day; `null`: unpriced. */
	pricing: PriceSheet | null;
	ttftMs: number;
	outputTokensPerSecond: number;
}

/** What one request is expected to cost on one model. */
export interface CostEstimate {
	/** Expected charge of this request, the price of leaving or using a cached prefix included. */
	nanoUsd: NanoUsd;
	lowNanoUsd: NanoUsd;
	highNanoUsd: NanoUsd;
	/** Discount on later turns that is lost by leaving the model that holds the prefix: no part of this request's charge. */
	laterLossNanoUsd: NanoUsd;
}

/** What a model is expected to do with one task. */
export interface ModelEstimate {
	candidate: Candidate;
	/** For the task's type, 0-100. */
	quality: number;
	/** `null`: unpriced. */
	cost: CostEstimate | null;
	/** Typical latency in milliseconds. */
	latencyMs: number;
	/** Time to the last token in milliseconds. */
	completionMs: number;
}

/** An eligible model with its five factors. */
export interface ScoredModel extends ModelEstimate {
	history: HistoricalScore;
	predictedQuality: Estimate;
	scores: FactorScores;
	/** 0-100. */
	totalScore: number;
}

/** A cached prefix with the model whose provider holds it, and what that is worth. */
export interface ValuedPrefix {
	/** The holder's name in the catalog, or as given when the catalog does not know it. */
	model: string;
	tokens: number;
	/** Turns still expected, this one included; ≥ 1. */
	turns: number;
	/** The conversation carries reasoning that only the holder can read. */
	isBound: boolean;
	/** What one turn saves by reading the prefix from the holder's cache. */
	discountNanoUsd: NanoUsd;
}

/** What a model is expected to cost, take and deliver on a task. `type` replaces the task's own. */
export function estimateModel(
	candidate: Candidate,
	task: TaskDescriptor,
	{ prefix, correction }: { prefix: ValuedPrefix | null; correction?: EstimateCorrection | null },
	type: TaskType = task.type,
): ModelEstimate {
	const { profile, pricing } = candidate;
	const factors = correction?.factors(profile.name, type) ?? null;
	return {
		candidate,
		quality: resolveQuality(profile, type),
		cost: pricing === null ? null : correctCost(estimateTaskCost(candidate, pricing, { task, prefix }), factors?.cost),
		latencyMs: profile.latencyMs * (factors?.latency?.factor ?? 1),
		completionMs: estimateCompletionMs(candidate, task.estimatedOutputTokens) * (factors?.completion?.factor ?? 1),
	};
}

/** Half-width of a token estimate that comes without an interval, as a share. @default 0.5 */
const UNKNOWN_TOKEN_SPREAD = 0.5;

function completeInterval(tokens: number, interval: TokenInterval | undefined): TokenInterval {
	const low = interval?.low ?? Math.floor(tokens * (1 - UNKNOWN_TOKEN_SPREAD));
	const high = interval?.high ?? Math.ceil(tokens * (1 + UNKNOWN_TOKEN_SPREAD));
	return { low: Math.min(low, tokens), high: Math.max(high, tokens) };
}

/** Expected cost at these prices; the model that holds the cached prefix reads it at its cache price. */
function estimateTaskCost(
	{ profile }: Candidate,
	pricing: PriceSheet,
	{ task, prefix }: { task: TaskDescriptor; prefix: ValuedPrefix | null },
): CostEstimate {
	const isHolder = prefix?.model === profile.name;
	const discount = isHolder ? prefix.discountNanoUsd : 0;
	const input = completeInterval(task.estimatedInputTokens, task.inputTokensInterval);
	const output = completeInterval(task.estimatedOutputTokens, task.outputTokensInterval);
	const charge = (tokens: number, outputTokens: number): NanoUsd => {
		const inputTokens = getTotalInputTokens(tokens, task.cachedPrefix);
		return Math.max(0, estimateCost(pricing, { inputTokens, outputTokens }) - discount);
	};
	return {
		nanoUsd: charge(task.estimatedInputTokens, task.estimatedOutputTokens),
		lowNanoUsd: charge(input.low, output.low),
		highNanoUsd: charge(input.high, output.high),
		laterLossNanoUsd: prefix === null || isHolder ? 0 : Math.ceil((prefix.turns - 1) * prefix.discountNanoUsd),
	};
}

/** Time to the last token of an answer of this length in milliseconds. */
export function estimateCompletionMs(
	{ ttftMs, outputTokensPerSecond }: { ttftMs: number; outputTokensPerSecond: number },
	outputTokens: number,
): number {
	return ttftMs + (1000 * outputTokens) / outputTokensPerSecond;
}

/** The estimate corrected by observed outcomes. */
function correctCost(cost: CostEstimate, correction: CorrectionFactor | undefined): CostEstimate {
	if (correction === undefined) return cost;
	return {
		...cost,
		nanoUsd: Math.ceil(cost.nanoUsd * correction.factor),
		lowNanoUsd: Math.ceil(cost.lowNanoUsd * correction.low),
		highNanoUsd: Math.ceil(cost.highNanoUsd * correction.high),
	};
}

/** The price sheet is already that of the day, without later changes, so that any time will do. */
const ANY_TIME = 0;

/** By how much reading the prefix from the cache lowers the price of this much input. */
function getCacheDiscount(pricing: PriceSheet, prefixTokens: number, inputTokens: number): NanoUsd {
	const cacheReadTokens = Math.floor(prefixTokens);
	const uncached = Math.max(0, Math.ceil(inputTokens) - cacheReadTokens);
	const price = (tokens: Partial<Usage>): NanoUsd =>
		priceUsage({ ...ZERO_USAGE, ...tokens }, pricing, ANY_TIME).totalNanoUsd;
	return Math.max(
		0,
		price({ inputTokens: cacheReadTokens + uncached }) - price({ inputTokens: uncached, cacheReadTokens }),
	);
}

/** Input tokens of the whole request: a prefix is a part of it, whatever the text alone was estimated at. */
export function getTotalInputTokens(estimatedTokens: number, prefix: CachedPrefix | undefined): number {
	return Math.max(estimatedTokens, prefix?.tokens ?? 0);
}

/** The value of a cached prefix; with an unknown or unpriced holder the discount is 0. */
export function valueCachedPrefix(prefix: CachedPrefix, holder: Candidate | null, inputTokens: number): ValuedPrefix {
	const pricing = holder?.pricing ?? null;
	return {
		model: holder?.profile.name ?? prefix.model,
		tokens: prefix.tokens,
		turns: Math.max(1, prefix.expectedTurns ?? 1),
		isBound: prefix.boundToModel === true,
		discountNanoUsd: pricing === null ? 0 : getCacheDiscount(pricing, prefix.tokens, inputTokens),
	};
}
