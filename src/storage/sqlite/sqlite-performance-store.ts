import type { PerformanceRow, PerformanceStore, TaskComplexity, TaskType } from '../../contracts/index.ts';
import { number, numberOrNull, text, time } from './columns.ts';
import { observationFromRow } from './outcome-row.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqlRow } from './sqlite-driver.ts';

const OBSERVATIONS = `
SELECT * FROM routing_outcomes WHERE answered_by IS NOT NULL
ORDER BY created_at DESC, rowid DESC LIMIT ?`;
const PERFORMANCE = 'SELECT * FROM model_performance ORDER BY model, task_type, complexity';

function performanceFromRow(row: SqlRow): PerformanceRow {
	return {
		model: text(row, 'model'),
		// shown rather than refused, as in decision-row
		taskType: text(row, 'task_type') as TaskType,
		complexity: text(row, 'complexity') as TaskComplexity,
		totalRequests: number(row, 'total_requests'),
		successfulRequests: number(row, 'successful_requests'),
		meanQuality: numberOrNull(row, 'avg_quality_score'),
		totalCostNanoUsd: number(row, 'total_cost_nano'),
		meanLatencyMs: numberOrNull(row, 'avg_latency'),
		inputTokens: number(row, 'total_tokens_input'),
		outputTokens: number(row, 'total_tokens_output'),
		lastUpdatedAt: time(row, 'last_updated'),
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
