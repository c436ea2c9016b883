import type { BudgetConfig, BudgetRule, RulePeriod } from '../../contracts/index.ts';
import { number, text, textOrNull } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import { raiseSpend, recountRules } from './recount-rules.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import type { SqlRow } from './sqlite-driver.ts';

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
		const nano = number(connection.row(IN_LEDGER, toIsoTime(since)) ?? {}, 'nano');
		if (nano > 0) raiseSpend(connection, { scope: 'all', periodKey, nano });
	}
}

function ruleName({ scope, of, period }: Pick<BudgetRule, 'scope' | 'of' | 'period'>): string {
	return JSON.stringify([scope, of ?? null, period]);
}

/** Names of the rules that a row has; none of a row from before rules were kept. */
function rulesOf(row: SqlRow): ReadonlySet<string> {
	const rules = textOrNull(row, 'rules');
	// written by SAVE
	return new Set(rules === null ? [] : (JSON.parse(rules) as BudgetRule[]).map(ruleName));
}

/**
 * The periods in force never count less than the ledger holds since they began: a change of zone gives nobody his
 * money back, and a new rule knows what its key, tag or model has spent before it was made.
 */
function followChange(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
	const before = connection.row(IN_FORCE);
	const isMoved = before !== null && text(before, 'timezone') !== config.timezone;
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
