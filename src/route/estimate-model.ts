import { estimateCost, qualityFor } from '../catalog/index.ts';
import type {
	CorrectionFactor,
	EstimateCorrection,
	PriceSheet,
	TaskDescriptor,
	TaskType,
	TokenInterval,
} from '../contracts/index.ts';
import type { CostEstimate, ModelEstimate, ModelFacts } from './model-estimate.ts';
import { type HeldPrefix, totalInputTokens } from './switching-cost.ts';

/** Half-width of a token estimate that comes without an interval, as a share. @default 0.5 */
export const UNKNOWN_TOKEN_SPREAD = 0.5;

function intervalOf(tokens: number, given: TokenInterval | undefined): TokenInterval {
	const low = given?.low ?? Math.floor(tokens * (1 - UNKNOWN_TOKEN_SPREAD));
	const high = given?.high ?? Math.ceil(tokens * (1 + UNKNOWN_TOKEN_SPREAD));
	return { low: Math.min(low, tokens), high: Math.max(high, tokens) };
}

/** Expected cost of the task at these prices; the model that holds a cached prefix reads it at its cache price. */
function estimateTaskCost(
	pricing: PriceSheet,
	task: TaskDescriptor,
	prefix: { held: HeldPrefix; isHolder: boolean } | null,
): CostEstimate {
	const { cachedPrefix } = task;
	const input = intervalOf(task.estimatedInputTokens, task.inputTokensInterval);
	const output = intervalOf(task.estimatedOutputTokens, task.outputTokensInterval);
	const discount = prefix?.isHolder ? prefix.held.discountNanoUsd : 0;
	const charge = (inputTokens: number, outputTokens: number): number =>
		Math.max(
			0,
			estimateCost(pricing, { inputTokens: totalInputTokens(inputTokens, cachedPrefix), outputTokens }) - discount,
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
export function completionMsOf(
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
	facts: ModelFacts,
	task: TaskDescriptor,
	given: { held: HeldPrefix | null; correction?: EstimateCorrection | null },
	type: TaskType = task.type,
): ModelEstimate {
	const { profile, pricing } = facts;
	const { held } = given;
	const factors = given.correction?.factors(profile.name, type) ?? null;
	const prefix = held === null ? null : { held, isHolder: held.model === profile.name };
	return {
		facts,
		quality: qualityFor(profile, type),
		cost: pricing === null ? null : correctCost(estimateTaskCost(pricing, task, prefix), factors?.cost),
		latencyMs: profile.latencyMs * (factors?.latency?.factor ?? 1),
		completionMs: completionMsOf(facts, task.estimatedOutputTokens) * (factors?.completion?.factor ?? 1),
	};
}
