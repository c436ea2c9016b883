import {
	estimateCost,
	type ModelCatalog,
	resolveLatency,
	resolvePriceSheet,
	resolvePricing,
} from '../catalog/index.ts';
import {
	type CostEntry,
	countInputTokens,
	countOutputTokens,
	type EstimatedQuantities,
	type EstimateObservation,
	type IdSource,
	type ModelProfile,
	type NanoUsd,
	type ObservedSignal,
	type OutcomeRow,
	type RoutingDecision,
	type TaskDescriptor,
	type Usage,
} from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import { estimateCompletionMs } from '../route/index.ts';
import { toSafeMessage } from '../util/index.ts';

/** How an executed request ended. */
export interface TaskEnding {
	success: boolean;
	/** The model that answered, or failed last. */
	model: string;
	/** Calls that were made. */
	attempts: number;
	latencyMs: number;
	/** Of the last attempt that was booked. */
	usage: Usage | null;
	/** What all attempts cost; `null` when one had no price. */
	costNanoUsd: NanoUsd | null;
	/** 0-100; `null` without a rating. */
	quality: number | null;
	error: unknown;
	/** What was seen of the answer. */
	observed?: readonly ObservedSignal[] | undefined;
}

/** The row of a decision's outcome. */
export function createOutcomeRow(
	decision: RoutingDecision,
	ending: TaskEnding,
	stamp: { ids: IdSource; at: number },
): OutcomeRow {
	const { descriptor } = decision;
	const { usage, error, success } = ending;
	return {
		id: stamp.ids.next(),
		decisionId: decision.id,
		success,
		quality: ending.quality,
		workload: descriptor.workload,
		...(ending.observed?.length && { observed: ending.observed }),
		answeredBy: ending.model,
		taskType: descriptor.type,
		complexity: descriptor.complexity,
		actualCostNanoUsd: ending.costNanoUsd,
		actualLatencyMs: Math.round(ending.latencyMs),
		inputTokens: usage === null ? 0 : countInputTokens(usage),
		outputTokens: usage === null ? 0 : countOutputTokens(usage),
		usedFallback: ending.model !== decision.model.name,
		attempts: ending.attempts,
		errorMessage: success ? null : toSafeMessage(error instanceof Error ? error.message : String(error)),
		errorCode: isRouterError(error) ? error.code : null,
		userRating: null,
		userComment: null,
		at: stamp.at,
	};
}

/** What the classifier expected of a task, whatever the model. */
type ExpectedTask = Pick<TaskDescriptor, 'estimatedInputTokens' | 'estimatedOutputTokens'> & {
	workload?: string | undefined;
};

/** The estimate for a model before learned corrections. */
function estimateUncorrected(profile: ModelProfile, expected: ExpectedTask, at: number): EstimatedQuantities {
	const pricing = resolvePricing(profile);
	const { estimatedInputTokens: inputTokens, estimatedOutputTokens: outputTokens } = expected;
	return {
		inputTokens,
		outputTokens,
		latency: profile.latencyMs,
		completion: estimateCompletionMs(resolveLatency(profile), outputTokens),
		...(pricing !== null && { cost: estimateCost(resolvePriceSheet(pricing, at), { inputTokens, outputTokens }) }),
	};
}

/**
 * One answered call beside its uncorrected estimate; `null` for a model that is not in the catalog. Of a call whose usage
 * was estimated only the time is learned.
 */
export function createEstimateObservation(
	expected: ExpectedTask,
	{ entry, durationMs }: { entry: CostEntry; durationMs: number | null },
	catalog: ModelCatalog,
): EstimateObservation | null {
	const { usage, costNanoUsd } = entry;
	const profile = catalog.find(entry.model);
	if (profile === undefined) return null;
	const time = durationMs === null ? {} : { latency: durationMs, completion: durationMs };
	const tokens = { inputTokens: countInputTokens(usage), outputTokens: countOutputTokens(usage) };
	return {
		model: profile.name,
		taskType: entry.taskType,
		workload: expected.workload,
		predicted: estimateUncorrected(profile, expected, entry.at),
		actual: {
			...time,
			...(usage.isEstimated !== true && { ...tokens, ...(costNanoUsd !== null && { cost: costNanoUsd }) }),
		},
	};
}
