import type {
	ClassificationFeature,
	DecisionRecord,
	TaskComplexity,
	TaskPattern,
	TaskType,
} from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { flag, json, number, numberOrNull, text, textOrNull, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqlRow, SqlValue } from './sqlite-driver.ts';

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
	const features = json(row, 'features');
	return {
		id: text(row, 'id'),
		taskHash: text(row, 'task_hash'),
		taskText: textOrNull(row, 'task_text'),
		// The closed words are checked where they are written; a row made by hand may hold a word of a later release,
		// and a report must show it rather than fail.
		taskType: text(row, 'task_type') as TaskType,
		complexity: text(row, 'complexity') as TaskComplexity,
		pattern: text(row, 'pattern') as TaskPattern,
		model: text(row, 'model_selected'),
		modelId: text(row, 'model_id'),
		confidence: number(row, 'confidence'),
		estimatedCostNanoUsd: numberOrNull(row, 'estimated_cost_nano'),
		estimatedLatencyMs: number(row, 'estimated_latency'),
		estimatedInputTokens: number(row, 'estimated_tokens_input'),
		estimatedOutputTokens: number(row, 'estimated_tokens_output'),
		// written by decisionValues above
		reasoning: json(row, 'reasoning') as DecisionRecord['reasoning'],
		alternatives: json(row, 'alternatives') as DecisionRecord['alternatives'],
		policy: text(row, 'policy'),
		policyVersion: text(row, 'policy_version'),
		catalogVersion: text(row, 'catalog_version'),
		propensity: number(row, 'propensity'),
		isCached: flag(row, 'is_cached'),
		decisionTimeMs: number(row, 'decision_time_ms'),
		// as above
		...(features === undefined ? {} : { features: features as ClassificationFeature[] }),
		at: time(row, 'created_at'),
	};
}
