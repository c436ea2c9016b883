import { NOW } from './schema-expressions.ts';

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
