import { ATTEMPT_TABLES } from './schema-attempts.ts';
import { BUDGET_TABLES, RULES_IN_FORCE } from './schema-budgets.ts';
import { COST_TABLES } from './schema-costs.ts';
import { DECISION_TABLES } from './schema-decisions.ts';
import { NOW } from './schema-expressions.ts';
import { GATEWAY_TABLES } from './schema-gateway.ts';
import { PERFORMANCE_TABLES } from './schema-performance.ts';
import { VIEWS } from './schema-views.ts';

/** One step from a version of the database to the next. A published step is never changed: a new one is added. */
export interface Migration {
	version: number;
	name: string;
	sql: string;
}

/** Where the database's own version is kept. */
export const MIGRATIONS_TABLE: string = `
CREATE TABLE IF NOT EXISTS migrations (
  -- What has been done to this database; the highest version is the database's version.
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
`;

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
	{
		version: 1,
		name: 'tables, triggers and views of the first release',
		sql: [DECISION_TABLES, PERFORMANCE_TABLES, BUDGET_TABLES, COST_TABLES, VIEWS].join('\n'),
	},
	{
		version: 2,
		name: 'the rules of the budget as they were in force',
		sql: RULES_IN_FORCE,
	},
	{ version: 3, name: 'virtual keys, and answers kept for their idempotency keys', sql: GATEWAY_TABLES },
	{ version: 4, name: 'every attempt', sql: ATTEMPT_TABLES },
];
