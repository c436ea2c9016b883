import type { BudgetConfig, BudgetKeys, BudgetRule, BudgetScopeKind, RulePeriod } from '../../contracts/index.ts';
import { getNumber, getText, getTextOrNull, toIsoTime } from './columns.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const SAVE = `
INSERT INTO budget_tracking (
  id, scope, day_key, month_key, daily_limit, monthly_limit, per_request_limit,
  daily_warning_threshold, monthly_warning_threshold, period_start, period_end, timezone, rules, save_number)
VALUES (?, 'all', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(save_number), 0) + 1 FROM budget_tracking))
ON CONFLICT (scope, day_key) DO UPDATE SET
  month_key = excluded.month_key,
  daily_limit = excluded.daily_limit,
  monthly_limit = excluded.monthly_limit,
  per_request_limit = excluded.per_request_limit,
  daily_warning_threshold = excluded.daily_warning_threshold,
  monthly_warning_threshold = excluded.monthly_warning_threshold,
  period_start = excluded.period_start,
  period_end = excluded.period_end,
  timezone = excluded.timezone,
  rules = excluded.rules,
  save_number = excluded.save_number,
  updated_at = excluded.updated_at`;

const IN_FORCE = `
SELECT timezone, rules FROM budget_tracking WHERE scope = 'all' ORDER BY save_number DESC, updated_at DESC LIMIT 1`;
const IN_LEDGER = 'SELECT COALESCE(SUM(cost_nano), 0) AS nano FROM cost_tracking WHERE created_at >= ?';

/** Writes the day's row of budget_tracking: new limits, spending untouched but for a change of zone or rules. Only inside a write. */
export function saveLimits(connection: SqliteConnection, config: BudgetConfig, keys: BudgetKeys): void {
	recountChanges(connection, config, keys);
	connection.run(
		SAVE,
		`all:${keys.dayKey}`,
		keys.dayKey,
		keys.monthKey,
		config.dailyLimit,
		config.monthlyLimit,
		config.perRequestLimit ?? null,
		config.alerts.dailyWarning,
		config.alerts.monthlyWarning,
		toIsoTime(keys.startsAt),
		toIsoTime(keys.endsAt),
		config.timezone,
		JSON.stringify(config.rules ?? []),
	);
}

/**
 * Makes the current periods count at least what the ledger holds since they began, after a change: of the time zone
 * (spending is not forgotten because days begin elsewhere), or a new rule (what was spent before it counts too).
 */
function recountChanges(connection: SqliteConnection, config: BudgetConfig, keys: BudgetKeys): void {
	const { dayKey, monthKey, startsAt, monthStartsAt = startsAt, rules = [] } = keys;
	const before = connection.row(IN_FORCE);
	const isMoved = before !== null && getText(before, 'timezone') !== config.timezone;
	if (isMoved) {
		recountPeriod(connection, dayKey, startsAt);
		recountPeriod(connection, monthKey, monthStartsAt);
	}
	const known = before === null || isMoved ? new Set<string>() : getRuleNames(before);
	for (const rule of rules) if (!known.has(toRuleName(rule))) recountRule(connection, rule);
}

/** Names of the rules that a row has; none of a row from before rules were kept. */
function getRuleNames(row: SqlRow): ReadonlySet<string> {
	const rules = getTextOrNull(row, 'rules');
	// written by SAVE
	return new Set(rules === null ? [] : (JSON.parse(rules) as BudgetRule[]).map(toRuleName));
}

function toRuleName({ scope, of, period }: Pick<BudgetRule, 'scope' | 'of' | 'period'>): string {
	return JSON.stringify([scope, of ?? null, period]);
}

function recountPeriod(connection: SqliteConnection, periodKey: string, since: number): void {
	const nano = getNumber(connection.row(IN_LEDGER, toIsoTime(since)) ?? {}, 'nano');
	if (nano > 0) connection.run(RAISE, 'all', periodKey, nano);
}

function recountRule(connection: SqliteConnection, { scope: kind, of, periodKey, startsAt }: RulePeriod): void {
	for (const row of connection.rows(toOwnerSums(kind), toIsoTime(Math.max(0, startsAt)), of ?? null)) {
		const scope = kind === 'all' ? 'all' : `${kind}:${getText(row, 'owner')}`;
		connection.run(RAISE, scope, periodKey, getNumber(row, 'nano'));
	}
}

/** Raises a counter to an amount, unless it holds more. */
const RAISE = `
INSERT INTO budget_spend (scope, period_key, settled_nano) VALUES (?, ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = MAX(settled_nano, excluded.settled_nano)`;

/** Columns of the ledger that name whose a charge is. */
const OWNER_COLUMN: Readonly<Record<Exclude<BudgetScopeKind, 'tag'>, string>> = {
	all: `''`,
	key: 'key_id',
	team: 'team',
	session: 'session_id',
	model: 'model',
	'task-type': 'task_type',
};

/** SQL for the sums of each owner, or of the one that is asked for. */
function toOwnerSums(kind: BudgetScopeKind): string {
	// a tag given twice on a row counts once
	const rows =
		kind === 'tag'
			? '(SELECT DISTINCT cost_tracking.rowid AS charge, cost_nano, created_at, tag.value AS owner FROM cost_tracking, json_each(tags) AS tag)'
			: `(SELECT cost_nano, created_at, ${OWNER_COLUMN[kind]} AS owner FROM cost_tracking)`;
	return `SELECT owner, SUM(cost_nano) AS nano FROM ${rows}
WHERE created_at >= ?1 AND owner IS NOT NULL AND (?2 IS NULL OR owner = ?2) GROUP BY owner HAVING SUM(cost_nano) > 0`;
}
