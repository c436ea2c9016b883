import type { GroupedSums } from './columns.ts';
import { ADD_CHARGES, COUNT_CHARGE } from './schema-costs.ts';
import { ADD_RESULTS, CREDIT_OUTCOME } from './schema-statistics.ts';

const UNLESS_GROUPED = 'WHEN NOT EXISTS (SELECT 1 FROM grouped_writes)';

/** Sums are kept row by row for what is written by hand, and once a group for what the product writes many rows of. */
export const GROUPED_SUMS: string = `
CREATE TABLE IF NOT EXISTS grouped_writes (
  -- Holds a row only within a transaction that adds to cost_hours or model_performance itself, so that triggers do not.
  id INTEGER PRIMARY KEY
) STRICT;
DROP TRIGGER IF EXISTS cost_tracking_hours;
CREATE TRIGGER IF NOT EXISTS cost_tracking_hours AFTER INSERT ON cost_tracking
${UNLESS_GROUPED}
${COUNT_CHARGE}
DROP TRIGGER IF EXISTS routing_outcomes_performance;
CREATE TRIGGER IF NOT EXISTS routing_outcomes_performance AFTER INSERT ON routing_outcomes
${UNLESS_GROUPED}
${CREDIT_OUTCOME}
`;

/** `cost_hours`, of rows as the product writes them: complete. */
export const CHARGE_SUMS: GroupedSums = {
	last: 'SELECT MAX(rowid) AS last FROM cost_tracking',
	add: `
INSERT INTO cost_hours (hour, model, task_type, requests, unpriced_requests, cost_nano, tokens_input, tokens_output)
SELECT substr(created_at, 1, 13), model, task_type, SUM(kind = 'charge'), SUM(kind = 'charge' AND cost_nano IS NULL),
  COALESCE(SUM(cost_nano), 0), SUM(tokens_input), SUM(tokens_output)
FROM cost_tracking WHERE rowid > ? GROUP BY 1, 2, 3
ON CONFLICT (hour, model, task_type) DO UPDATE SET
${ADD_CHARGES}`,
};

/** `model_performance`, of rows as the product writes them: complete. */
export const OUTCOME_SUMS: GroupedSums = {
	last: 'SELECT MAX(rowid) AS last FROM routing_outcomes',
	add: `
INSERT INTO model_performance (
  model, task_type, complexity, total_requests, successful_requests, quality_sum, quality_count,
  min_quality_score, max_quality_score, total_cost_nano, priced_requests, latency_sum, latency_count,
  min_latency, max_latency, total_tokens_input, total_tokens_output, last_updated)
SELECT answered_by, task_type, complexity, COUNT(*), SUM(success), TOTAL(quality_score), COUNT(quality_score),
  MIN(quality_score), MAX(quality_score), COALESCE(SUM(actual_cost_nano), 0), COUNT(actual_cost_nano),
  TOTAL(actual_latency), COUNT(actual_latency), MIN(actual_latency), MAX(actual_latency),
  SUM(tokens_input), SUM(tokens_output), MAX(created_at)
FROM routing_outcomes WHERE rowid > ? GROUP BY 1, 2, 3
ON CONFLICT (model, task_type, complexity) DO UPDATE SET
  total_requests = total_requests + excluded.total_requests,
${ADD_RESULTS}`,
};
