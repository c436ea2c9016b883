import { NEW_ID, NOW } from './schema-expressions.ts';

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
