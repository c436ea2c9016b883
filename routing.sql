-- Generated from src/storage/sqlite; do not edit, run: npm run generate
--
-- Makes the routing database, or does nothing to one that is there: no row is ever changed, run it as often as you like.
--   sqlite3 .claude/orchestration/db/routing.db < routing.sql
-- Needs SQLite 3.38 or newer. Times are UTC, money is USD beside exact integers of 1e-9 USD (columns named ..._nano).

PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
BEGIN IMMEDIATE;

CREATE TABLE IF NOT EXISTS migrations (
  -- What has been done to this database; the highest version is the database's version.
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS routing_decisions (
  -- Every routing choice made. Times are UTC, money is USD beside exact nano-dollars (1e-9 USD).
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
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
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
, policy_hash TEXT, propensity_kind TEXT CHECK (propensity_kind IN ('deterministic', 'exact', 'monte-carlo')), candidates TEXT CHECK (json_valid(candidates)), exclusions TEXT CHECK (json_valid(exclusions)), inputs TEXT CHECK (json_valid(inputs)), workload TEXT, evidence BLOB) STRICT;

CREATE TABLE IF NOT EXISTS routing_outcomes (
  -- How a decision turned out; at most one row per decision, feedback is added to it later.
  -- routing_id names routing_decisions.id. It is not enforced: a reset or the retention may remove a decision
  -- whose request is still under way, and what came of it must not be refused for that.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
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
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
, rated_by TEXT, workload TEXT, observed TEXT CHECK (json_valid(observed)), scores TEXT CHECK (json_valid(scores))) STRICT;

CREATE TABLE IF NOT EXISTS fallback_events (
  -- A model gave way to the next one.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  routing_id TEXT,
  primary_model TEXT NOT NULL,
  primary_error TEXT NOT NULL DEFAULT '',
  fallback_model TEXT NOT NULL,
  fallback_success INTEGER NOT NULL CHECK (fallback_success IN (0, 1)),
  attempt_number INTEGER NOT NULL DEFAULT 1,
  retry_delay_ms REAL NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS rate_limit_events (
  -- A provider's limit was met.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  model TEXT NOT NULL,
  limit_type TEXT NOT NULL,
  limit_value REAL,
  remaining REAL,
  reset_at TEXT,
  routing_id TEXT,
  error_message TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS archives (
  -- Rows the retention moved out of the tables above, each as JSON; read them with json_extract(row, '$.model_selected').
  source_table TEXT NOT NULL,
  id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  row TEXT NOT NULL CHECK (json_valid(row)),
  PRIMARY KEY (source_table, id)
) STRICT;

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
  last_updated TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  sample_size INTEGER GENERATED ALWAYS AS (total_requests) VIRTUAL,
  PRIMARY KEY (model, task_type, complexity)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS budget_tracking (
  -- One row per day with the limits in force and what was spent by then: a new day begins at 0 because it is a new
  -- row, and nothing ever sets spending back. Spent columns are kept by triggers on budget_spend.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  scope TEXT NOT NULL DEFAULT 'all', -- whose money
  day_key TEXT NOT NULL DEFAULT (strftime('%Y-%m-%d', 'now')), -- the day in the budget's time zone
  month_key TEXT NOT NULL DEFAULT (strftime('%Y-%m', 'now')),
  daily_limit REAL NOT NULL, -- USD
  monthly_limit REAL NOT NULL,
  per_request_limit REAL, -- NULL: none
  daily_spent REAL NOT NULL DEFAULT 0, -- USD, unknown spend of dead processes included
  daily_spent_nano INTEGER NOT NULL DEFAULT 0,
  monthly_spent REAL NOT NULL DEFAULT 0, -- up to the end of this day
  monthly_spent_nano INTEGER NOT NULL DEFAULT 0,
  daily_warning_threshold REAL NOT NULL DEFAULT 75, -- percent
  monthly_warning_threshold REAL NOT NULL DEFAULT 80,
  daily_exceeded INTEGER GENERATED ALWAYS AS (daily_spent >= daily_limit) VIRTUAL,
  monthly_exceeded INTEGER GENERATED ALWAYS AS (monthly_spent >= monthly_limit) VIRTUAL,
  period_start TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT00:00:00.000Z', 'now')), -- of the day, UTC
  period_end TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT00:00:00.000Z', 'now', '+1 day')),
  timezone TEXT NOT NULL DEFAULT 'UTC',
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
, rules TEXT CHECK (rules IS NULL OR json_valid(rules)), save_number INTEGER NOT NULL DEFAULT 0) STRICT;

CREATE TABLE IF NOT EXISTS budget_spend (
  -- What each period holds, exactly, in nano-dollars. settled + unknown + reserved never passes the limit by a reservation.
  scope TEXT NOT NULL,
  period_key TEXT NOT NULL, -- 2026-11-24 (day), 2026-11 (month), an hour, a week, or total
  settled_nano INTEGER NOT NULL DEFAULT 0 CHECK (settled_nano >= 0),
  reserved_nano INTEGER NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
  unknown_nano INTEGER NOT NULL DEFAULT 0 CHECK (unknown_nano >= 0), is_shown INTEGER NOT NULL DEFAULT 1 CHECK (is_shown IN (0, 1)), -- holds of processes that died, at their upper bound
  PRIMARY KEY (scope, period_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS reservations (
  -- Money held for one attempt: reserved, then settled, released or expired.
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'expired')),
  amount_nano INTEGER NOT NULL CHECK (amount_nano >= 0),
  periods TEXT NOT NULL CHECK (json_valid(periods)), -- JSON array of [scope, period_key]
  model TEXT,
  routing_id TEXT,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS budget_alerts (
  -- Alerts that were given: a threshold speaks once per limit and period, over all processes.
  id TEXT NOT NULL PRIMARY KEY,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS price_book (
  -- Prices that rows of cost_tracking were priced with.
  version TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)), -- JSON
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')) -- first used
) STRICT;

CREATE TABLE IF NOT EXISTS cost_tracking (
  -- The ledger: one row per charge, only ever added. cost is NULL for a model without a price, never 0.
  -- A correction's money and tokens are what must be added to the row it corrects, so they may be negative; it is no request.
  -- tokens_input holds all input (cached parts included), tokens_output all output (reasoning included).
  -- routing_id names routing_decisions.id; it is not enforced, a charge is durable before its batched decision.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
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
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  date_only TEXT GENERATED ALWAYS AS (substr(created_at, 1, 10)) VIRTUAL -- UTC
, named_by TEXT, provider_cost_nano INTEGER CHECK (provider_cost_nano >= 0)) STRICT;

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

CREATE TABLE IF NOT EXISTS api_keys (
  -- Virtual keys. The secret is nowhere: only its hash, from which it cannot be computed (it has 256 random bits).
  id TEXT NOT NULL PRIMARY KEY, -- public part of the key; cost_tracking.key_id
  name TEXT NOT NULL, -- what a person calls it
  secret_hash TEXT NOT NULL CHECK (length(secret_hash) = 64), -- SHA-256, hex
  scopes TEXT NOT NULL CHECK (json_valid(scopes)), -- JSON array of route, read, admin
  team TEXT,
  tags TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)), -- JSON array
  requests_per_minute INTEGER, -- NULL: no limit
  tokens_per_minute INTEGER, -- NULL: no limit
  max_parallel INTEGER, -- NULL: no limit
  allowed_models TEXT CHECK (json_valid(allowed_models)), -- JSON array of names or aliases; NULL: all
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  expires_at TEXT, -- NULL: never
  revoked_at TEXT -- NULL: in force
, commit_point TEXT CHECK (commit_point IN ('first-output', 'whole-answer'))) STRICT;

CREATE TABLE IF NOT EXISTS idempotency_answers (
  -- Answers kept so that a request that is sent again is not executed again. Rows leave when expires_at has passed.
  scope TEXT NOT NULL, -- whose key it is: nobody is given another's answer
  key TEXT NOT NULL, -- as the caller sent it
  request_hash TEXT NOT NULL, -- SHA-256 of everything that decides the answer, hex
  state TEXT NOT NULL CHECK (state IN ('running', 'answered')),
  owner TEXT NOT NULL, -- the request that answers
  status INTEGER, -- HTTP status; NULL while running
  headers TEXT CHECK (json_valid(headers)), -- JSON object
  body BLOB, -- the whole answer, of a stream all its frames
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  expires_at TEXT NOT NULL, -- running: after this the claim may be taken over; answered: after this the answer is forgotten
  PRIMARY KEY (scope, key)
) STRICT;

CREATE TABLE IF NOT EXISTS attempts (
  -- Every call of a model, and every model that was passed over. What a call used stands in cost_tracking, whose
  -- routing_id and attempt name it. created_at: when it began.
  id TEXT NOT NULL PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))),
  routing_id TEXT, -- routing_decisions.id, not enforced (see routing_outcomes)
  number INTEGER NOT NULL DEFAULT 1 CHECK (number >= 1), -- within the request
  model TEXT NOT NULL,
  deployment TEXT, -- where it was called; NULL: the caller named no deployments
  outcome TEXT NOT NULL CHECK (outcome IN ('success', 'failure', 'skipped')),
  failure TEXT, -- kind of failure: rate-limit, overloaded, ...
  status INTEGER, -- HTTP status of the failure
  message TEXT, -- why it failed or was passed over; secrets are masked
  duration_ms REAL NOT NULL DEFAULT 0,
  delay_ms REAL NOT NULL DEFAULT 0, -- wait before it
  cost REAL, -- USD; NULL: nothing was settled, or the model has no price
  cost_nano INTEGER CHECK (cost_nano >= 0),
  is_estimated INTEGER NOT NULL DEFAULT 0 CHECK (is_estimated IN (0, 1)), -- 1: the usage was counted here
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS ledger_archives (
  -- Files that hold rows moved out of cost_tracking (switchyard storage archive). Each is a routing database of its own.
  path TEXT NOT NULL PRIMARY KEY,
  before TEXT NOT NULL, -- rows older than this have been moved
  rows INTEGER NOT NULL DEFAULT 0,
  cost_nano INTEGER NOT NULL DEFAULT 0,
  is_moving INTEGER NOT NULL DEFAULT 0 CHECK (is_moving IN (0, 1)), -- 1 only within the transaction that removes rows
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS archived_costs (
  -- Sums of the rows that were moved into archive files: per quarter of an hour (time zones differ by no less), model and
  -- whom the charges were for. cost_hours still counts these rows too.
  id INTEGER PRIMARY KEY,
  created_at TEXT NOT NULL, -- when the quarter of an hour began
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  key_id TEXT,
  team TEXT,
  session_id TEXT,
  tags TEXT CHECK (tags IS NULL OR json_valid(tags)),
  named_by TEXT,
  requests INTEGER NOT NULL,
  unpriced_requests INTEGER NOT NULL,
  cost_nano INTEGER NOT NULL,
  tokens_input INTEGER NOT NULL,
  tokens_output INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS grouped_writes (
  -- Holds a row only within a transaction that adds to cost_hours or model_performance itself, so that triggers do not.
  id INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE IF NOT EXISTS request_journal (
  -- Charges of calls that are durable and not in cost_tracking and attempts yet: whoever has the database open moves them there
  -- within a second, and whoever opens it moves what a dead process left. Columns as in those two tables.
  id TEXT NOT NULL PRIMARY KEY, -- of both rows
  routing_id TEXT,
  attempt INTEGER,
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  cost_nano INTEGER,
  cost_input_nano INTEGER,
  cost_output_nano INTEGER,
  tokens_input INTEGER NOT NULL,
  tokens_output INTEGER NOT NULL,
  tokens_cache_read INTEGER NOT NULL,
  tokens_cache_write_5m INTEGER NOT NULL,
  tokens_cache_write_1h INTEGER NOT NULL,
  tokens_reasoning INTEGER NOT NULL,
  per_use TEXT,
  unknown_usage TEXT,
  is_estimated INTEGER NOT NULL,
  service_tier TEXT,
  region TEXT,
  provider_cost_nano INTEGER,
  price_version TEXT,
  reason TEXT,
  key_id TEXT,
  team TEXT,
  session_id TEXT,
  tags TEXT,
  named_by TEXT,
  created_at TEXT NOT NULL,
  deployment TEXT,
  outcome TEXT NOT NULL,
  failure TEXT,
  status INTEGER,
  message TEXT,
  duration_ms REAL NOT NULL,
  delay_ms REAL NOT NULL,
  started_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS lease_holders (
  -- Processes that lease money. One that does not renew in time is taken for dead: its leases become unknown spend.
  id TEXT NOT NULL PRIMARY KEY, -- never used again
  models TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(models)), -- JSON object: the most held at once for each model
  expires_at TEXT NOT NULL, -- renewed every 20 seconds
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS budget_leases (
  -- What each of them leases of a counter, part of budget_spend.reserved_nano; it covers the holder's open holds.
  scope TEXT NOT NULL,
  period_key TEXT NOT NULL,
  holder TEXT NOT NULL, -- lease_holders.id
  amount_nano INTEGER NOT NULL CHECK (amount_nano > 0),
  recalled_at INTEGER, -- epoch ms when another holder wanted it back; -1: given back what is not held; NULL: nobody wants it
  PRIMARY KEY (scope, period_key, holder)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS stored_limits (
  -- Limits that were set here; each takes the place of the configured one with the same id.
  id TEXT NOT NULL PRIMARY KEY, -- whose spending and which period: 'all per day', 'key:7f3a9c2d1e40 per month'
  rule TEXT NOT NULL CHECK (json_valid(rule)), -- JSON object: scope, of, period, limit in USD, kind, atLimit
  author TEXT NOT NULL, -- api_keys.id, 'loopback' or 'command-line'
  author_name TEXT,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS audit_log (
  -- Who has changed a key or a limit, when, and what was there before and after. Holds no secret.
  id INTEGER NOT NULL PRIMARY KEY, -- counts up: no entry is ever removed
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  author TEXT NOT NULL, -- api_keys.id, 'loopback' or 'command-line'
  author_name TEXT, -- what the key was called
  action TEXT NOT NULL, -- key-created, key-rotated, key-revoked, limit-set, limit-cleared
  target TEXT NOT NULL, -- api_keys.id or stored_limits.id
  value_before TEXT CHECK (value_before IS NULL OR json_valid(value_before)), -- NULL: there was nothing
  value_after TEXT CHECK (value_after IS NULL OR json_valid(value_after)) -- NULL: there is nothing any more
) STRICT;

CREATE TABLE IF NOT EXISTS evaluation_runs (
  -- One comparison of models on one's own tasks: what was compared, frozen at its start.
  id TEXT NOT NULL PRIMARY KEY,
  plan TEXT NOT NULL CHECK (json_valid(plan)), -- JSON object: source, tasks (hashes by id), arms, judge, maxOutputTokens, seed
  budget_nano INTEGER NOT NULL CHECK (budget_nano >= 0), -- all of it may cost so much, judge included
  learned_at TEXT, -- from then on its checked answers count for learning; NULL: they do not
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
, claimed_by TEXT, claimed_until TEXT) STRICT;

CREATE TABLE IF NOT EXISTS evaluation_answers (
  run_id TEXT NOT NULL REFERENCES evaluation_runs (id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  model TEXT NOT NULL,
  task_type TEXT NOT NULL,
  complexity TEXT NOT NULL,
  answer TEXT, -- NULL: the call failed
  finish_reason TEXT NOT NULL DEFAULT '',
  quality_score REAL CHECK (quality_score BETWEEN 0 AND 100), -- what the check says; NULL: the judge is to say, or nobody could
  error_message TEXT, -- why the answer or its quality is missing: the row counts nowhere
  cost REAL, -- USD; NULL: the model has no price, or the call failed
  cost_nano INTEGER CHECK (cost_nano >= 0),
  latency REAL NOT NULL DEFAULT 0, -- milliseconds to the last token
  tokens_input INTEGER NOT NULL DEFAULT 0,
  tokens_output INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  UNIQUE (run_id, task_id, model)
) STRICT;

CREATE TABLE IF NOT EXISTS evaluation_verdicts (
  -- Pairs of answers that a judge model has compared in both orders.
  run_id TEXT NOT NULL REFERENCES evaluation_runs (id) ON DELETE CASCADE,
  task_id TEXT NOT NULL,
  pair TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('first', 'second', 'tie', 'abstain', 'error')),
  orders TEXT NOT NULL CHECK (json_valid(orders)), -- JSON array: what each reply said
  cost REAL, -- USD, both replies
  cost_nano INTEGER CHECK (cost_nano >= 0),
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  UNIQUE (run_id, task_id, pair)
) STRICT;

CREATE TABLE IF NOT EXISTS experiments (
  -- Comparisons of ways to answer requests. One runs at a time.
  name TEXT NOT NULL PRIMARY KEY,
  definition TEXT NOT NULL CHECK (json_valid(definition)), -- JSON object: arms, unit, question, margin, caps, alpha, …; never changed once it has started
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
  freeze TEXT CHECK (freeze IS NULL OR json_valid(freeze)), -- JSON object: when it started, the hash of its definition and of each arm's policy, and what draws units into arms; NULL: not started
  ending TEXT CHECK (ending IS NULL OR json_valid(ending)) -- JSON object: when and why it ended, and its result; NULL: not ended
) STRICT;

CREATE TABLE IF NOT EXISTS experiment_units (
  -- Conversations or keys that were drawn into an arm. A unit is counted once, when its window is over, and never changes after that.
  experiment TEXT NOT NULL, -- experiments.name
  unit TEXT NOT NULL, -- salted hash of the conversation or key
  arm TEXT NOT NULL,
  probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1), -- with which it was drawn into its arm
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')), -- its first request
  position INTEGER, -- counts up by one with each unit that is counted; NULL: not counted yet
  requests INTEGER, -- of its window, as all that follows
  is_leaked INTEGER CHECK (is_leaked IN (0, 1)), -- 1: one of them was answered in another arm
  quality_score REAL, -- mean of what was judged, 0-100; NULL: nothing was
  cost_nano REAL, -- mean in units of 1e-9 USD of those with a price; NULL: none has
  latency_ms REAL, -- mean of those that were answered; NULL: none was
  error_share REAL, -- share that failed, 0-1; NULL: none has ended
  PRIMARY KEY (experiment, unit)
) STRICT;

CREATE TABLE IF NOT EXISTS experiment_requests (
  -- Decisions that were made in an arm.
  routing_id TEXT NOT NULL PRIMARY KEY, -- routing_decisions.id
  experiment TEXT NOT NULL, -- experiments.name
  unit TEXT NOT NULL, -- as in experiment_units
  arm TEXT NOT NULL, -- that it was answered in; experiment_units has the one that its unit was drawn into
  probability REAL NOT NULL,
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE TABLE IF NOT EXISTS decision_texts (
  -- Texts that routing_decisions.evidence refers to by number: names of models, reasons, constraints.
  id INTEGER NOT NULL PRIMARY KEY, -- never used again: the highest one stays
  hash TEXT NOT NULL UNIQUE, -- of the text, 14 hexadecimal digits
  text TEXT NOT NULL,
  used_until TEXT NOT NULL -- no decision that refers to it is younger; the retention goes by it
) STRICT;

CREATE TABLE IF NOT EXISTS shadow_comparisons (
  -- Requests drawn for shadow evaluation, compared or dropped. No word of a request or an answer.
  id TEXT NOT NULL PRIMARY KEY, -- routing_decisions.id
  session_id TEXT, -- the conversation; NULL: none
  task_type TEXT NOT NULL,
  workload TEXT,
  model TEXT NOT NULL, -- that the caller was answered by
  shadow_model TEXT, -- that was asked beside it; NULL: none was
  judge TEXT,
  cause TEXT, -- why it was dropped; NULL: it was compared
  detail TEXT, -- the cause in a sentence
  verdict TEXT CHECK (verdict IN ('first', 'second', 'tie', 'abstain', 'error')), -- first: the caller's answer is better; NULL: not judged
  orders TEXT CHECK (json_valid(orders)), -- JSON array: what each reply said
  planted TEXT CHECK (json_valid(planted)), -- JSON object: a pair whose right verdict is known, and what the judge said of it
  lengths TEXT CHECK (json_valid(lengths)), -- JSON object: characters of both answers
  used_cost REAL, -- USD, what the caller's answer cost; NULL: its model has no price
  used_cost_nano INTEGER CHECK (used_cost_nano >= 0),
  cost REAL, -- USD, what the shadow's answer cost; 0: it was not called
  cost_nano INTEGER CHECK (cost_nano >= 0),
  judge_cost REAL, -- USD, what the judge's replies cost; 0: it was not called
  judge_cost_nano INTEGER CHECK (judge_cost_nano >= 0),
  latency REAL, -- milliseconds to the whole answer of the shadow
  created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

CREATE INDEX IF NOT EXISTS routing_decisions_by_time ON routing_decisions (created_at);

CREATE INDEX IF NOT EXISTS routing_decisions_by_model ON routing_decisions
  (model_selected, task_type, complexity, created_at, is_cached, decision_time_ms);

CREATE INDEX IF NOT EXISTS routing_outcomes_by_time ON routing_outcomes (created_at);

CREATE INDEX IF NOT EXISTS fallback_events_by_time ON fallback_events (created_at);

CREATE INDEX IF NOT EXISTS fallback_events_by_model ON fallback_events (primary_model, fallback_model, fallback_success);

CREATE INDEX IF NOT EXISTS rate_limit_events_by_time ON rate_limit_events (created_at);

CREATE INDEX IF NOT EXISTS archives_by_time ON archives (created_at);

CREATE UNIQUE INDEX IF NOT EXISTS budget_tracking_by_day ON budget_tracking (scope, day_key);

CREATE INDEX IF NOT EXISTS budget_tracking_by_month ON budget_tracking (scope, month_key, day_key);

CREATE INDEX IF NOT EXISTS reservations_under_way ON reservations (expires_at) WHERE state = 'reserved';

CREATE INDEX IF NOT EXISTS reservations_by_time ON reservations (created_at);

CREATE INDEX IF NOT EXISTS cost_tracking_by_time ON cost_tracking (created_at);

CREATE INDEX IF NOT EXISTS api_keys_by_time ON api_keys (created_at);

CREATE INDEX IF NOT EXISTS idempotency_answers_by_end ON idempotency_answers (expires_at);

CREATE INDEX IF NOT EXISTS attempts_by_time ON attempts (created_at);

CREATE INDEX IF NOT EXISTS attempts_by_decision ON attempts (routing_id);

CREATE INDEX IF NOT EXISTS archived_costs_by_time ON archived_costs (created_at);

CREATE INDEX IF NOT EXISTS budget_leases_recalled ON budget_leases (holder) WHERE recalled_at > 0;

CREATE UNIQUE INDEX IF NOT EXISTS experiment_units_by_position ON experiment_units (experiment, position) WHERE position IS NOT NULL;

CREATE INDEX IF NOT EXISTS experiment_units_waiting ON experiment_units (experiment, created_at) WHERE position IS NULL;

CREATE INDEX IF NOT EXISTS experiment_requests_by_unit ON experiment_requests (experiment, unit);

CREATE INDEX IF NOT EXISTS experiment_requests_by_time ON experiment_requests (created_at);

CREATE INDEX IF NOT EXISTS shadow_comparisons_by_time ON shadow_comparisons (created_at);

CREATE TRIGGER IF NOT EXISTS routing_decisions_complete AFTER INSERT ON routing_decisions
WHEN length(NEW.created_at) <> 24 OR (NEW.estimated_cost_nano IS NULL AND NEW.estimated_cost IS NOT NULL)
BEGIN
  UPDATE routing_decisions SET
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at),
    estimated_cost_nano = COALESCE(estimated_cost_nano, (CAST(round(estimated_cost * 1e9, 3) AS INTEGER) + (round(estimated_cost * 1e9, 3) > CAST(round(estimated_cost * 1e9, 3) AS INTEGER))))
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS fallback_events_complete AFTER INSERT ON fallback_events
WHEN length(NEW.created_at) <> 24
BEGIN
  UPDATE fallback_events SET
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at)
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS rate_limit_events_complete AFTER INSERT ON rate_limit_events
WHEN length(NEW.created_at) <> 24
BEGIN
  UPDATE rate_limit_events SET
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at)
  WHERE rowid = NEW.rowid;
END;

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
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at),
    answered_by = COALESCE(NEW.answered_by, CASE WHEN NEW.used_fallback THEN NEW.fallback_model END, (SELECT model_selected FROM routing_decisions WHERE id = NEW.routing_id)),
    task_type = COALESCE(NEW.task_type, (SELECT task_type FROM routing_decisions WHERE id = NEW.routing_id)),
    complexity = COALESCE(NEW.complexity, (SELECT complexity FROM routing_decisions WHERE id = NEW.routing_id)),
    actual_cost_nano = COALESCE(NEW.actual_cost_nano, (CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER) + (round(NEW.actual_cost * 1e9, 3) > CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER))))
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS budget_spend_first AFTER INSERT ON budget_spend
WHEN NEW.settled_nano + NEW.unknown_nano > 0
BEGIN
  UPDATE budget_tracking SET
    daily_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    daily_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  WHERE scope = NEW.scope AND day_key = NEW.period_key;
  UPDATE budget_tracking SET
    monthly_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    monthly_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  WHERE rowid = (
    SELECT rowid FROM budget_tracking
    WHERE scope = NEW.scope AND month_key = NEW.period_key ORDER BY day_key DESC LIMIT 1);
END;

CREATE TRIGGER IF NOT EXISTS budget_tracking_new_day AFTER INSERT ON budget_tracking
BEGIN
  UPDATE budget_tracking SET
    daily_spent_nano = spent.daily, daily_spent = spent.daily / 1e9,
    monthly_spent_nano = spent.monthly, monthly_spent = spent.monthly / 1e9
  FROM (
    SELECT
      COALESCE((SELECT settled_nano + unknown_nano FROM budget_spend WHERE scope = NEW.scope AND period_key = NEW.day_key), 0) AS daily,
      COALESCE((SELECT settled_nano + unknown_nano FROM budget_spend WHERE scope = NEW.scope AND period_key = NEW.month_key), 0) AS monthly
  ) AS spent
  WHERE budget_tracking.rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_budget AFTER INSERT ON cost_tracking
WHEN NEW.budget_handled = 0 AND COALESCE(NEW.cost_nano, NEW.cost) IS NOT NULL
BEGIN
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, day_key, COALESCE(NEW.cost_nano, (CAST(round(NEW.cost * 1e9, 3) AS INTEGER) + (round(NEW.cost * 1e9, 3) > CAST(round(NEW.cost * 1e9, 3) AS INTEGER)))) FROM budget_tracking
  WHERE scope = 'all' AND period_start <= strftime('%Y-%m-%dT%H:%M:%fZ', NEW.created_at) AND strftime('%Y-%m-%dT%H:%M:%fZ', NEW.created_at) < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, month_key, COALESCE(NEW.cost_nano, (CAST(round(NEW.cost * 1e9, 3) AS INTEGER) + (round(NEW.cost * 1e9, 3) > CAST(round(NEW.cost * 1e9, 3) AS INTEGER)))) FROM budget_tracking
  WHERE scope = 'all' AND period_start <= strftime('%Y-%m-%dT%H:%M:%fZ', NEW.created_at) AND strftime('%Y-%m-%dT%H:%M:%fZ', NEW.created_at) < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_complete AFTER INSERT ON cost_tracking
WHEN length(NEW.created_at) <> 24 OR (NEW.cost_nano IS NULL AND NEW.cost IS NOT NULL) OR (NEW.cost_input_nano IS NULL AND NEW.cost_input IS NOT NULL) OR (NEW.cost_output_nano IS NULL AND NEW.cost_output IS NOT NULL)
BEGIN
  UPDATE cost_tracking SET
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at),
    cost_nano = COALESCE(cost_nano, (CAST(round(cost * 1e9, 3) AS INTEGER) + (round(cost * 1e9, 3) > CAST(round(cost * 1e9, 3) AS INTEGER)))),
    cost_input_nano = COALESCE(cost_input_nano, (CAST(round(cost_input * 1e9, 3) AS INTEGER) + (round(cost_input * 1e9, 3) > CAST(round(cost_input * 1e9, 3) AS INTEGER)))),
    cost_output_nano = COALESCE(cost_output_nano, (CAST(round(cost_output * 1e9, 3) AS INTEGER) + (round(cost_output * 1e9, 3) > CAST(round(cost_output * 1e9, 3) AS INTEGER))))
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS attempts_complete AFTER INSERT ON attempts
WHEN length(NEW.created_at) <> 24 OR (NEW.cost_nano IS NULL AND NEW.cost IS NOT NULL)
BEGIN
  UPDATE attempts SET
    created_at = strftime('%Y-%m-%dT%H:%M:%fZ', created_at),
    cost_nano = COALESCE(cost_nano, (CAST(round(cost * 1e9, 3) AS INTEGER) + (round(cost * 1e9, 3) > CAST(round(cost * 1e9, 3) AS INTEGER))))
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_rows BEFORE DELETE ON cost_tracking
WHEN NOT EXISTS (SELECT 1 FROM ledger_archives WHERE is_moving AND OLD.created_at < before)
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are only ever added; "switchyard storage archive" moves old ones into a file (drop the trigger cost_tracking_keeps_rows to delete them all the same)');
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_values BEFORE UPDATE ON cost_tracking
WHEN length(OLD.created_at) = 24 AND (OLD.cost IS NULL OR OLD.cost_nano IS NOT NULL) AND (OLD.cost_input IS NULL OR OLD.cost_input_nano IS NOT NULL) AND (OLD.cost_output IS NULL OR OLD.cost_output_nano IS NOT NULL)
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are never changed; add a row of the kind correction instead (drop the trigger cost_tracking_keeps_values to change them all the same)');
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_replaces_nothing BEFORE INSERT ON cost_tracking
WHEN EXISTS (SELECT 1 FROM cost_tracking WHERE id = NEW.id)
BEGIN
  SELECT RAISE(IGNORE);
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_hours AFTER INSERT ON cost_tracking
WHEN NOT EXISTS (SELECT 1 FROM grouped_writes)
BEGIN
  INSERT INTO cost_hours (hour, model, task_type, requests, unpriced_requests, cost_nano, tokens_input, tokens_output)
  VALUES (
    strftime('%Y-%m-%dT%H', NEW.created_at), NEW.model, NEW.task_type, NEW.kind = 'charge', NEW.kind = 'charge' AND COALESCE(NEW.cost_nano, (CAST(round(NEW.cost * 1e9, 3) AS INTEGER) + (round(NEW.cost * 1e9, 3) > CAST(round(NEW.cost * 1e9, 3) AS INTEGER)))) IS NULL,
    COALESCE(COALESCE(NEW.cost_nano, (CAST(round(NEW.cost * 1e9, 3) AS INTEGER) + (round(NEW.cost * 1e9, 3) > CAST(round(NEW.cost * 1e9, 3) AS INTEGER)))), 0), NEW.tokens_input, NEW.tokens_output)
  ON CONFLICT (hour, model, task_type) DO UPDATE SET
    requests = requests + excluded.requests,
    unpriced_requests = unpriced_requests + excluded.unpriced_requests,
    cost_nano = cost_nano + excluded.cost_nano,
    tokens_input = tokens_input + excluded.tokens_input,
    tokens_output = tokens_output + excluded.tokens_output;
END;

CREATE TRIGGER IF NOT EXISTS routing_outcomes_performance AFTER INSERT ON routing_outcomes
WHEN NOT EXISTS (SELECT 1 FROM grouped_writes)
BEGIN
  INSERT INTO model_performance (
    model, task_type, complexity, total_requests, successful_requests, quality_sum, quality_count,
    min_quality_score, max_quality_score, total_cost_nano, priced_requests, latency_sum, latency_count,
    min_latency, max_latency, total_tokens_input, total_tokens_output, last_updated)
  SELECT
    COALESCE(NEW.answered_by, CASE WHEN NEW.used_fallback THEN NEW.fallback_model END, (SELECT model_selected FROM routing_decisions WHERE id = NEW.routing_id)),
    COALESCE(NEW.task_type, (SELECT task_type FROM routing_decisions WHERE id = NEW.routing_id)),
    COALESCE(NEW.complexity, (SELECT complexity FROM routing_decisions WHERE id = NEW.routing_id)),
    1, NEW.success, COALESCE(NEW.quality_score, 0), NEW.quality_score IS NOT NULL,
    NEW.quality_score, NEW.quality_score, COALESCE(COALESCE(NEW.actual_cost_nano, (CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER) + (round(NEW.actual_cost * 1e9, 3) > CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER)))), 0),
    COALESCE(NEW.actual_cost_nano, (CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER) + (round(NEW.actual_cost * 1e9, 3) > CAST(round(NEW.actual_cost * 1e9, 3) AS INTEGER)))) IS NOT NULL,
    COALESCE(NEW.actual_latency, 0), NEW.actual_latency IS NOT NULL,
    NEW.actual_latency, NEW.actual_latency, NEW.tokens_input, NEW.tokens_output, strftime('%Y-%m-%dT%H:%M:%fZ', NEW.created_at)
  -- nothing to credit: the row names no model and its decision is gone
  WHERE COALESCE(NEW.answered_by, CASE WHEN NEW.used_fallback THEN NEW.fallback_model END, (SELECT model_selected FROM routing_decisions WHERE id = NEW.routing_id)) IS NOT NULL AND COALESCE(NEW.task_type, (SELECT task_type FROM routing_decisions WHERE id = NEW.routing_id)) IS NOT NULL AND COALESCE(NEW.complexity, (SELECT complexity FROM routing_decisions WHERE id = NEW.routing_id)) IS NOT NULL
  ON CONFLICT (model, task_type, complexity) DO UPDATE SET
    total_requests = total_requests + 1,
    successful_requests = successful_requests + excluded.successful_requests,
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
    last_updated = MAX(last_updated, excluded.last_updated);
END;

CREATE TRIGGER IF NOT EXISTS audit_log_keeps_rows BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log: entries are only ever added (drop the trigger audit_log_keeps_rows to delete them all the same)');
END;

CREATE TRIGGER IF NOT EXISTS audit_log_keeps_values BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log: entries are never changed (drop the trigger audit_log_keeps_values to change them all the same)');
END;

CREATE TRIGGER IF NOT EXISTS budget_spend_more AFTER UPDATE OF settled_nano, unknown_nano, is_shown ON budget_spend
WHEN NEW.is_shown
BEGIN
  UPDATE budget_tracking SET
    daily_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    daily_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  WHERE scope = NEW.scope AND day_key = NEW.period_key;
  UPDATE budget_tracking SET
    monthly_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    monthly_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
  WHERE rowid = (
    SELECT rowid FROM budget_tracking
    WHERE scope = NEW.scope AND month_key = NEW.period_key ORDER BY day_key DESC LIMIT 1);
END;

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

CREATE VIEW IF NOT EXISTS v_charges AS
-- every charge that was ever made: the ledger's rows, and the sums of those in archive files
SELECT id, created_at, model, task_type, key_id, team, session_id, tags, named_by,
  kind = 'charge' AS requests, kind = 'charge' AND cost_nano IS NULL AS unpriced_requests,
  cost_nano, tokens_input, tokens_output
FROM cost_tracking
UNION ALL
SELECT 'archived ' || id, created_at, model, task_type, key_id, team, session_id, tags, named_by,
  requests, unpriced_requests, cost_nano, tokens_input, tokens_output
FROM archived_costs;

-- An older database keeps its version: it is brought up to date when the product opens it.
INSERT INTO migrations (version, name, checksum)
SELECT * FROM (VALUES (1, 'tables, triggers and views of the first release', '1074e9ec91ba51'), (2, 'the rules of the budget as they were in force', '17b70a54f19e3e'), (3, 'virtual keys, and answers kept for their idempotency keys', '1c2568443154f8'), (4, 'every attempt', '1b555f5ed2f592'), (5, 'a ledger that refuses changes, and archive files of it', '0bb6cbb2985de7'), (6, 'whose ratings are', '1e0e93a9824627'), (7, 'the cost that a provider states', '08dd033836b1eb'), (8, 'when streams of a key are committed to a model', '100e3de85e8c02'), (9, 'sums that are kept once a group of rows', '1fc8febe61879c'), (10, 'the journal of requests', '07c9da7cee1f47'), (11, 'leases of budgets', '1ce427d61a3732'), (12, 'the models that a decision chose among', '1d0c93f3b2c283'), (13, 'whose work it was, and what was seen of its answer', '1d2ca1328757d1'), (16, 'limits that were set by hand, and the audit log', '1996e1e0f75377'), (18, 'evaluations of models on the tasks of a user', '13082561ebcf74'), (19, 'experiments, and what was counted of them', '14ee4e12d4bf39'), (20, 'what decisions were made from, packed', '05e4cc86ebe63f'), (21, 'requests that another model was asked beside the one that answered', '1cd13913538f4d'), (22, 'spending that is shown when the journal is moved on', '1e2be84a023d64'), (23, 'which process works on a run of an evaluation', '1470d7f7ca206c')) WHERE NOT EXISTS (SELECT 1 FROM migrations);
COMMIT;
