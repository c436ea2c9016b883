import type { BudgetConfig } from '../../contracts/index.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** The day the limits are in force. */
export interface LimitPeriods {
	dayKey: string;
	monthKey: string;
	/** The day's borders, epoch milliseconds. */
	startsAt: number;
	endsAt: number;
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

/** Writes the day's row of budget_tracking: new limits, spending untouched. Only inside a write. */
export function saveLimits(connection: SqliteConnection, config: BudgetConfig, periods: LimitPeriods): void {
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
