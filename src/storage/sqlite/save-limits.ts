import type { BudgetConfig, BudgetRule, BudgetScopeKind, RulePeriod } from '../../contracts/index.ts';
import { getNumber, getText, getTextOrNull, toIsoTime } from './columns.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

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
function raiseSpend(connection: SqliteConnection, counter: { scope: string; periodKey: string; nano: number }): void {
	connection.run(RAISE, counter.scope, counter.periodKey, counter.nano);
}

/** Makes the counters of rules hold at least what the ledger holds since their periods began; only inside a write. */
function recountRules(connection: SqliteConnection, rules: readonly RulePeriod[]): void {
	for (const { scope: kind, of, periodKey, startsAt } of rules) {
		for (const row of connection.rows(sumsSql(kind), toIsoTime(Math.max(0, startsAt)), of ?? null)) {
			const scope = kind === 'all' ? 'all' : `${kind}:${getText(row, 'owner')}`;
			raiseSpend(connection, { scope, periodKey, nano: getNumber(row, 'nano') });
		}
	}
}

/** The day the limits are in force. */
export interface LimitPeriods {
	dayKey: string;
	monthKey: string;
	/** The day's borders, epoch milliseconds. */
	startsAt: number;
	endsAt: number;
	/** Beginning of the month, epoch milliseconds. */
	monthStartsAt?: number;
	rules?: readonly RulePeriod[];
}

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

/** In another time zone days and months begin elsewhere. */
function recountPeriods(connection: SqliteConnection, periods: LimitPeriods): void {
	const { dayKey, monthKey, startsAt, monthStartsAt = startsAt } = periods;
	for (const [periodKey, since] of [
		[dayKey, startsAt],
		[monthKey, monthStartsAt],
	] as const) {
		const nano = getNumber(connection.row(IN_LEDGER, toIsoTime(since)) ?? {}, 'nano');
		if (nano > 0) raiseSpend(connection, { scope: 'all', periodKey, nano });
	}
}

function ruleName({ scope, of, period }: Pick<BudgetRule, 'scope' | 'of' | 'period'>): string {
	return JSON.stringify([scope, of ?? null, period]);
}

/** Names of the rules that a row has; none of a row from before rules were kept. */
function rulesOf(row: SqlRow): ReadonlySet<string> {
	const rules = getTextOrNull(row, 'rules');
	// written by SAVE
	return new Set(rules === null ? [] : (JSON.parse(rules) as BudgetRule[]).map(ruleName));
}

/**
 * The periods in force never count less than the ledger holds since they began: a change of zone gives nobody his
 * money back, and a new rule knows what its key, tag or model has spent before it was made.
 */
function followChange(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
	const before = connection.row(IN_FORCE);
	const isMoved = before !== null && getText(before, 'timezone') !== config.timezone;
	if (isMoved) recountPeriods(connection, periods);
	const known = before === null || isMoved ? new Set<string>() : rulesOf(before);
	recountRules(
		connection,
		(periods.rules ?? []).filter((rule) => !known.has(ruleName(rule))),
	);
}

/** Writes the day's row of budget_tracking: new limits, spending untouched but for a change of zone or rules. Only inside a write. */
export function saveLimits(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
	followChange(connection, config, periods);
	connection.run(
		SAVE,
		`all:${periods.dayKey}`,
		periods.dayKey,
		periods.monthKey,
		config.dailyLimit,
		config.monthlyLimit,
		config.perRequestLimit ?? null,
		config.alerts.dailyWarning,
		config.alerts.monthlyWarning,
		toIsoTime(periods.startsAt),
		toIsoTime(periods.endsAt),
		config.timezone,
		JSON.stringify(config.rules ?? []),
	);
}
