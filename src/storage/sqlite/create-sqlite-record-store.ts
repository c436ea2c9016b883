import type {
	DecisionCounts,
	DecisionRecord,
	PerformanceRow,
	PerformanceStore,
	RecordStore,
	StorageRecord,
	TaskComplexity,
	TaskType,
	TimeRange,
} from '../../contracts/index.ts';
import { assertNever } from '../../util/index.ts';
import { feedbackOutcome } from '../shared/row-rules.ts';
import { getJson, getNumber, getNumberOrNull, getText, getTime, toIsoTime } from './columns.ts';
import { costFromRow } from './create-sqlite-cost-ledger.ts';
import {
	attemptFromRow,
	attemptValues,
	decisionFromRow,
	decisionValues,
	fallbackFromRow,
	fallbackValues,
	INSERT_ATTEMPT,
	INSERT_DECISION,
	INSERT_FALLBACK,
	INSERT_OUTCOME,
	INSERT_RATE_LIMIT,
	observationFromRow,
	outcomeFromRow,
	outcomeValues,
	rateLimitFromRow,
	rateLimitValues,
} from './record-rows.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const IN_RANGE = 'created_at >= ? AND created_at < ?';
const FEEDBACK =
	'UPDATE routing_outcomes SET user_rating = ?, user_comment = ?, quality_score = ? WHERE routing_id = ?';
const ATTEMPTS_OF = 'SELECT * FROM attempts WHERE routing_id = ? ORDER BY created_at, number';
const COUNTS = `
SELECT model_selected, task_type, complexity,
  COUNT(*) AS count, SUM(is_cached) AS cached, SUM(decision_time_ms) AS decision_time
FROM routing_decisions INDEXED BY routing_decisions_by_model
WHERE ${IN_RANGE}
GROUP BY model_selected, task_type, complexity`;

/** Reads rows of a table in a range of time, newest first. */
function newestRows(connection: SqliteConnection, table: string, page: { range: TimeRange; limit: number }): SqlRow[] {
	const sql = `SELECT * FROM ${table} WHERE ${IN_RANGE} ORDER BY created_at DESC, rowid DESC LIMIT ?`;
	// a negative limit means no limit to SQLite; here it means nothing
	const limit = Math.max(0, Math.min(page.limit, Number.MAX_SAFE_INTEGER));
	return connection.rows(sql, toIsoTime(page.range.from), toIsoTime(page.range.to), Math.floor(limit));
}

function insertRecord(connection: SqliteConnection, record: StorageRecord, isTextCaptured: boolean): void {
	switch (record.kind) {
		case 'decision':
			connection.run(INSERT_DECISION, ...decisionValues(record.row, isTextCaptured));
			return;
		case 'outcome':
			connection.run(INSERT_OUTCOME, ...outcomeValues(record.row));
			return;
		case 'fallback':
			connection.run(INSERT_FALLBACK, ...fallbackValues(record.row));
			return;
		case 'rate-limit':
			connection.run(INSERT_RATE_LIMIT, ...rateLimitValues(record.row));
			return;
		case 'attempt':
			connection.run(INSERT_ATTEMPT, ...attemptValues(record.row));
			return;
		default:
			assertNever(record);
	}
}

function countsFromRow(row: SqlRow): DecisionCounts {
	return {
		model: getText(row, 'model_selected'),
		// shown rather than refused, as in decision-row
		taskType: getText(row, 'task_type') as TaskType,
		complexity: getText(row, 'complexity') as TaskComplexity,
		count: getNumber(row, 'count'),
		cachedCount: getNumber(row, 'cached'),
		totalDecisionTimeMs: getNumber(row, 'decision_time'),
	};
}

/** Milliseconds after a decision in which its attempts are looked for: no request takes longer. */
const TRAIL_MS = 86_400_000;
/** Milliseconds after an outcome in which the last of its rows may be written. */
const AFTER_OUTCOME_MS = 60_000;

/** The rows of a decision in a table, oldest first; the range is what makes it quick. */
function trailRows(connection: SqliteConnection, table: string, { at, id }: DecisionRecord, until: number): SqlRow[] {
	const sql = `SELECT * FROM ${table} WHERE ${IN_RANGE} AND routing_id = ? ORDER BY created_at, rowid`;
	return connection.rows(sql, toIsoTime(at), toIsoTime(until), id);
}

/** Decisions, outcomes and events in SQLite. An archived decision is still found by its id. */
export function createSqliteRecordStore(connection: SqliteConnection, options: { captureText: boolean }): RecordStore {
	const decision: RecordStore['decision'] = async (id) => {
		const row = connection.row('SELECT * FROM routing_decisions WHERE id = ?', id);
		if (row !== null) return decisionFromRow(row);
		const archived = connection.row(`SELECT row FROM archives WHERE source_table = 'routing_decisions' AND id = ?`, id);
		// an archived row is the live row as a JSON object (see retention)
		return archived === null ? null : decisionFromRow(getJson(archived, 'row') as SqlRow);
	};
	return {
		decision,
		async trail(id) {
			const found = await decision(id);
			if (found === null) return null;
			const row = connection.row('SELECT * FROM routing_outcomes WHERE routing_id = ?', id);
			const outcome = row === null ? null : outcomeFromRow(row);
			// The outcome is written last: nothing of its decision comes much later.
			const until = Math.min(found.at + TRAIL_MS, (outcome?.at ?? Number.POSITIVE_INFINITY) + AFTER_OUTCOME_MS);
			return {
				decision: found,
				outcome,
				entries: trailRows(connection, 'cost_tracking', found, until).map(costFromRow),
				fallbacks: trailRows(connection, 'fallback_events', found, until).map(fallbackFromRow),
				rateLimits: trailRows(connection, 'rate_limit_events', found, until).map(rateLimitFromRow),
			};
		},
		async write(records) {
			if (records.length === 0) return;
			await connection.write(() => {
				for (const record of records) insertRecord(connection, record, options.captureText);
			});
		},
		rate: (decisionId, rating, comment, quality) =>
			connection.write(() => {
				if (connection.run(FEEDBACK, rating, comment, quality, decisionId) > 0) return true;
				const row = connection.row('SELECT * FROM routing_decisions WHERE id = ?', decisionId);
				if (row === null) return false;
				const outcome = feedbackOutcome(decisionFromRow(row), { rating, comment, quality });
				connection.run(INSERT_OUTCOME, ...outcomeValues(outcome));
				return true;
			}),
		decisions: async (range, limit) =>
			newestRows(connection, 'routing_decisions', { range, limit }).map(decisionFromRow),
		outcomes: async (range, limit) => newestRows(connection, 'routing_outcomes', { range, limit }).map(outcomeFromRow),
		fallbackEvents: async (range, limit) =>
			newestRows(connection, 'fallback_events', { range, limit }).map(fallbackFromRow),
		rateLimits: async (range, limit) =>
			newestRows(connection, 'rate_limit_events', { range, limit }).map(rateLimitFromRow),
		attempts: async (range, limit) => newestRows(connection, 'attempts', { range, limit }).map(attemptFromRow),
		attemptsOf: async (decisionId) => connection.rows(ATTEMPTS_OF, decisionId).map(attemptFromRow),
		counts: async (range) => connection.rows(COUNTS, toIsoTime(range.from), toIsoTime(range.to)).map(countsFromRow),
	};
}

const OBSERVATIONS = `
SELECT * FROM routing_outcomes WHERE answered_by IS NOT NULL
ORDER BY created_at DESC, rowid DESC LIMIT ?`;
const PERFORMANCE = 'SELECT * FROM model_performance ORDER BY model, task_type, complexity';

function performanceFromRow(row: SqlRow): PerformanceRow {
	return {
		model: getText(row, 'model'),
		// shown rather than refused, as in decision-row
		taskType: getText(row, 'task_type') as TaskType,
		complexity: getText(row, 'complexity') as TaskComplexity,
		totalRequests: getNumber(row, 'total_requests'),
		successfulRequests: getNumber(row, 'successful_requests'),
		meanQuality: getNumberOrNull(row, 'avg_quality_score'),
		totalCostNanoUsd: getNumber(row, 'total_cost_nano'),
		meanLatencyMs: getNumberOrNull(row, 'avg_latency'),
		inputTokens: getNumber(row, 'total_tokens_input'),
		outputTokens: getNumber(row, 'total_tokens_output'),
		lastUpdatedAt: getTime(row, 'last_updated'),
	};
}

/** What learning starts from, in SQLite. */
export function createSqlitePerformanceStore(connection: SqliteConnection): PerformanceStore {
	return {
		async observations(limit) {
			const most = Math.floor(Math.max(0, Math.min(limit, Number.MAX_SAFE_INTEGER)));
			return connection.rows(OBSERVATIONS, most).map(observationFromRow);
		},
		performance: async () => connection.rows(PERFORMANCE).map(performanceFromRow),
	};
}
