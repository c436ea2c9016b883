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
	type RoutingWeights,
	type SelectedModel,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskDescriptor,
	type TaskType,
	type TokenInterval,
	type Usage,
	ZERO_USAGE,
} from '../contracts/index.ts';
import { clamp } from '../util/index.ts';

/**
 * The price and pace a request is measured against, those of a general-purpose model of the day: $3 and $15 per million
 * tokens, first token after 1 s, 70 tokens per second. Constants, so that no score depends on which other models compete.
 */
const SCORE_REFERENCE = {
	inputPicoUsdPerToken: 3_000_000,
	outputPicoUsdPerToken: 15_000_000,
	ttftMs: 1000,
	outputTokensPerSecond: 70,
} as const;

const PICO_PER_NANO = 1000;

/** What a request would cost at the reference price, nano-dollars: its size in money, whichever models compete. */
export function getReferenceCost({
	cachedPrefix,
	estimatedInputTokens,
	estimatedOutputTokens,
}: TaskDescriptor): number {
	const inputTokens = getTotalInputTokens(estimatedInputTokens, cachedPrefix);
	const { inputPicoUsdPerToken, outputPicoUsdPerToken } = SCORE_REFERENCE;
	return (inputTokens * inputPicoUsdPerToken + estimatedOutputTokens * outputPicoUsdPerToken) / PICO_PER_NANO;
}

/** The five factors of a model and their weighted sum; `weights` must be normalised. */
export function scoreModel(
	estimate: ModelEstimate,
	task: TaskDescriptor,
	{ weights, history, type = task.type }: { weights: RoutingWeights; history: HistoricalScore; type?: TaskType },
): ScoredModel {
	const { candidate, cost, quality, completionMs } = estimate;
	const demand = COMPLEXITY_DEMAND[task.complexity];
	const { ttftMs, outputTokensPerSecond } = SCORE_REFERENCE;
	const referenceNanoUsd = getReferenceCost(task);
	const referenceMs = ttftMs + (1000 * task.estimatedOutputTokens) / outputTokensPerSecond;
	const costNanoUsd = cost === null ? null : cost.nanoUsd + cost.laterLossNanoUsd;
	const predictedQuality = predictQuality(candidate.profile, type, { quality, history });
	const scores = {
		capabilityMatch: scoreCapability(candidate.profile, predictedQuality.value, task, type),
		costEfficiency: scoreCost(costNanoUsd, referenceNanoUsd * demand.costTolerance),
		latency: scoreLatency(completionMs, referenceMs * demand.latencyTolerance),
		quality: scoreQuality(predictedQuality.value, task.complexity),
		historicalPerformance: scoreHistorical(history),
	};
	return { ...estimate, history, predictedQuality, scores, totalScore: combineScores(scores, weights) };
}

/** The five factors as one number, 0-100; `weights` must be normalised. */
export function combineScores(scores: FactorScores, weights: RoutingWeights): number {
	const sum =
		scores.capabilityMatch * weights.capability +
		scores.costEfficiency * weights.cost +
		scores.latency * weights.latency +
		scores.quality * weights.quality +
		scores.historicalPerformance * weights.historical;
	// A sum of rounded shares can pass 100 by the noise of a double.
	return Math.min(sum, 100);
}

/** Weights of the three parts of the capability factor; they sum to 1. */
const CAPABILITY_SHARES = { strength: 0.5, reach: 0.35, features: 0.15 };

/** 1 for a strength in this type, less for one in a related type, least for none: a strength not listed is not a proven weakness. */
function strengthMatch(profile: ModelProfile, type: TaskType, task: TaskDescriptor): number {
	const { strengths } = profile;
	if (strengths.includes(type)) return 1;
	const { specialty } = COMPLEXITY_DEMAND[task.complexity];
	const isRelated = TASK_TYPE_TRAITS[type].isCode
		? strengths.some((strength) => TASK_TYPE_TRAITS[strength]?.isCode === true)
		: task.requiresCreativity === true && strengths.includes('creative');
	return 1 - (isRelated ? specialty / 2 : specialty);
}

/**
 * Capability factor, 0-100: does the model know this kind of work (half), does its quality reach what the complexity
 * needs (35 %), can it think at length when the task asks for that (15 %).
 */
export function scoreCapability(
	profile: ModelProfile,
	quality: number,
	task: TaskDescriptor,
	type: TaskType = task.type,
): number {
	const features = task.requiresExtendedThinking && !profile.supportsExtendedThinking ? 0 : 1;
	return (
		100 *
		(CAPABILITY_SHARES.strength * strengthMatch(profile, type, task) +
			CAPABILITY_SHARES.reach * qualitySufficiency(quality, task.complexity) +
			CAPABILITY_SHARES.features * features)
	);
}

/**
 * Cost factor, 0-100: 50 at the reference cost, towards 100 for less, towards 0 for more, and 0 when the cost is
 * unknown (`null`). It looks at no other model, so that adding one never changes it, and it falls strictly with cost.
 */
export function scoreCost(costNanoUsd: NanoUsd | null, referenceNanoUsd: number): number {
	if (costNanoUsd === null) return 0;
	return 100 / (1 + costNanoUsd / Math.max(referenceNanoUsd, 1));
}

/**
 * Latency factor, 0-100: 50 when the complete answer takes the reference time, towards 100 for less, towards 0 for
 * more. It looks at no other model and falls strictly with time.
 */
export function scoreLatency(completionMs: number, referenceMs: number): number {
	return 100 / (1 + Math.max(completionMs, 0) / Math.max(referenceMs, 1));
}

/**
 * Quality factor, 0-100: half the model's quality for the type of task as it is, half how likely that quality is
 * good enough for the complexity. Never falls when quality rises.
 */
export function scoreQuality(quality: number, complexity: TaskComplexity): number {
	const bounded = clamp(quality, 0, 100);
	return (bounded + 100 * qualitySufficiency(bounded, complexity)) / 2;
}

/** History of a model without outcomes. */
export const NEUTRAL_HISTORY: HistoricalScore = { score: 50, sampleSize: 0, quality: null };

/** Historical factor, 0-100: the score learned from outcomes, already shrunk to the prior; 50 without evidence. */
export function scoreHistorical(history: HistoricalScore): number {
	const isKnown = history.sampleSize > 0 && Number.isFinite(history.score);
	return isKnown ? clamp(history.score, 0, 100) : NEUTRAL_HISTORY.score;
}

/** What a level of complexity asks of a model, and how much it lets a model cost and take. */
interface ComplexityDemand {
	/** Quality (0-100) at which a model is as likely as not to be good enough. */
	quality: number;
	/** How much a missing strength takes away, 0-1: little for simple work, which every model can do, and for critical work, where quality counts most. */
	specialty: number;
	/** Times the reference price at which a request counts as half-way dear. */
	costTolerance: number;
	/** Times the reference duration at which an answer counts as half-way slow. */
	latencyTolerance: number;
}

/**
 * Judgement, not measurement: a mistake in a critical task costs more than tokens do, so demand and tolerance
 * rise together. The levels are placed on the catalog's quality scale (75 small, 80 light, 90 general, 95 strongest).
 */
const COMPLEXITY_DEMAND: Readonly<Record<TaskComplexity, ComplexityDemand>> = {
	simple: { quality: 72, specialty: 0.3, costTolerance: 0.5, latencyTolerance: 0.5 },
	medium: { quality: 82, specialty: 0.5, costTolerance: 1, latencyTolerance: 1 },
	complex: { quality: 88, specialty: 0.6, costTolerance: 2, latencyTolerance: 2 },
	critical: { quality: 92, specialty: 0.35, costTolerance: 6, latencyTolerance: 6 },
};

/** Points of quality over which "not good enough" turns into "good enough". */
const SUFFICIENCY_SPREAD = 4;

/** How likely a model of this quality (0-100) is good enough for the complexity, 0-1, rising with quality. */
function qualitySufficiency(quality: number, complexity: TaskComplexity): number {
	return 1 / (1 + Math.exp((COMPLEXITY_DEMAND[complexity].quality - quality) / SUFFICIENCY_SPREAD));
}

/** Half-width of the 80 % interval in points: a figure for this very type, and an overall figure. */
const QUALITY_PRIOR_HALF_WIDTH = { ofType: 6, overall: 8 };

/**
 * Quality to expect of an answer, 0-100, with the interval that holds it in about 80 % of cases: the catalog's
 * figure, moved towards what was observed as outcomes come in, and narrower with each.
 */
export function predictQuality(
	profile: ModelProfile,
	type: TaskType,
	{ quality, history }: { quality: number; history: HistoricalScore },
): Estimate {
	const { shift, doubt, outcomes } = history.quality ?? { shift: 0, doubt: 1, outcomes: 0 };
	const value = clamp(quality + shift, 0, 100);
	const { ofType, overall } = QUALITY_PRIOR_HALF_WIDTH;
	const halfWidth = doubt * (profile.qualityByTaskType?.[type] === undefined ? overall : ofType);
	const interval = { value, low: Math.max(0, value - halfWidth), high: Math.min(100, value + halfWidth) };
	return outcomes === 0 ? interval : { ...interval, outcomes };
}

/** What is known of a model before any task, read from the catalog once per version. */
export interface Candidate {
	profile: ModelProfile;
	selected: SelectedModel;
	/** The prices of the day; `null`: unpriced. */
	pricing: PriceSheet | null;
	ttftMs: number;
	outputTokensPerSecond: number;
	/** The words of its id, e.g. `claude opus`: what its generations share. */
	family: string;
	/** Rises with the generation: 4.05 for 4.5, 6.01 for 6.1; 0 where the id has no number. */
	generation: number;
}

/** What one request is expected to cost on one model. */
interface CostEstimate {
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
	/** Time to the first token in milliseconds. */
	firstTokenMs: number;
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
	const factors = correction?.factors(profile.name, type, task.workload) ?? null;
	return {
		candidate,
		quality: resolveQuality(profile, type),
		cost: pricing === null ? null : correctCost(estimateTaskCost(candidate, pricing, { task, prefix }), factors?.cost),
		latencyMs: profile.latencyMs * (factors?.latency?.factor ?? 1),
		firstTokenMs: candidate.ttftMs * (factors?.latency?.factor ?? 1),
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
