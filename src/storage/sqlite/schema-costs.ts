import { completeRowsTriggerSql, isoTimeSql, NEW_ID, NOW, nanoUsdSql } from './columns.ts';

const SHOW_SPEND = `
  UPDATE budget_tracking SET
    daily_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    daily_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = ${NOW}
  WHERE scope = NEW.scope AND day_key = NEW.period_key;
  UPDATE budget_tracking SET
    monthly_spent_nano = NEW.settled_nano + NEW.unknown_nano,
    monthly_spent = (NEW.settled_nano + NEW.unknown_nano) / 1e9,
    updated_at = ${NOW}
  WHERE rowid = (
    SELECT rowid FROM budget_tracking
    WHERE scope = NEW.scope AND month_key = NEW.period_key ORDER BY day_key DESC LIMIT 1);`;

/** Limits as they were in force, what each period holds, and the money held for requests under way. */
export const BUDGET_TABLES: string = `
CREATE TABLE IF NOT EXISTS budget_tracking (
  -- One row per day with the limits in force and what was spent by then: a new day begins at 0 because it is a new
  -- row, and nothing ever sets spending back. Spent columns are kept by triggers on budget_spend.
  id TEXT NOT NULL PRIMARY KEY DEFAULT ${NEW_ID},
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
  created_at TEXT NOT NULL DEFAULT ${NOW},
  updated_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS budget_tracking_by_day ON budget_tracking (scope, day_key);
CREATE INDEX IF NOT EXISTS budget_tracking_by_month ON budget_tracking (scope, month_key, day_key);

CREATE TABLE IF NOT EXISTS budget_spend (
  -- What each period holds, exactly, in nano-dollars. settled + unknown + reserved never passes the limit by a reservation.
  scope TEXT NOT NULL,
  period_key TEXT NOT NULL, -- 2026-11-24 (day), 2026-11 (month), an hour, a week, or total
  settled_nano INTEGER NOT NULL DEFAULT 0 CHECK (settled_nano >= 0),
  reserved_nano INTEGER NOT NULL DEFAULT 0 CHECK (reserved_nano >= 0),
  unknown_nano INTEGER NOT NULL DEFAULT 0 CHECK (unknown_nano >= 0), -- holds of processes that died, at their upper bound
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
CREATE INDEX IF NOT EXISTS reservations_under_way ON reservations (expires_at) WHERE state = 'reserved';
CREATE INDEX IF NOT EXISTS reservations_by_time ON reservations (created_at);

CREATE TABLE IF NOT EXISTS budget_alerts (
  -- Alerts that were given: a threshold speaks once per limit and period, over all processes.
  id TEXT NOT NULL PRIMARY KEY,
  created_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS price_book (
  -- Prices that rows of cost_tracking were priced with.
  version TEXT NOT NULL PRIMARY KEY,
  document TEXT NOT NULL CHECK (json_valid(document)), -- JSON
  created_at TEXT NOT NULL DEFAULT ${NOW} -- first used
) STRICT;

CREATE TRIGGER IF NOT EXISTS budget_spend_first AFTER INSERT ON budget_spend
WHEN NEW.settled_nano + NEW.unknown_nano > 0
BEGIN${SHOW_SPEND}
END;
CREATE TRIGGER IF NOT EXISTS budget_spend_more AFTER UPDATE OF settled_nano, unknown_nano ON budget_spend
BEGIN${SHOW_SPEND}
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
`;

/** What limits were in force beside the day's and the month's (JSON), and which row was saved last: a clock may go back. */
export const RULES_IN_FORCE: string = `
ALTER TABLE budget_tracking ADD COLUMN rules TEXT CHECK (rules IS NULL OR json_valid(rules));
ALTER TABLE budget_tracking ADD COLUMN save_number INTEGER NOT NULL DEFAULT 0;
`;

const COST_NANO = `COALESCE(NEW.cost_nano, ${nanoUsdSql('NEW.cost')})`;

/** How charges are added to those of their hour, model and type of task. */
export const ADD_CHARGES: string = `    requests = requests + excluded.requests,
    unpriced_requests = unpriced_requests + excluded.unpriced_requests,
    cost_nano = cost_nano + excluded.cost_nano,
    tokens_input = tokens_input + excluded.tokens_input,
    tokens_output = tokens_output + excluded.tokens_output`;

/** What a trigger does that counts each charge in its hour as it is written. */
export const COUNT_CHARGE: string = `BEGIN
  INSERT INTO cost_hours (hour, model, task_type, requests, unpriced_requests, cost_nano, tokens_input, tokens_output)
  VALUES (
    strftime('%Y-%m-%dT%H', NEW.created_at), NEW.model, NEW.task_type, NEW.kind = 'charge', NEW.kind = 'charge' AND ${COST_NANO} IS NULL,
    COALESCE(${COST_NANO}, 0), NEW.tokens_input, NEW.tokens_output)
  ON CONFLICT (hour, model, task_type) DO UPDATE SET
${ADD_CHARGES};
END;`;

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
${COUNT_CHARGE}

-- A charge written by hand counts against the budget of its day and month, when one was in force.
CREATE TRIGGER IF NOT EXISTS cost_tracking_budget AFTER INSERT ON cost_tracking
WHEN NEW.budget_handled = 0 AND COALESCE(NEW.cost_nano, NEW.cost) IS NOT NULL
BEGIN
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, day_key, ${COST_NANO} FROM budget_tracking
  WHERE scope = 'all' AND period_start <= ${isoTimeSql('NEW.created_at')} AND ${isoTimeSql('NEW.created_at')} < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
  INSERT INTO budget_spend (scope, period_key, settled_nano)
  SELECT scope, month_key, ${COST_NANO} FROM budget_tracking
  WHERE scope = 'all' AND period_start <= ${isoTimeSql('NEW.created_at')} AND ${isoTimeSql('NEW.created_at')} < period_end
  ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = settled_nano + excluded.settled_nano;
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_rows BEFORE DELETE ON cost_tracking
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are only ever added (drop the trigger cost_tracking_keeps_rows to delete them all the same)');
END;
${completeRowsTriggerSql('cost_tracking', ['cost', 'cost_input', 'cost_output'])}
`;

/** SQL that is true of a row as the ledger keeps it: complete, so that nothing has to be filled in any more. */
const IS_COMPLETE = [
	'length(OLD.created_at) = 24',
	'(OLD.cost IS NULL OR OLD.cost_nano IS NOT NULL)',
	'(OLD.cost_input IS NULL OR OLD.cost_input_nano IS NOT NULL)',
	'(OLD.cost_output IS NULL OR OLD.cost_output_nano IS NOT NULL)',
].join(' AND ');

/**
 * The ledger refuses changes as it refuses deletions. Rows leave it in one way: into an archive file, while their sums stay
 * here, so that reports and new rules count them as before.
 */
export const LEDGER_ARCHIVES: string = `
ALTER TABLE cost_tracking ADD COLUMN named_by TEXT; -- virtual key whose caller named tags and session; NULL: the program itself

CREATE TABLE IF NOT EXISTS ledger_archives (
  -- Files that hold rows moved out of cost_tracking (switchyard storage archive). Each is a routing database of its own.
  path TEXT NOT NULL PRIMARY KEY,
  before TEXT NOT NULL, -- rows older than this have been moved
  rows INTEGER NOT NULL DEFAULT 0,
  cost_nano INTEGER NOT NULL DEFAULT 0,
  is_moving INTEGER NOT NULL DEFAULT 0 CHECK (is_moving IN (0, 1)), -- 1 only within the transaction that removes rows
  created_at TEXT NOT NULL DEFAULT ${NOW},
  updated_at TEXT NOT NULL DEFAULT ${NOW}
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
CREATE INDEX IF NOT EXISTS archived_costs_by_time ON archived_costs (created_at);

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

DROP TRIGGER IF EXISTS cost_tracking_keeps_rows;
CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_rows BEFORE DELETE ON cost_tracking
WHEN NOT EXISTS (SELECT 1 FROM ledger_archives WHERE is_moving AND OLD.created_at < before)
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are only ever added; "switchyard storage archive" moves old ones into a file (drop the trigger cost_tracking_keeps_rows to delete them all the same)');
END;

CREATE TRIGGER IF NOT EXISTS cost_tracking_keeps_values BEFORE UPDATE ON cost_tracking
WHEN ${IS_COMPLETE}
BEGIN
  SELECT RAISE(ABORT, 'cost_tracking is a ledger: rows are never changed; add a row of the kind correction instead (drop the trigger cost_tracking_keeps_values to change them all the same)');
END;

-- INSERT OR REPLACE deletes without asking the triggers for deletion.
CREATE TRIGGER IF NOT EXISTS cost_tracking_replaces_nothing BEFORE INSERT ON cost_tracking
WHEN EXISTS (SELECT 1 FROM cost_tracking WHERE id = NEW.id)
BEGIN
  SELECT RAISE(IGNORE);
END;
`;

/** What providers say that calls cost, beside what they are priced at. */
export const PROVIDER_COSTS: string = `
ALTER TABLE cost_tracking ADD COLUMN provider_cost_nano INTEGER CHECK (provider_cost_nano >= 0); -- as the provider stated it
`;

/** What is durable of a call when its answer is: one row, in one place of the file. */
export const REQUEST_JOURNAL: string = `
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
`;

/** What processes have leased of limits: they hold money within their leases without writing. */
export const BUDGET_LEASES: string = `
CREATE TABLE IF NOT EXISTS lease_holders (
  -- Processes that lease money. One that does not renew in time is taken for dead: its leases become unknown spend.
  id TEXT NOT NULL PRIMARY KEY, -- never used again
  models TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(models)), -- JSON object: the most held at once for each model
  expires_at TEXT NOT NULL, -- renewed every 20 seconds
  created_at TEXT NOT NULL DEFAULT ${NOW}
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
CREATE INDEX IF NOT EXISTS budget_leases_recalled ON budget_leases (holder) WHERE recalled_at > 0;
`;

/** A call's charge is shown in `budget_tracking` when the journal is moved on, as in every other table a reader may look at. */
export const SPEND_SHOWN_LATER: string = `
ALTER TABLE budget_spend ADD COLUMN is_shown INTEGER NOT NULL DEFAULT 1 CHECK (is_shown IN (0, 1)); -- 0: budget_tracking does not show it yet, within a second it does
DROP TRIGGER IF EXISTS budget_spend_more;
CREATE TRIGGER IF NOT EXISTS budget_spend_more AFTER UPDATE OF settled_nano, unknown_nano, is_shown ON budget_spend
WHEN NEW.is_shown
BEGIN${SHOW_SPEND}
END;
`;
