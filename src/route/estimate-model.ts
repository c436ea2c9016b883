import { estimateCost, priceUsage, resolveQuality } from '../catalog/index.ts';
import type {
	CachedPrefix,
	CorrectionFactor,
	Estimate,
	EstimateCorrection,
	FactorScores,
	HistoricalScore,
	ModelProfile,
	NanoUsd,
	PriceSheet,
	SelectedModel,
	TaskDescriptor,
	TaskType,
	TokenInterval,
	Usage,
} from '../contracts/index.ts';

/** Half-width of a token estimate that comes without an interval, as a share. @default 0.5 */
export const UNKNOWN_TOKEN_SPREAD = 0.5;

function completeInterval(tokens: number, given: TokenInterval | undefined): TokenInterval {
	const low = given?.low ?? Math.floor(tokens * (1 - UNKNOWN_TOKEN_SPREAD));
	const high = given?.high ?? Math.ceil(tokens * (1 + UNKNOWN_TOKEN_SPREAD));
	return { low: Math.min(low, tokens), high: Math.max(high, tokens) };
}

/** Expected cost of the task at these prices; the model that holds a cached prefix reads it at its cache price. */
function estimateTaskCost(
	pricing: PriceSheet,
	task: TaskDescriptor,
	prefix: { held: ValuedPrefix; isHolder: boolean } | null,
): CostEstimate {
	const { cachedPrefix } = task;
	const input = completeInterval(task.estimatedInputTokens, task.inputTokensInterval);
	const output = completeInterval(task.estimatedOutputTokens, task.outputTokensInterval);
	const discount = prefix?.isHolder ? prefix.held.discountNanoUsd : 0;
	const charge = (inputTokens: number, outputTokens: number): number =>
		Math.max(
			0,
			estimateCost(pricing, { inputTokens: getTotalInputTokens(inputTokens, cachedPrefix), outputTokens }) - discount,
		);
	return {
		nanoUsd: charge(task.estimatedInputTokens, task.estimatedOutputTokens),
		lowNanoUsd: charge(input.low, output.low),
		highNanoUsd: charge(input.high, output.high),
		laterLossNanoUsd:
			prefix === null || prefix.isHolder ? 0 : Math.ceil((prefix.held.turns - 1) * prefix.held.discountNanoUsd),
	};
}

/** Time to the last token of an answer of this length in milliseconds. */
export function estimateCompletionMs(
	{ ttftMs, outputTokensPerSecond }: { ttftMs: number; outputTokensPerSecond: number },
	outputTokens: number,
): number {
	return ttftMs + (1000 * outputTokens) / outputTokensPerSecond;
}

/** The estimate as outcomes have corrected it. */
function correctCost(cost: CostEstimate, factor: CorrectionFactor | undefined): CostEstimate {
	if (factor === undefined) return cost;
	const scale = (nanoUsd: number, by: number): number => Math.ceil(nanoUsd * by);
	return {
		...cost,
		nanoUsd: scale(cost.nanoUsd, factor.factor),
		lowNanoUsd: scale(cost.nanoUsd, factor.low),
		highNanoUsd: scale(cost.nanoUsd, factor.high),
	};
}

/** What a model is expected to cost, take and deliver on the task. `type` stands in for the task's own type. */
export function estimateModel(
	facts: Candidate,
	task: TaskDescriptor,
	given: { held: ValuedPrefix | null; correction?: EstimateCorrection | null },
	type: TaskType = task.type,
): ModelEstimate {
	const { profile, pricing } = facts;
	const { held } = given;
	const factors = given.correction?.factors(profile.name, type) ?? null;
	const prefix = held === null ? null : { held, isHolder: held.model === profile.name };
	return {
		candidate: facts,
		quality: resolveQuality(profile, type),
		cost: pricing === null ? null : correctCost(estimateTaskCost(pricing, task, prefix), factors?.cost),
		latencyMs: profile.latencyMs * (factors?.latency?.factor ?? 1),
		completionMs: estimateCompletionMs(facts, task.estimatedOutputTokens) * (factors?.completion?.factor ?? 1),
	};
}

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

const ZERO_USAGE: Usage = {
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
export interface ValuedPrefix {
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
	const plain = priceUsage({ ...ZERO_USAGE, inputTokens: cached + rest }, pricing, ANY_TIME).totalNanoUsd;
	const read = priceUsage(
		{ ...ZERO_USAGE, inputTokens: rest, cacheReadTokens: cached },
		pricing,
		ANY_TIME,
	).totalNanoUsd;
	return Math.max(0, plain - read);
}

/** Input tokens of the whole request: a prefix is a part of it, whatever the text alone was estimated at. */
export function getTotalInputTokens(estimatedTokens: number, prefix: CachedPrefix | undefined): number {
	return Math.max(estimatedTokens, prefix?.tokens ?? 0);
}

/** What the held prefix is worth. An unknown or unpriced holder gives a discount of 0. */
export function valueCachedPrefix(prefix: CachedPrefix, holder: Candidate | null, inputTokens: number): ValuedPrefix {
	const pricing = holder?.pricing ?? null;
	return {
		model: holder?.profile.name ?? prefix.model,
		tokens: prefix.tokens,
		turns: Math.max(1, prefix.expectedTurns ?? 1),
		isBound: prefix.boundToModel === true,
		discountNanoUsd: pricing === null ? 0 : cacheDiscount(pricing, prefix.tokens, inputTokens),
	};
}
