import type { CostEntry, NanoUsd, TaskType, Usage } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { inputTotal, outputTotal } from '../shared/index.ts';
import { flag, json, number, numberOrNull, text, textOrNull, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

/** Appends one charge to the ledger; the writer sees to budget_spend. Values by `costValues`. */
export const INSERT_COST = `
INSERT INTO cost_tracking (
  id, model, task_type, cost, cost_nano, cost_input, cost_input_nano, cost_output, cost_output_nano,
  tokens_input, tokens_output, tokens_cache_read, tokens_cache_write_5m, tokens_cache_write_1h, tokens_reasoning,
  per_use, unknown_usage, is_estimated, attempt, budget_handled, task_id, routing_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
ON CONFLICT DO NOTHING`;

function usd(nano: NanoUsd | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

/** The values of `INSERT_COST`, in order. */
export function costValues(entry: CostEntry): SqlValue[] {
	const { usage } = entry;
	return [
		entry.id,
		entry.model,
		entry.taskType,
		usd(entry.costNanoUsd),
		entry.costNanoUsd,
		usd(entry.inputCostNanoUsd),
		entry.inputCostNanoUsd,
		usd(entry.outputCostNanoUsd),
		entry.outputCostNanoUsd,
		inputTotal(usage),
		outputTotal(usage),
		usage.cacheReadTokens,
		usage.cacheWrite5mTokens,
		usage.cacheWrite1hTokens,
		usage.reasoningTokens,
		usage.perUse === undefined ? null : JSON.stringify(usage.perUse),
		usage.unknownFields === undefined ? null : JSON.stringify(usage.unknownFields),
		usage.isEstimated === true ? 1 : 0,
		entry.attempt,
		entry.decisionId,
		entry.decisionId,
		toIsoTime(entry.at),
	];
}

function usageFromRow(row: SqlRow): Usage {
	const cacheReadTokens = number(row, 'tokens_cache_read');
	const cacheWrite5mTokens = number(row, 'tokens_cache_write_5m');
	const cacheWrite1hTokens = number(row, 'tokens_cache_write_1h');
	const reasoningTokens = number(row, 'tokens_reasoning');
	const perUse = json(row, 'per_use');
	const unknownFields = json(row, 'unknown_usage');
	return {
		inputTokens: number(row, 'tokens_input') - cacheReadTokens - cacheWrite5mTokens - cacheWrite1hTokens,
		cacheReadTokens,
		cacheWrite5mTokens,
		cacheWrite1hTokens,
		outputTokens: number(row, 'tokens_output') - reasoningTokens,
		reasoningTokens,
		// both were written by costValues above
		...(perUse === undefined ? {} : { perUse: perUse as Record<string, number> }),
		...(unknownFields === undefined ? {} : { unknownFields: unknownFields as Record<string, unknown> }),
		...(flag(row, 'is_estimated') ? { isEstimated: true } : {}),
	};
}

/** A row of cost_tracking. */
export function costFromRow(row: SqlRow): CostEntry {
	return {
		id: text(row, 'id'),
		decisionId: textOrNull(row, 'routing_id'),
		attempt: numberOrNull(row, 'attempt'),
		model: text(row, 'model'),
		// shown rather than refused, as in decision-row
		taskType: text(row, 'task_type') as TaskType,
		costNanoUsd: numberOrNull(row, 'cost_nano'),
		inputCostNanoUsd: numberOrNull(row, 'cost_input_nano'),
		outputCostNanoUsd: numberOrNull(row, 'cost_output_nano'),
		usage: usageFromRow(row),
		at: time(row, 'created_at'),
	};
}
