import type { FallbackEventRow, RateLimitRow } from '../../contracts/index.ts';
import { flag, number, numberOrNull, text, textOrNull, time, timeOrNull } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

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
		id: text(row, 'id'),
		decisionId: textOrNull(row, 'routing_id'),
		primaryModel: text(row, 'primary_model'),
		primaryError: text(row, 'primary_error'),
		fallbackModel: text(row, 'fallback_model'),
		fallbackSuccess: flag(row, 'fallback_success'),
		attemptNumber: number(row, 'attempt_number'),
		retryDelayMs: number(row, 'retry_delay_ms'),
		at: time(row, 'created_at'),
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
		id: text(row, 'id'),
		decisionId: textOrNull(row, 'routing_id'),
		model: text(row, 'model'),
		limitType: text(row, 'limit_type'),
		limitValue: numberOrNull(row, 'limit_value'),
		remaining: numberOrNull(row, 'remaining'),
		resetAt: timeOrNull(row, 'reset_at'),
		errorMessage: textOrNull(row, 'error_message'),
		at: time(row, 'created_at'),
	};
}
