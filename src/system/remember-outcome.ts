import type { IdSource, NanoUsd, OutcomeObservation, OutcomeRow, RoutingDecision, Usage } from '../contracts/index.ts';
import { isRouterError } from '../errors/index.ts';
import { maskSecrets, nanoToUsd } from '../util/index.ts';

/** How an executed request ended. */
export interface Ending {
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

const MAX_MESSAGE = 300;

/** The first line of a failure, short and without secrets: providers repeat keys, and what follows may be the prompt. */
function errorText(error: unknown): string {
	const text = error instanceof Error ? error.message : String(error);
	return maskSecrets((text.split('\n', 1)[0] ?? '').slice(0, 4 * MAX_MESSAGE)).slice(0, MAX_MESSAGE);
}

function inputOf(usage: Usage): number {
	return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

/** The row that remembers how a decision turned out. */
export function outcomeRow(
	decision: RoutingDecision,
	ending: Ending,
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
		inputTokens: usage === null ? 0 : inputOf(usage),
		outputTokens: usage === null ? 0 : usage.outputTokens + usage.reasoningTokens,
		usedFallback: ending.model !== decision.model.name,
		attempts: ending.attempts,
		errorMessage: success ? null : errorText(error),
		errorCode: isRouterError(error) ? error.code : null,
		userRating: null,
		userComment: null,
		at: stamp.at,
	};
}

/** What learning takes of a remembered outcome. */
export function observationOf(row: OutcomeRow): OutcomeObservation {
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
