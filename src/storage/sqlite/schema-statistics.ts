import { isoTimeSql, NOW, nanoUsdSql } from './columns.ts';

const OF_DECISION = 'FROM routing_decisions WHERE id = NEW.routing_id';

// Rows written by hand may leave these to the decision; a fallback that answered still earns the credit.
const ANSWERED_BY = `COALESCE(NEW.answered_by, CASE WHEN NEW.used_fallback THEN NEW.fallback_model END, (SELECT model_selected ${OF_DECISION}))`;
const TASK_TYPE = `COALESCE(NEW.task_type, (SELECT task_type ${OF_DECISION}))`;
const COMPLEXITY = `COALESCE(NEW.complexity, (SELECT complexity ${OF_DECISION}))`;
const COST_NANO = `COALESCE(NEW.actual_cost_nano, ${nanoUsdSql('NEW.actual_cost')})`;

/** How results are added to those of their model and kind of task, beside the number of them. */
export const ADD_RESULTS: string = `    successful_requests = successful_requests + excluded.successful_requests,
    quality_sum = quality_sum + excluded.quality_sum,
    quality_count = quality_count + excluded.quality_count,
    min_quality_score = MIN(COALESCE(min_quality_score, excluded.min_quality_score), COALESCE(excluded.min_quality_score, min_quality_score)),
    max_quality_score = MAX(COALESCE(max_quality_score, excluded.max_quality_score), COALESCE(excluded.max_quality_score, max_quality_score)),
    total_cost_nano = total_cost_nano + excluded.total_cost_nano,
    priced_requests = priced_requests + excluded.priced_requests,
    latency_sum = latency_sum + excluded.latency_sum,
    latency_count = latency_count + excluded.latency_count,
    min_latency = MIN(COALESCE(min_latency, excluded.min_latency), COALESCE(excluded.min_latency, min_latency)),
    max_latency = MAX(COALESCE(max_latency, excluded.max_latency), COALESCE(excluded.max_latency, max_latency)),
    total_tokens_input = total_tokens_input + excluded.total_tokens_input,
    total_tokens_output = total_tokens_output + excluded.total_tokens_output,
    last_updated = MAX(last_updated, excluded.last_updated)`;

/** What a trigger does that credits each outcome as it is written. */
export const CREDIT_OUTCOME: string = `BEGIN
  INSERT INTO model_performance (
    model, task_type, complexity, total_requests, successful_requests, quality_sum, quality_count,
    min_quality_score, max_quality_score, total_cost_nano, priced_requests, latency_sum, latency_count,
    min_latency, max_latency, total_tokens_input, total_tokens_output, last_updated)
  SELECT
    ${ANSWERED_BY},
    ${TASK_TYPE},
    ${COMPLEXITY},
    1, NEW.success, COALESCE(NEW.quality_score, 0), NEW.quality_score IS NOT NULL,
    NEW.quality_score, NEW.quality_score, COALESCE(${COST_NANO}, 0),
    ${COST_NANO} IS NOT NULL,
    COALESCE(NEW.actual_latency, 0), NEW.actual_latency IS NOT NULL,
    NEW.actual_latency, NEW.actual_latency, NEW.tokens_input, NEW.tokens_output, ${isoTimeSql('NEW.created_at')}
  -- nothing to credit: the row names no model and its decision is gone
  WHERE ${ANSWERED_BY} IS NOT NULL AND ${TASK_TYPE} IS NOT NULL AND ${COMPLEXITY} IS NOT NULL
  ON CONFLICT (model, task_type, complexity) DO UPDATE SET
    total_requests = total_requests + 1,
${ADD_RESULTS};
END;`;

/** Results aggregated per model and kind of task; kept by triggers, so also true for rows written by hand. */
export const PERFORMANCE_TABLES: string = `
CREATE TABLE IF NOT EXISTS model_performance (
  -- One row per model and kind of task. Credit goes to the model that answered. It outlives archived outcomes.
  -- A judgement that is changed later widens min/max_quality_score, it does not narrow them again.
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  complexity TEXT NOT NULL,
  total_requests INTEGER NOT NULL DEFAULT 0,
  successful_requests INTEGER NOT NULL DEFAULT 0,
  failed_requests INTEGER GENERATED ALWAYS AS (total_requests - successful_requests) VIRTUAL,
  success_rate REAL GENERATED ALWAYS AS (CAST(successful_requests AS REAL) / NULLIF(total_requests, 0)) VIRTUAL, -- 0-1
  quality_sum REAL NOT NULL DEFAULT 0,
  quality_count INTEGER NOT NULL DEFAULT 0, -- outcomes that somebody judged
  avg_quality_score REAL GENERATED ALWAYS AS (quality_sum / NULLIF(quality_count, 0)) VIRTUAL,
  min_quality_score REAL,
  max_quality_score REAL,
  total_cost_nano INTEGER NOT NULL DEFAULT 0,
  priced_requests INTEGER NOT NULL DEFAULT 0, -- requests whose model had a price
  total_cost REAL GENERATED ALWAYS AS (total_cost_nano / 1e9) VIRTUAL,
  avg_cost REAL GENERATED ALWAYS AS (total_cost_nano / 1e9 / NULLIF(priced_requests, 0)) VIRTUAL,
  latency_sum REAL NOT NULL DEFAULT 0,
  latency_count INTEGER NOT NULL DEFAULT 0,
  avg_latency REAL GENERATED ALWAYS AS (latency_sum / NULLIF(latency_count, 0)) VIRTUAL,
  min_latency REAL,
  max_latency REAL,
  total_tokens_input INTEGER NOT NULL DEFAULT 0,
  total_tokens_output INTEGER NOT NULL DEFAULT 0,
  avg_tokens_per_request REAL GENERATED ALWAYS AS
    (CAST(total_tokens_input + total_tokens_output AS REAL) / NULLIF(total_requests, 0)) VIRTUAL,
  last_updated TEXT NOT NULL DEFAULT ${NOW},
  sample_size INTEGER GENERATED ALWAYS AS (total_requests) VIRTUAL,
  PRIMARY KEY (model, task_type, complexity)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS routing_outcomes_performance AFTER INSERT ON routing_outcomes
${CREDIT_OUTCOME}

CREATE TRIGGER IF NOT EXISTS routing_outcomes_judged AFTER UPDATE OF quality_score ON routing_outcomes
WHEN NEW.quality_score IS NOT OLD.quality_score
BEGIN
  UPDATE model_performance SET
    quality_sum = quality_sum - COALESCE(OLD.quality_score, 0) + COALESCE(NEW.quality_score, 0),
    quality_count = quality_count - (OLD.quality_score IS NOT NULL) + (NEW.quality_score IS NOT NULL),
    min_quality_score = CASE WHEN total_requests = 1 THEN NEW.quality_score
      ELSE MIN(COALESCE(min_quality_score, NEW.quality_score), COALESCE(NEW.quality_score, min_quality_score)) END,
    max_quality_score = CASE WHEN total_requests = 1 THEN NEW.quality_score
      ELSE MAX(COALESCE(max_quality_score, NEW.quality_score), COALESCE(NEW.quality_score, max_quality_score)) END
  WHERE model = NEW.answered_by AND task_type = NEW.task_type AND complexity = NEW.complexity;
END;

CREATE TRIGGER IF NOT EXISTS routing_outcomes_complete AFTER INSERT ON routing_outcomes
WHEN length(NEW.created_at) <> 24 OR NEW.answered_by IS NULL OR NEW.task_type IS NULL OR NEW.complexity IS NULL
  OR (NEW.actual_cost_nano IS NULL AND NEW.actual_cost IS NOT NULL)
BEGIN
  UPDATE routing_outcomes SET
    created_at = ${isoTimeSql('created_at')},
    answered_by = ${ANSWERED_BY},
    task_type = ${TASK_TYPE},
    complexity = ${COMPLEXITY},
    actual_cost_nano = ${COST_NANO}
  WHERE rowid = NEW.rowid;
END;
`;

/** The views a person reads in the `sqlite3` shell; money in USD. */
export const VIEWS = `
CREATE VIEW IF NOT EXISTS v_daily_costs AS
SELECT
  substr(hour, 1, 10) AS date, -- UTC
  model,
  SUM(requests) AS requests,
  -- requests without a price are counted but are in no sum; a day of nothing else has no cost, not a cost of 0
  CASE WHEN SUM(requests) > SUM(unpriced_requests) THEN SUM(cost_nano) / 1e9 END AS total_cost,
  SUM(cost_nano) / 1e9 / NULLIF(SUM(requests) - SUM(unpriced_requests), 0) AS avg_cost,
  SUM(tokens_input + tokens_output) AS total_tokens
FROM cost_hours
GROUP BY substr(hour, 1, 10), model
ORDER BY date DESC, total_cost DESC;

CREATE VIEW IF NOT EXISTS v_model_summary AS
SELECT
  model,
  task_type,
  SUM(total_requests) AS total_requests,
  ROUND(100.0 * SUM(successful_requests) / SUM(total_requests), 2) AS success_rate_pct,
  SUM(quality_sum) / NULLIF(SUM(quality_count), 0) AS avg_quality,
  SUM(total_cost_nano) / 1e9 / NULLIF(SUM(priced_requests), 0) AS avg_cost,
  SUM(latency_sum) / NULLIF(SUM(latency_count), 0) AS avg_latency,
  MAX(last_updated) AS last_updated
FROM model_performance
GROUP BY model, task_type
ORDER BY total_requests DESC;

CREATE VIEW IF NOT EXISTS v_budget_status AS
SELECT
  daily_limit,
  daily_spent,
  ROUND(100.0 * daily_spent / NULLIF(daily_limit, 0), 2) AS daily_usage_pct,
  monthly_limit,
  monthly_spent,
  ROUND(100.0 * monthly_spent / NULLIF(monthly_limit, 0), 2) AS monthly_usage_pct,
  daily_exceeded,
  monthly_exceeded,
  period_start, -- the newest day that was used; spending is of that day and its month
  period_end
FROM budget_tracking
WHERE scope = 'all'
ORDER BY period_start DESC
LIMIT 1;

CREATE VIEW IF NOT EXISTS v_fallback_rates AS
SELECT
  primary_model,
  COUNT(*) AS fallback_events,
  SUM(fallback_success) AS successful_fallbacks,
  ROUND(100.0 * SUM(fallback_success) / COUNT(*), 2) AS success_rate_pct,
  COUNT(DISTINCT fallback_model) AS unique_fallback_models
FROM fallback_events
GROUP BY primary_model
ORDER BY fallback_events DESC;
`;
