import {
	estimateCost,
	inputTokensOf,
	type ModelCatalog,
	resolveLatency,
	resolvePricing,
	sheetAt,
} from '../catalog/index.ts';
import type {
	CostEntry,
	EstimatedQuantities,
	EstimateObservation,
	ModelProfile,
	TaskType,
} from '../contracts/index.ts';
import { completionMsOf } from '../route/index.ts';

/** What was expected of a task, before anything was known of a model. */
interface Expected {
	taskType: TaskType;
	inputTokens: number;
	outputTokens: number;
}

/** The uncorrected estimate of a model for a task. */
function predict(profile: ModelProfile, expected: Expected, at: number): EstimatedQuantities {
	const pricing = resolvePricing(profile);
	const { inputTokens, outputTokens } = expected;
	return {
		inputTokens,
		outputTokens,
		latency: profile.latencyMs,
		completion: completionMsOf(resolveLatency(profile), outputTokens),
		...(pricing !== null && { cost: estimateCost(sheetAt(pricing, at), { inputTokens, outputTokens }) }),
	};
}

/**
 * One answered call beside its uncorrected estimate; `null` for a model nobody knows. Figures that were themselves
 * estimated teach nothing but the time.
 */
export function estimateObservation(
	expected: Expected,
	came: { entry: CostEntry; durationMs: number | null },
	catalog: ModelCatalog,
): EstimateObservation | null {
	const { entry, durationMs } = came;
	const { usage, costNanoUsd } = entry;
	const profile = catalog.find(entry.model);
	if (profile === undefined) return null;
	const time = durationMs === null ? {} : { latency: durationMs, completion: durationMs };
	const used = { inputTokens: inputTokensOf(usage), outputTokens: usage.outputTokens + usage.reasoningTokens };
	return {
		model: profile.name,
		taskType: expected.taskType,
		predicted: predict(profile, expected, entry.at),
		actual: {
			...time,
			...(usage.isEstimated !== true && { ...used, ...(costNanoUsd !== null && { cost: costNanoUsd }) }),
		},
	};
}
