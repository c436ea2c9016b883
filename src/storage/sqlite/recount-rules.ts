import type { BudgetScopeKind, RulePeriod } from '../../contracts/index.ts';
import { number, text } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** Where the ledger says whose a charge is. */
const OWNER: Readonly<Record<BudgetScopeKind, string>> = {
	all: `''`,
	key: 'key_id',
	team: 'team',
	tag: 'tag.value',
	session: 'session_id',
	model: 'model',
	'task-type': 'task_type',
};
const RAISE = `
INSERT INTO budget_spend (scope, period_key, settled_nano) VALUES (?, ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = MAX(settled_nano, excluded.settled_nano)`;

function sumsSql(kind: BudgetScopeKind): string {
	const owner = OWNER[kind];
	// a tag given twice on a row counts once
	const rows =
		kind === 'tag'
			? '(SELECT DISTINCT cost_tracking.rowid AS charge, cost_nano, created_at, tag.value AS owner FROM cost_tracking, json_each(tags) AS tag)'
			: `(SELECT cost_nano, created_at, ${owner} AS owner FROM cost_tracking)`;
	return `SELECT owner, SUM(cost_nano) AS nano FROM ${rows}
WHERE created_at >= ?1 AND owner IS NOT NULL AND (?2 IS NULL OR owner = ?2) GROUP BY owner HAVING SUM(cost_nano) > 0`;
}

/** Makes a counter hold at least an amount; only inside a write. */
export function raiseSpend(
	connection: SqliteConnection,
	counter: { scope: string; periodKey: string; nano: number },
): void {
	connection.run(RAISE, counter.scope, counter.periodKey, counter.nano);
}

/** Makes the counters of rules hold at least what the ledger holds since their periods began; only inside a write. */
export function recountRules(connection: SqliteConnection, rules: readonly RulePeriod[]): void {
	for (const { scope: kind, of, periodKey, startsAt } of rules) {
		for (const row of connection.rows(sumsSql(kind), toIsoTime(Math.max(0, startsAt)), of ?? null)) {
			const scope = kind === 'all' ? 'all' : `${kind}:${text(row, 'owner')}`;
			raiseSpend(connection, { scope, periodKey, nano: number(row, 'nano') });
		}
	}
}
