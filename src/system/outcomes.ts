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
	nanoToUsd,
	type OutcomeObservation,
	type OutcomeRow,
	type RoutingDecision,
	type TaskType,
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
	/** 0-100, `null` when nobody judged. */
	quality: number | null;
	error: unknown;
}

/** The row that remembers how a decision turned out. */
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

/** What learning takes of a remembered outcome. */
export function toOutcomeObservation(row: OutcomeRow): OutcomeObservation {
	return {
		model: row.answeredBy,
		taskType: row.taskType,
		complexity: row.complexity,
		success: row.success,
		quality: row.quality,
		costUsd: row.actualCostNanoUsd === null ? null : nanoToUsd(row.actualCostNanoUsd),
		latencyMs: row.actualLatencyMs,
		inputTokens: row.inputTokens,
		outputTokens: row.outputTokens,
		at: row.at,
	};
}

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
		completion: estimateCompletionMs(resolveLatency(profile), outputTokens),
		...(pricing !== null && { cost: estimateCost(resolvePriceSheet(pricing, at), { inputTokens, outputTokens }) }),
	};
}

/**
 * One answered call beside its uncorrected estimate; `null` for a model nobody knows. Figures that were themselves
 * estimated teach nothing but the time.
 */
export function createEstimateObservation(
	expected: Expected,
	came: { entry: CostEntry; durationMs: number | null },
	catalog: ModelCatalog,
): EstimateObservation | null {
	const { entry, durationMs } = came;
	const { usage, costNanoUsd } = entry;
	const profile = catalog.find(entry.model);
	if (profile === undefined) return null;
	const time = durationMs === null ? {} : { latency: durationMs, completion: durationMs };
	const used = {
		inputTokens: countInputTokens(usage),
		outputTokens: countOutputTokens(usage),
	};
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
