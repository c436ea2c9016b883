import type { BudgetConfig } from '../../contracts/index.ts';
import { number, text } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** The day the limits are in force. */
export interface LimitPeriods {
	dayKey: string;
	monthKey: string;
	/** The day's borders, epoch milliseconds. */
	startsAt: number;
	endsAt: number;
	/** Beginning of the month, epoch milliseconds. */
	monthStartsAt?: number;
}

const SAVE = `
INSERT INTO budget_tracking (
  id, scope, day_key, month_key, daily_limit, monthly_limit, per_request_limit,
  daily_warning_threshold, monthly_warning_threshold, period_start, period_end, timezone)
VALUES (?, 'all', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
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
  updated_at = excluded.updated_at`;

const ZONE_IN_FORCE = `SELECT timezone FROM budget_tracking WHERE scope = 'all' ORDER BY updated_at DESC, day_key DESC LIMIT 1`;
const IN_LEDGER = 'SELECT COALESCE(SUM(cost_nano), 0) AS nano FROM cost_tracking WHERE created_at >= ?';
const RAISE = `
INSERT INTO budget_spend (scope, period_key, settled_nano) VALUES ('all', ?, ?)
ON CONFLICT (scope, period_key) DO UPDATE SET settled_nano = MAX(settled_nano, excluded.settled_nano)`;

/**
 * In another time zone days and months begin elsewhere: the periods in force never count less than the ledger holds
 * since they began, so that a change of zone gives nobody his money back.
 */
function followZone(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
	const before = connection.row(ZONE_IN_FORCE);
	if (before === null || text(before, 'timezone') === config.timezone) return;
	const { dayKey, monthKey, startsAt, monthStartsAt = startsAt } = periods;
	for (const [key, since] of [
		[dayKey, startsAt],
		[monthKey, monthStartsAt],
	] as const) {
		const spent = number(connection.row(IN_LEDGER, toIsoTime(since)) ?? {}, 'nano');
		if (spent > 0) connection.run(RAISE, key, spent);
	}
}

/** Writes the day's row of budget_tracking: new limits, spending untouched but for a change of zone. Only inside a write. */
export function saveLimits(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
	followZone(connection, config, periods);
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
	);
}
