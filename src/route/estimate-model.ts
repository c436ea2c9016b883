import { estimateCost, qualityFor } from '../catalog/index.ts';
import type { PriceSheet, TaskDescriptor, TaskType, TokenInterval } from '../contracts/index.ts';
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

/** What a model is expected to cost, take and deliver on the task. `type` stands in for the task's own type. */
export function estimateModel(
	facts: ModelFacts,
	task: TaskDescriptor,
	held: HeldPrefix | null,
	type: TaskType = task.type,
): ModelEstimate {
	const { profile, pricing } = facts;
	const prefix = held === null ? null : { held, isHolder: held.model === profile.name };
	return {
		facts,
		quality: qualityFor(profile, type),
		cost: pricing === null ? null : estimateTaskCost(pricing, task, prefix),
		latencyMs: profile.latencyMs,
		completionMs: facts.ttftMs + (1000 * task.estimatedOutputTokens) / facts.outputTokensPerSecond,
	};
}
