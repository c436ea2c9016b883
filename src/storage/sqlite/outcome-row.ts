import type { OutcomeObservation, OutcomeRow, TaskComplexity, TaskType } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { flag, number, numberOrNull, text, textOrNull, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

/** Writes one outcome; a second one of the same decision is left out. Values by `outcomeValues`. */
export const INSERT_OUTCOME = `
INSERT INTO routing_outcomes (
  id, routing_id, success, quality_score, answered_by, task_type, complexity, actual_cost, actual_cost_nano,
  actual_latency, tokens_input, tokens_output, used_fallback, fallback_model, attempts, error_message, error_code,
  user_rating, user_comment, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;

/** The values of `INSERT_OUTCOME`, in order. */
export function outcomeValues(row: OutcomeRow): SqlValue[] {
	const nano = row.actualCostNanoUsd;
	return [
		row.id,
		row.decisionId,
		row.success ? 1 : 0,
		row.quality,
		row.answeredBy,
		row.taskType,
		row.complexity,
		nano === null ? null : nanoToUsd(nano),
		nano,
		row.actualLatencyMs,
		row.inputTokens,
		row.outputTokens,
		row.usedFallback ? 1 : 0,
		row.usedFallback ? row.answeredBy : null,
		row.attempts,
		row.errorMessage,
		row.errorCode,
		row.userRating,
		row.userComment,
		toIsoTime(row.at),
	];
}

/** What a row of routing_outcomes says of a model; unreadable words are shown as they are (see decision-row). */
function observed(row: SqlRow): Pick<OutcomeRow, 'answeredBy' | 'taskType' | 'complexity'> {
	return {
		answeredBy: textOrNull(row, 'answered_by') ?? '',
		// shown rather than refused, as in decision-row
		taskType: (textOrNull(row, 'task_type') ?? '') as TaskType,
		complexity: (textOrNull(row, 'complexity') ?? '') as TaskComplexity,
	};
}

/** A row of routing_outcomes. */
export function outcomeFromRow(row: SqlRow): OutcomeRow {
	return {
		id: text(row, 'id'),
		decisionId: text(row, 'routing_id'),
		success: flag(row, 'success'),
		quality: numberOrNull(row, 'quality_score'),
		...observed(row),
		actualCostNanoUsd: numberOrNull(row, 'actual_cost_nano'),
		actualLatencyMs: numberOrNull(row, 'actual_latency'),
		inputTokens: number(row, 'tokens_input'),
		outputTokens: number(row, 'tokens_output'),
		usedFallback: flag(row, 'used_fallback'),
		attempts: number(row, 'attempts'),
		errorMessage: textOrNull(row, 'error_message'),
		errorCode: textOrNull(row, 'error_code'),
		userRating: numberOrNull(row, 'user_rating'),
		userComment: textOrNull(row, 'user_comment'),
		at: time(row, 'created_at'),
	};
}

/** A row of routing_outcomes as learning reads it. */
export function observationFromRow(row: SqlRow): OutcomeObservation {
	const { answeredBy, taskType, complexity } = observed(row);
	const nano = numberOrNull(row, 'actual_cost_nano');
	return {
		model: answeredBy,
		taskType,
		complexity,
		success: flag(row, 'success'),
		quality: numberOrNull(row, 'quality_score'),
		costUsd: nano === null ? null : nanoToUsd(nano),
		latencyMs: numberOrNull(row, 'actual_latency'),
		inputTokens: number(row, 'tokens_input'),
		outputTokens: number(row, 'tokens_output'),
		at: time(row, 'created_at'),
	};
}
