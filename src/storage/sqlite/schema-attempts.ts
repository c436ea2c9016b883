import { completeRowsTrigger, NEW_ID, NOW } from './schema-expressions.ts';

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
${completeRowsTrigger('attempts', ['cost'])}
`;
