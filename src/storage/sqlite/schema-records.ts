import { completeRowsTriggerSql, NEW_ID, NOW } from './columns.ts';

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
${completeRowsTriggerSql('routing_decisions', ['estimated_cost'])}
${completeRowsTriggerSql('fallback_events', [])}
${completeRowsTriggerSql('rate_limit_events', [])}
`;

/** What was tried for each request. */
export const ATTEMPT_TABLES: string = `
CREATE TABLE IF NOT EXISTS attempts (
  -- Every call of a model, and every model that was passed over. What a call used stands in cost_tracking, whose
  -- routing_id and attempt name it. created_at: when it began.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
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
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS attempts_by_time ON attempts (created_at);
CREATE INDEX IF NOT EXISTS attempts_by_decision ON attempts (routing_id);
${completeRowsTriggerSql('attempts', ['cost'])}
`;

/** Virtual keys, and the answers given to requests that named an idempotency key. */
export const GATEWAY_TABLES: string = `
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
  created_at TEXT NOT NULL DEFAULT ${NOW},
  expires_at TEXT, -- NULL: never
  revoked_at TEXT -- NULL: in force
) STRICT;
CREATE INDEX IF NOT EXISTS api_keys_by_time ON api_keys (created_at);

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
  created_at TEXT NOT NULL DEFAULT ${NOW},
  expires_at TEXT NOT NULL, -- running: after this the claim may be taken over; answered: after this the answer is forgotten
  PRIMARY KEY (scope, key)
) STRICT;
CREATE INDEX IF NOT EXISTS idempotency_answers_by_end ON idempotency_answers (expires_at);
`;

/** When streams of a key's requests are committed to a model. */
export const KEY_COMMIT_POINTS: string = `
ALTER TABLE api_keys ADD COLUMN commit_point TEXT CHECK (commit_point IN ('first-output', 'whole-answer')); -- NULL: as the configuration says
`;

/** Whose a rating is: one caller's move what is shared by little. */
export const RATERS: string = `
ALTER TABLE routing_outcomes ADD COLUMN rated_by TEXT; -- virtual key of who judged; NULL: the operator
`;

/** What a decision was made from, so that it can be explained as it was. */
export const DECISION_CANDIDATES: string = `
ALTER TABLE routing_decisions ADD COLUMN policy_hash TEXT; -- equal hashes rank the same scored models alike; NULL: an earlier release wrote the row
ALTER TABLE routing_decisions ADD COLUMN propensity_kind TEXT CHECK (propensity_kind IN ('deterministic', 'exact', 'monte-carlo'));
ALTER TABLE routing_decisions ADD COLUMN candidates TEXT CHECK (json_valid(candidates)); -- JSON array of arrays, best first: model, total, capability, cost, latency, quality and historical score, expected quality, its low, its high, cost in nano-dollars, milliseconds to the last token
ALTER TABLE routing_decisions ADD COLUMN exclusions TEXT CHECK (json_valid(exclusions)); -- JSON array of {model, reason, message}
ALTER TABLE routing_decisions ADD COLUMN inputs TEXT CHECK (json_valid(inputs)); -- JSON object: the task as it was described, without its text, and what outcomes had taught
`;

/** Whose work it was, and what was seen of its answer: what learning goes by. */
export const WORKLOADS: string = `
ALTER TABLE routing_decisions ADD COLUMN workload TEXT; -- a name, or 16 hexadecimal digits of a keyed hash; NULL: not known
ALTER TABLE routing_outcomes ADD COLUMN workload TEXT; -- as in the decision
ALTER TABLE routing_outcomes ADD COLUMN observed TEXT CHECK (json_valid(observed)); -- JSON array: what later requests showed of the answer
ALTER TABLE routing_outcomes ADD COLUMN scores TEXT CHECK (json_valid(scores)); -- JSON object: scores by name, 0-100 each
`;

/** What was changed by hand: limits that win over the configuration, and who has changed what. */
export const AUDIT_TABLES: string = `
CREATE TABLE IF NOT EXISTS stored_limits (
  -- Limits that were set here; each takes the place of the configured one with the same id.
  id TEXT NOT NULL PRIMARY KEY, -- whose spending and which period: 'all per day', 'key:7f3a9c2d1e40 per month'
  rule TEXT NOT NULL CHECK (json_valid(rule)), -- JSON object: scope, of, period, limit in USD, kind, atLimit
  author TEXT NOT NULL, -- api_keys.id, 'loopback' or 'command-line'
  author_name TEXT,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;

CREATE TABLE IF NOT EXISTS audit_log (
  -- Who has changed a key or a limit, when, and what was there before and after. Holds no secret.
  id INTEGER NOT NULL PRIMARY KEY, -- counts up: no entry is ever removed
  created_at TEXT NOT NULL DEFAULT ${NOW},
  author TEXT NOT NULL, -- api_keys.id, 'loopback' or 'command-line'
  author_name TEXT, -- what the key was called
  action TEXT NOT NULL, -- key-created, key-rotated, key-revoked, limit-set, limit-cleared
  target TEXT NOT NULL, -- api_keys.id or stored_limits.id
  value_before TEXT CHECK (value_before IS NULL OR json_valid(value_before)), -- NULL: there was nothing
  value_after TEXT CHECK (value_after IS NULL OR json_valid(value_after)) -- NULL: there is nothing any more
) STRICT;
CREATE TRIGGER IF NOT EXISTS audit_log_keeps_rows BEFORE DELETE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log: entries are only ever added (drop the trigger audit_log_keeps_rows to delete them all the same)');
END;
CREATE TRIGGER IF NOT EXISTS audit_log_keeps_values BEFORE UPDATE ON audit_log BEGIN
  SELECT RAISE(ABORT, 'audit_log: entries are never changed (drop the trigger audit_log_keeps_values to change them all the same)');
END;
`;

/** Experiments: what was asked, who was drawn into which arm, and what was counted of them. */
export const EXPERIMENT_TABLES: string = `
CREATE TABLE IF NOT EXISTS experiments (
  -- Comparisons of ways to answer requests. One runs at a time.
  name TEXT NOT NULL PRIMARY KEY,
  definition TEXT NOT NULL CHECK (json_valid(definition)), -- JSON object: arms, unit, question, margin, caps, alpha, …; never changed once it has started
  created_at TEXT NOT NULL DEFAULT ${NOW},
  freeze TEXT CHECK (freeze IS NULL OR json_valid(freeze)), -- JSON object: when it started, the hash of its definition and of each arm's policy, and what draws units into arms; NULL: not started
  ending TEXT CHECK (ending IS NULL OR json_valid(ending)) -- JSON object: when and why it ended, and its result; NULL: not ended
) STRICT;

CREATE TABLE IF NOT EXISTS experiment_units (
  -- Conversations or keys that were drawn into an arm. A unit is counted once, when its window is over, and never changes after that.
  experiment TEXT NOT NULL, -- experiments.name
  unit TEXT NOT NULL, -- salted hash of the conversation or key
  arm TEXT NOT NULL,
  probability REAL NOT NULL CHECK (probability > 0 AND probability <= 1), -- with which it was drawn into its arm
  created_at TEXT NOT NULL DEFAULT ${NOW}, -- its first request
  position INTEGER, -- counts up by one with each unit that is counted; NULL: not counted yet
  requests INTEGER, -- of its window, as all that follows
  is_leaked INTEGER CHECK (is_leaked IN (0, 1)), -- 1: one of them was answered in another arm
  quality_score REAL, -- mean of what was judged, 0-100; NULL: nothing was
  cost_nano REAL, -- mean in units of 1e-9 USD of those with a price; NULL: none has
  latency_ms REAL, -- mean of those that were answered; NULL: none was
  error_share REAL, -- share that failed, 0-1; NULL: none has ended
  PRIMARY KEY (experiment, unit)
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS experiment_units_by_position ON experiment_units (experiment, position) WHERE position IS NOT NULL;
CREATE INDEX IF NOT EXISTS experiment_units_waiting ON experiment_units (experiment, created_at) WHERE position IS NULL;

CREATE TABLE IF NOT EXISTS experiment_requests (
  -- Decisions that were made in an arm.
  routing_id TEXT NOT NULL PRIMARY KEY, -- routing_decisions.id
  experiment TEXT NOT NULL, -- experiments.name
  unit TEXT NOT NULL, -- as in experiment_units
  arm TEXT NOT NULL, -- that it was answered in; experiment_units has the one that its unit was drawn into
  probability REAL NOT NULL,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS experiment_requests_by_unit ON experiment_requests (experiment, unit);
CREATE INDEX IF NOT EXISTS experiment_requests_by_time ON experiment_requests (created_at);
`;

/** Requests that another model was asked beside the one that answered. */
export const SHADOW_TABLE: string = `
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
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE INDEX IF NOT EXISTS shadow_comparisons_by_time ON shadow_comparisons (created_at);
`;

/** What models answered to the tasks of an evaluation, and what was said of it. */
export const EVALUATION_TABLES: string = `
CREATE TABLE IF NOT EXISTS evaluation_runs (
  -- One comparison of models on one's own tasks: what was compared, frozen at its start.
  id TEXT NOT NULL PRIMARY KEY,
  plan TEXT NOT NULL CHECK (json_valid(plan)), -- JSON object: source, tasks (hashes by id), arms, judge, maxOutputTokens, seed
  budget_nano INTEGER NOT NULL CHECK (budget_nano >= 0), -- all of it may cost so much, judge included
  learned_at TEXT, -- from then on its checked answers count for learning; NULL: they do not
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;

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
  created_at TEXT NOT NULL DEFAULT ${NOW},
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
  created_at TEXT NOT NULL DEFAULT ${NOW},
  UNIQUE (run_id, task_id, pair)
) STRICT;
`;

/** Which process works on a run of an evaluation. */
export const EVALUATION_CLAIMS: string = `
ALTER TABLE evaluation_runs ADD COLUMN claimed_by TEXT; -- the process that works on it now; NULL: none does
ALTER TABLE evaluation_runs ADD COLUMN claimed_until TEXT; -- UTC; from then on another one may
`;
