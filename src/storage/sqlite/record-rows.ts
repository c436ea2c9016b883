import type { AttemptRow, DecisionRecord, FallbackEventRow, OutcomeRow, RateLimitRow } from '../../contracts/index.ts';
import { getTextOrNull, toIsoTime } from './columns.ts';
import { column, defineTable, type Field, moneyField, nullable, optional, type Table } from './define-table.ts';

/** Decisions. The text of the task is stored as it is given: the store leaves it out where capture is off. */
export const DECISIONS: Table<DecisionRecord> = defineTable<DecisionRecord>(
	'routing_decisions',
	{
		id: column.text('id'),
		taskHash: column.text('task_hash'),
		taskText: nullable(column.text('task_text')),
		taskType: column.text('task_type'),
		complexity: column.text('complexity'),
		pattern: column.text('pattern'),
		model: column.text('model_selected'),
		modelId: column.text('model_id'),
		confidence: column.number('confidence'),
		estimatedCostNanoUsd: moneyField('estimated_cost'),
		estimatedLatencyMs: column.number('estimated_latency'),
		estimatedInputTokens: column.number('estimated_tokens_input'),
		estimatedOutputTokens: column.number('estimated_tokens_output'),
		reasoning: column.json('reasoning'),
		alternatives: column.json('alternatives'),
		policy: column.text('policy'),
		policyVersion: column.text('policy_version'),
		catalogVersion: column.text('catalog_version'),
		propensity: column.number('propensity'),
		isCached: column.flag('is_cached'),
		decisionTimeMs: column.number('decision_time_ms'),
		features: optional(column.json('features')),
		at: column.time('created_at'),
	},
	{ updated_at: ({ at }) => toIsoTime(at) },
);

/** A column that rows written by hand may leave out: they are shown as they are. */
function textOrEmpty<Text extends string>(name: string): Field<Text> {
	return { ...column.text<Text>(name), read: (row) => (getTextOrNull(row, name) ?? '') as Text };
}

/** Outcomes; a second one of the same decision is left out. */
export const OUTCOMES: Table<OutcomeRow> = defineTable<OutcomeRow>(
	'routing_outcomes',
	{
		id: column.text('id'),
		decisionId: column.text('routing_id'),
		success: column.flag('success'),
		quality: nullable(column.number('quality_score')),
		answeredBy: textOrEmpty('answered_by'),
		taskType: textOrEmpty('task_type'),
		complexity: textOrEmpty('complexity'),
		actualCostNanoUsd: moneyField('actual_cost'),
		actualLatencyMs: nullable(column.number('actual_latency')),
		inputTokens: column.number('tokens_input'),
		outputTokens: column.number('tokens_output'),
		usedFallback: column.flag('used_fallback'),
		attempts: column.number('attempts'),
		errorMessage: nullable(column.text('error_message')),
		errorCode: nullable(column.text('error_code')),
		userRating: nullable(column.number('user_rating')),
		userComment: nullable(column.text('user_comment')),
		at: column.time('created_at'),
	},
	{ fallback_model: ({ answeredBy, usedFallback }) => (usedFallback ? answeredBy : null) },
);

/** Every call of a model, and every model that was passed over. */
export const ATTEMPTS: Table<AttemptRow> = defineTable<AttemptRow>('attempts', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	number: column.number('number'),
	model: column.text('model'),
	deployment: nullable(column.text('deployment')),
	outcome: column.text('outcome'),
	failure: nullable(column.text('failure')),
	status: nullable(column.number('status')),
	message: nullable(column.text('message')),
	durationMs: column.number('duration_ms'),
	delayMs: column.number('delay_ms'),
	costNanoUsd: moneyField('cost'),
	isEstimated: column.flag('is_estimated'),
	at: column.time('created_at'),
});

/** Models that gave way to the next one. */
export const FALLBACK_EVENTS: Table<FallbackEventRow> = defineTable<FallbackEventRow>('fallback_events', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	primaryModel: column.text('primary_model'),
	primaryError: column.text('primary_error'),
	fallbackModel: column.text('fallback_model'),
	fallbackSuccess: column.flag('fallback_success'),
	attemptNumber: column.number('attempt_number'),
	retryDelayMs: column.number('retry_delay_ms'),
	at: column.time('created_at'),
});

/** Providers' limits that were met. */
export const RATE_LIMIT_EVENTS: Table<RateLimitRow> = defineTable<RateLimitRow>('rate_limit_events', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	model: column.text('model'),
	limitType: column.text('limit_type'),
	limitValue: nullable(column.number('limit_value')),
	remaining: nullable(column.number('remaining')),
	resetAt: nullable(column.time('reset_at')),
	errorMessage: nullable(column.text('error_message')),
	at: column.time('created_at'),
});
