import { completeRowsTrigger, NEW_ID, NOW } from './schema-expressions.ts';

/** Tables of what was decided, how it went and what happened on the way. */
export const DECISION_TABLES: string = `
CREATE TABLE IF NOT EXISTS routing_decisions (
  -- Every routing choice made. Times are UTC, money is USD beside exact nano-dollars (1e-9 USD).
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
  task_hash TEXT NOT NULL, -- keyed hash: equal tasks can be counted, not read
  task_text TEXT, -- NULL unless the user turned capture on
  task_type TEXT NOT NULL,
  complexity TEXT NOT NULL CHECK (complexity IN ('simple', 'medium', 'complex', 'critical')),
  pattern TEXT NOT NULL CHECK (pattern IN ('single-shot', 'multi-step', 'iterative', 'chain-of-thought')),
  model_selected TEXT NOT NULL,
  model_id TEXT NOT NULL DEFAULT '',
  confidence REAL NOT NULL CHECK (confidence BETWEEN 0 AND 100),
  estimated_cost REAL, -- USD; NULL: the model has no price
  estimated_cost_nano INTEGER CHECK (estimated_cost_nano >= 0),
  estimated_latency REAL NOT NULL DEFAULT 0, -- milliseconds
  estimated_tokens_input INTEGER NOT NULL DEFAULT 0,
  estimated_tokens_output INTEGER NOT NULL DEFAULT 0,
  reasoning TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(reasoning)), -- JSON array of sentences
  alternatives TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(alternatives)), -- JSON array of {model, score, reason}
  policy TEXT NOT NULL DEFAULT '',
  policy_version TEXT NOT NULL DEFAULT '',
  catalog_version TEXT NOT NULL DEFAULT '',
  propensity REAL NOT NULL DEFAULT 1 CHECK (propensity BETWEEN 0 AND 1), -- probability of this choice
  is_cached INTEGER NOT NULL DEFAULT 0 CHECK (is_cached IN (0, 1)),
  decision_time_ms REAL NOT NULL DEFAULT 0,
  features TEXT CHECK (features IS NULL OR json_valid(features)), -- JSON; what decided the classification
  created_at TEXT NOT NULL DEFAULT ${NOW},
  updated_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS routing_decisions_by_time ON routing_decisions (created_at);
CREATE INDEX IF NOT EXISTS routing_decisions_by_model ON routing_decisions
  (model_selected, task_type, complexity, created_at, is_cached, decision_time_ms);

CREATE TABLE IF NOT EXISTS routing_outcomes (
  -- How a decision turned out; at most one row per decision, feedback is added to it later.
  -- routing_id names routing_decisions.id. It is not enforced: a reset or the retention may remove a decision
  -- whose request is still under way, and what came of it must not be refused for that.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
  routing_id TEXT NOT NULL UNIQUE,
  success INTEGER NOT NULL CHECK (success IN (0, 1)),
  quality_score REAL CHECK (quality_score BETWEEN 0 AND 100), -- NULL: nobody judged
  answered_by TEXT, -- the model that answered, or failed last: it earns the credit, not the one chosen
  task_type TEXT,
  complexity TEXT,
  actual_cost REAL, -- USD; NULL: the model has no price
  actual_cost_nano INTEGER CHECK (actual_cost_nano >= 0),
  actual_latency REAL, -- milliseconds
  tokens_input INTEGER NOT NULL DEFAULT 0,
  tokens_output INTEGER NOT NULL DEFAULT 0,
  tokens_total INTEGER GENERATED ALWAYS AS (tokens_input + tokens_output) VIRTUAL,
  used_fallback INTEGER NOT NULL DEFAULT 0 CHECK (used_fallback IN (0, 1)),
  fallback_model TEXT,
  attempts INTEGER NOT NULL DEFAULT 1,
  error_message TEXT,
  error_code TEXT,
  user_rating INTEGER CHECK (user_rating BETWEEN 1 AND 5),
  user_comment TEXT,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS routing_outcomes_by_time ON routing_outcomes (created_at);

CREATE TABLE IF NOT EXISTS fallback_events (
  -- A model gave way to the next one.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
  routing_id TEXT,
  primary_model TEXT NOT NULL,
  primary_error TEXT NOT NULL DEFAULT '',
  fallback_model TEXT NOT NULL,
  fallback_success INTEGER NOT NULL CHECK (fallback_success IN (0, 1)),
  attempt_number INTEGER NOT NULL DEFAULT 1,
  retry_delay_ms REAL NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS fallback_events_by_time ON fallback_events (created_at);
CREATE INDEX IF NOT EXISTS fallback_events_by_model ON fallback_events (primary_model, fallback_model, fallback_success);

CREATE TABLE IF NOT EXISTS rate_limit_events (
  -- A provider's limit was met.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
  model TEXT NOT NULL,
  limit_type TEXT NOT NULL,
  limit_value REAL,
  remaining REAL,
  reset_at TEXT,
  routing_id TEXT,
  error_message TEXT,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS rate_limit_events_by_time ON rate_limit_events (created_at);

CREATE TABLE IF NOT EXISTS archives (
  -- Rows the retention moved out of the tables above, each as JSON; read them with json_extract(row, '$.model_selected').
  source_table TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  row TEXT NOT NULL CHECK (json_valid(row)),
  PRIMARY KEY (source_table, id)
) STRICT;
CREATE INDEX IF NOT EXISTS archives_by_time ON archives (created_at);
${completeRowsTrigger('routing_decisions', ['estimated_cost'])}
${completeRowsTrigger('fallback_events', [])}
${completeRowsTrigger('rate_limit_events', [])}
`;
