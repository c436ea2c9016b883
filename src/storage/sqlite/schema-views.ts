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
