import type { FactorScores, HistoricalScore, RoutingWeights, TaskDescriptor, TaskType } from '../contracts/index.ts';
import { COMPLEXITY_DEMAND } from './complexity-demand.ts';
import type { ModelEstimate, ScoredModel } from './model-estimate.ts';
import { predictQuality } from './predict-quality.ts';
import { scoreCapability } from './scorers/capability.ts';
import { scoreCost } from './scorers/cost.ts';
import { scoreHistorical } from './scorers/historical.ts';
import { scoreLatency } from './scorers/latency.ts';
import { scoreQuality } from './scorers/quality.ts';
import { totalInputTokens } from './switching-cost.ts';
import { weightScores } from './weights.ts';

/**
 * The price and pace a request is measured against, those of a general-purpose model of the day: $3 and $15 per
 * million tokens, first token after 1 s, 70 tokens per second. Constants, so that a score never depends on which other models compete.
 */
export const SCORE_REFERENCE = {
	inputPicoUsdPerToken: 3_000_000,
	outputPicoUsdPerToken: 15_000_000,
	ttftMs: 1000,
	outputTokensPerSecond: 70,
} as const;

const PICO_PER_NANO = 1000;

function factorScores(
	estimate: ModelEstimate,
	task: TaskDescriptor,
	given: { history: HistoricalScore; type: TaskType },
): FactorScores {
	const { profile } = estimate.facts;
	const demand = COMPLEXITY_DEMAND[task.complexity];
	const inputTokens = totalInputTokens(task.estimatedInputTokens, task.cachedPrefix);
	const referenceNanoUsd =
		(inputTokens * SCORE_REFERENCE.inputPicoUsdPerToken +
			task.estimatedOutputTokens * SCORE_REFERENCE.outputPicoUsdPerToken) /
		PICO_PER_NANO;
	const referenceMs =
		SCORE_REFERENCE.ttftMs + (1000 * task.estimatedOutputTokens) / SCORE_REFERENCE.outputTokensPerSecond;
	const { cost } = estimate;
	return {
		capabilityMatch: scoreCapability(profile, estimate.quality, task, given.type),
		costEfficiency: scoreCost(
			cost === null ? null : cost.nanoUsd + cost.laterLossNanoUsd,
			referenceNanoUsd * demand.costTolerance,
		),
		latency: scoreLatency(estimate.completionMs, referenceMs * demand.latencyTolerance),
		quality: scoreQuality(estimate.quality, task.complexity),
		historicalPerformance: scoreHistorical(given.history),
	};
}

/** The five factors of a model and their weighted sum; `weights` must be normalised. */
export function scoreModel(
	estimate: ModelEstimate,
	task: TaskDescriptor,
	given: { weights: RoutingWeights; history: HistoricalScore; type?: TaskType },
): ScoredModel {
	const type = given.type ?? task.type;
	const scores = factorScores(estimate, task, { history: given.history, type });
	return {
		...estimate,
		history: given.history,
		predictedQuality: predictQuality(estimate.facts.profile, type, {
			quality: estimate.quality,
			history: given.history,
		}),
		scores,
		totalScore: weightScores(scores, given.weights),
	};
}
