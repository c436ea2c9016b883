import {
	type AttemptRow,
	type ClassificationFeature,
	type DecisionRecord,
	type FailureKind,
	type FallbackEventRow,
	nanoToUsd,
	type OutcomeObservation,
	type OutcomeRow,
	type RateLimitRow,
	type TaskComplexity,
	type TaskPattern,
	type TaskType,
} from '../../contracts/index.ts';
import {
	getFlag,
	getJson,
	getNumber,
	getNumberOrNull,
	getText,
	getTextOrNull,
	getTime,
	getTimeOrNull,
	toIsoTime,
} from './columns.ts';
import type { SqlRow, SqlValue } from './sqlite-connection.ts';

/** Writes one attempt. Values by `attemptValues`. */
export const INSERT_ATTEMPT = `
INSERT INTO attempts (
  id, routing_id, number, model, deployment, outcome, failure, status, message, duration_ms, delay_ms,
  cost, cost_nano, is_estimated, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;

/** The values of `INSERT_ATTEMPT`, in order. */
export function attemptValues(row: AttemptRow): SqlValue[] {
	return [
		row.id,
		row.decisionId,
		row.number,
		row.model,
		row.deployment,
		row.outcome,
		row.failure,
		row.status,
		row.message,
		row.durationMs,
		row.delayMs,
		row.costNanoUsd === null ? null : nanoToUsd(row.costNanoUsd),
		row.costNanoUsd,
		row.isEstimated ? 1 : 0,
		toIsoTime(row.at),
	];
}

/** A row of attempts. */
export function attemptFromRow(row: SqlRow): AttemptRow {
	return {
		id: getText(row, 'id'),
		decisionId: getTextOrNull(row, 'routing_id'),
		number: getNumber(row, 'number'),
		model: getText(row, 'model'),
		deployment: getTextOrNull(row, 'deployment'),
		// the table checks it
		outcome: getText(row, 'outcome') as AttemptRow['outcome'],
		// a later version may know more kinds: shown rather than refused
		failure: getTextOrNull(row, 'failure') as FailureKind | null,
		status: getNumberOrNull(row, 'status'),
		message: getTextOrNull(row, 'message'),
		durationMs: getNumber(row, 'duration_ms'),
		delayMs: getNumber(row, 'delay_ms'),
		costNanoUsd: getNumberOrNull(row, 'cost_nano'),
		isEstimated: getFlag(row, 'is_estimated'),
		at: getTime(row, 'created_at'),
	};
}

/** Writes one decision; one that is there already is left as it was. Values by `decisionValues`. */
export const INSERT_DECISION = `
INSERT INTO routing_decisions (
  id, task_hash, task_text, task_type, complexity, pattern, model_selected, model_id, confidence,
  estimated_cost, estimated_cost_nano, estimated_latency, estimated_tokens_input, estimated_tokens_output,
  reasoning, alternatives, policy, policy_version, catalog_version, propensity, is_cached, decision_time_ms,
  features, created_at, updated_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;

/** The values of `INSERT_DECISION`, in order. */
export function decisionValues(row: DecisionRecord, isTextCaptured: boolean): SqlValue[] {
	const nano = row.estimatedCostNanoUsd;
	const at = toIsoTime(row.at);
	return [
		row.id,
		row.taskHash,
		isTextCaptured ? row.taskText : null,
		row.taskType,
		row.complexity,
		row.pattern,
		row.model,
		row.modelId,
		row.confidence,
		nano === null ? null : nanoToUsd(nano),
		nano,
		row.estimatedLatencyMs,
		row.estimatedInputTokens,
		row.estimatedOutputTokens,
		JSON.stringify(row.reasoning),
		JSON.stringify(row.alternatives),
		row.policy,
		row.policyVersion,
		row.catalogVersion,
		row.propensity,
		row.isCached ? 1 : 0,
		row.decisionTimeMs,
		row.features === undefined ? null : JSON.stringify(row.features),
		at,
		at,
	];
}

/** A row of routing_decisions, or its archived copy. */
export function decisionFromRow(row: SqlRow): DecisionRecord {
	const features = getJson(row, 'features');
	return {
		id: getText(row, 'id'),
		taskHash: getText(row, 'task_hash'),
		taskText: getTextOrNull(row, 'task_text'),
		// The closed words are checked where they are written; a row made by hand may hold a word of a later release,
		// and a report must show it rather than fail.
		taskType: getText(row, 'task_type') as TaskType,
		complexity: getText(row, 'complexity') as TaskComplexity,
		pattern: getText(row, 'pattern') as TaskPattern,
		model: getText(row, 'model_selected'),
		modelId: getText(row, 'model_id'),
		confidence: getNumber(row, 'confidence'),
		estimatedCostNanoUsd: getNumberOrNull(row, 'estimated_cost_nano'),
		estimatedLatencyMs: getNumber(row, 'estimated_latency'),
		estimatedInputTokens: getNumber(row, 'estimated_tokens_input'),
		estimatedOutputTokens: getNumber(row, 'estimated_tokens_output'),
		// written by decisionValues above
		reasoning: getJson(row, 'reasoning') as DecisionRecord['reasoning'],
		alternatives: getJson(row, 'alternatives') as DecisionRecord['alternatives'],
		policy: getText(row, 'policy'),
		policyVersion: getText(row, 'policy_version'),
		catalogVersion: getText(row, 'catalog_version'),
		propensity: getNumber(row, 'propensity'),
		isCached: getFlag(row, 'is_cached'),
		decisionTimeMs: getNumber(row, 'decision_time_ms'),
		// as above
		...(features === undefined ? {} : { features: features as ClassificationFeature[] }),
		at: getTime(row, 'created_at'),
	};
}

/** Writes one fallback. Values by `fallbackValues`. */
export const INSERT_FALLBACK = `
INSERT INTO fallback_events (
  id, routing_id, primary_model, primary_error, fallback_model, fallback_success, attempt_number, retry_delay_ms, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;

/** The values of `INSERT_FALLBACK`, in order. */
export function fallbackValues(row: FallbackEventRow): SqlValue[] {
	return [
		row.id,
		row.decisionId,
		row.primaryModel,
		row.primaryError,
		row.fallbackModel,
		row.fallbackSuccess ? 1 : 0,
		row.attemptNumber,
		row.retryDelayMs,
		toIsoTime(row.at),
	];
}

/** A row of fallback_events. */
export function fallbackFromRow(row: SqlRow): FallbackEventRow {
	return {
		id: getText(row, 'id'),
		decisionId: getTextOrNull(row, 'routing_id'),
		primaryModel: getText(row, 'primary_model'),
		primaryError: getText(row, 'primary_error'),
		fallbackModel: getText(row, 'fallback_model'),
		fallbackSuccess: getFlag(row, 'fallback_success'),
		attemptNumber: getNumber(row, 'attempt_number'),
		retryDelayMs: getNumber(row, 'retry_delay_ms'),
		at: getTime(row, 'created_at'),
	};
}

/** Writes one rate limit. Values by `rateLimitValues`. */
export const INSERT_RATE_LIMIT = `
INSERT INTO rate_limit_events (
  id, routing_id, model, limit_type, limit_value, remaining, reset_at, error_message, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`;

/** The values of `INSERT_RATE_LIMIT`, in order. */
export function rateLimitValues(row: RateLimitRow): SqlValue[] {
	return [
		row.id,
		row.decisionId,
		row.model,
		row.limitType,
		row.limitValue,
		row.remaining,
		row.resetAt === null ? null : toIsoTime(row.resetAt),
		row.errorMessage,
		toIsoTime(row.at),
	];
}

/** A row of rate_limit_events. */
export function rateLimitFromRow(row: SqlRow): RateLimitRow {
	return {
		id: getText(row, 'id'),
		decisionId: getTextOrNull(row, 'routing_id'),
		model: getText(row, 'model'),
		limitType: getText(row, 'limit_type'),
		limitValue: getNumberOrNull(row, 'limit_value'),
		remaining: getNumberOrNull(row, 'remaining'),
		resetAt: getTimeOrNull(row, 'reset_at'),
		errorMessage: getTextOrNull(row, 'error_message'),
		at: getTime(row, 'created_at'),
	};
}

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
		answeredBy: getTextOrNull(row, 'answered_by') ?? '',
		// shown rather than refused, as in decision-row
		taskType: (getTextOrNull(row, 'task_type') ?? '') as TaskType,
		complexity: (getTextOrNull(row, 'complexity') ?? '') as TaskComplexity,
	};
}

/** A row of routing_outcomes. */
export function outcomeFromRow(row: SqlRow): OutcomeRow {
	return {
		id: getText(row, 'id'),
		decisionId: getText(row, 'routing_id'),
		success: getFlag(row, 'success'),
		quality: getNumberOrNull(row, 'quality_score'),
		...observed(row),
		actualCostNanoUsd: getNumberOrNull(row, 'actual_cost_nano'),
		actualLatencyMs: getNumberOrNull(row, 'actual_latency'),
		inputTokens: getNumber(row, 'tokens_input'),
		outputTokens: getNumber(row, 'tokens_output'),
		usedFallback: getFlag(row, 'used_fallback'),
		attempts: getNumber(row, 'attempts'),
		errorMessage: getTextOrNull(row, 'error_message'),
		errorCode: getTextOrNull(row, 'error_code'),
		userRating: getNumberOrNull(row, 'user_rating'),
		userComment: getTextOrNull(row, 'user_comment'),
		at: getTime(row, 'created_at'),
	};
}

/** A row of routing_outcomes as learning reads it. */
export function observationFromRow(row: SqlRow): OutcomeObservation {
	const { answeredBy, taskType, complexity } = observed(row);
	const nano = getNumberOrNull(row, 'actual_cost_nano');
	return {
		model: answeredBy,
		taskType,
		complexity,
		success: getFlag(row, 'success'),
		quality: getNumberOrNull(row, 'quality_score'),
		costUsd: nano === null ? null : nanoToUsd(nano),
		latencyMs: getNumberOrNull(row, 'actual_latency'),
		inputTokens: getNumber(row, 'tokens_input'),
		outputTokens: getNumber(row, 'tokens_output'),
		at: getTime(row, 'created_at'),
	};
}
