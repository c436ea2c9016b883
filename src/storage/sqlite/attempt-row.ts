import type { AttemptRow, FailureKind } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { flag, number, numberOrNull, text, textOrNull, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

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
		id: text(row, 'id'),
		decisionId: textOrNull(row, 'routing_id'),
		number: number(row, 'number'),
		model: text(row, 'model'),
		deployment: textOrNull(row, 'deployment'),
		// the table checks it
		outcome: text(row, 'outcome') as AttemptRow['outcome'],
		// a later version may know more kinds: shown rather than refused
		failure: textOrNull(row, 'failure') as FailureKind | null,
		status: numberOrNull(row, 'status'),
		message: textOrNull(row, 'message'),
		durationMs: number(row, 'duration_ms'),
		delayMs: number(row, 'delay_ms'),
		costNanoUsd: numberOrNull(row, 'cost_nano'),
		isEstimated: flag(row, 'is_estimated'),
		at: time(row, 'created_at'),
	};
}
