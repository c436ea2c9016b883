import { completeRowsTrigger, inIsoForm, inNano, NEW_ID, NOW } from './schema-expressions.ts';

const COST_NANO = `COALESCE(NEW.cost_nano, ${inNano('NEW.cost')})`;

/** The ledger, and its sums per hour: reports at a million rows read the sums, not the rows. */
export const COST_TABLES: string = `
CREATE TABLE IF NOT EXISTS cost_tracking (
  -- The ledger: one row per charge, only ever added. cost is NULL for a model without a price, never 0.
  -- A correction's money and tokens are what must be added to the row it corrects, so they may be negative; it is no request.
  -- tokens_input holds all input (cached parts included), tokens_output all output (reasoning included).
  -- routing_id names routing_decisions.id; it is not enforced, a charge is durable before its batched decision.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  cost REAL, -- USD
  cost_nano INTEGER CHECK (cost_nano >= 0 OR kind = 'correction'), -- exact, 1e-9 USD
  cost_input REAL,
  cost_input_nano INTEGER CHECK (cost_input_nano >= 0 OR kind = 'correction'),
  cost_output REAL,
  cost_output_nano INTEGER CHECK (cost_output_nano >= 0 OR kind = 'correction'),
  tokens_input INTEGER NOT NULL DEFAULT 0,
  tokens_output INTEGER NOT NULL DEFAULT 0,
  tokens_total INTEGER GENERATED ALWAYS AS (tokens_input + tokens_output) VIRTUAL,
  tokens_cache_read INTEGER NOT NULL DEFAULT 0, -- parts of tokens_input
  tokens_cache_write_5m INTEGER NOT NULL DEFAULT 0,
  tokens_cache_write_1h INTEGER NOT NULL DEFAULT 0,
  tokens_reasoning INTEGER NOT NULL DEFAULT 0, -- part of tokens_output
  per_use TEXT CHECK (per_use IS NULL OR json_valid(per_use)), -- JSON, counts billed per use
  unknown_usage TEXT CHECK (unknown_usage IS NULL OR json_valid(unknown_usage)), -- JSON, usage nobody here knows
  is_estimated INTEGER NOT NULL DEFAULT 0 CHECK (is_estimated IN (0, 1)),
  service_tier TEXT, -- batch, priority or flex; NULL: standard
  region TEXT, -- whose rates apply; NULL: the provider's global rates
  price_version TEXT, -- price_book.version the row was priced with
  kind TEXT NOT NULL DEFAULT 'charge' CHECK (kind IN ('charge', 'correction')),
  corrects TEXT, -- id of the row a correction corrects
  reason TEXT, -- why
  key_id TEXT, -- virtual key the request came with
  team TEXT,
  session_id TEXT,
  tags TEXT CHECK (tags IS NULL OR json_valid(tags)), -- JSON array
  attempt INTEGER,
  budget_handled INTEGER NOT NULL DEFAULT 0 CHECK (budget_handled IN (0, 1)), -- 1: the writer saw to budget_spend
  task_id TEXT,
  routing_id TEXT,
  created_at TEXT NOT NULL DEFAULT ${NOW},
  date_only TEXT GENERATED ALWAYS AS (substr(created_at, 1, 10)) VIRTUAL -- UTC
) STRICT;
CREATE INDEX IF NOT EXISTS cost_tracking_by_time ON cost_tracking (created_at);

CREATE TABLE IF NOT EXISTS cost_hours (
  -- Sums of cost_tracking per UTC hour, kept by trigger.
  hour TEXT NOT NULL, -- 2026-11-24T09
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  requests INTEGER NOT NULL,
  unpriced_requests INTEGER NOT NULL,
  cost_nano INTEGER NOT NULL,
  tokens_input INTEGER NOT NULL,
  tokens_output INTEGER NOT NULL,
  PRIMARY KEY (hour, model, task_type)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER IF NOT EXISTS cost_tracking_hours AFTER INSERT ON cost_tracking
BEGIN
  INSERT INTO cost_hours (hour, model, task_type, requests, unpriced_requests, cost_nano, tokens_input, tokens_output)
  VALUES (
    strftime('%Y-%m-%dT%H', NEW.created_at), NEW.model, NEW.task_type, NEW.kind = 'charge', NEW.kind = 'charge' AND ${COST_NANO} IS NULL,
    COALESCE(${COST_NANO}, 0), NEW.tokens_input, NEW.tokens_output)
  ON CONFLICT (hour, model, task_type) DO UPDATE SET
    requests = requests + excluded.requests,
    unpriced_requests = unpriced_requests + excluded.unpriced_requests,
    cost_nano = cost_nano + excluded.cost_nano,
    tokens_input = tokens_input + excluded.tokens_input,
    tokens_output = tokens_output + excluded.tokens_output;
END;

-- A charge written by hand counts against the budget of its day and month, when one was in force.
CREATE TRIGGER IF NOT EXISTS cost_tracking_budget AFTER INSERT ON cost_tracking
WHEN NEW.budget_handled = 0 AND COALESCE(NEW.cost_nano, NEW.cost) IS NOT NULL
BEGIN
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, day_key, ${COST_NANO} FROM budget_tracking
  WHERE scope = 'all' AND period_start <= ${inIsoForm('NEW.created_at')} AND ${inIsoForm('NEW.created_at')} < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, month_key, ${COST_NANO} FROM budget_tracking
  WHERE scope = 'all' AND period_start <= ${inIsoForm('NEW.created_at')} AND ${inIsoForm('NEW.created_at')} < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_rows BEFORE DELETE ON cost_tracking
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are only ever added (drop the trigger cost_tracking_keeps_rows to delete them all the same)');
END;
${completeRowsTrigger('cost_tracking', ['cost', 'cost_input', 'cost_output'])}
`;
