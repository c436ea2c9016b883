import type { BudgetPeriodKind, TimeRange } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import { createLocalTime, DAY_MS, formatIssues, HOUR_MS, type LocalTime, toIsoDay } from '../../util/index.ts';
import { checkTimeZone } from './budget-config.ts';

/** A period of a budget: startsAt ≤ t < endsAt, in epoch milliseconds; `total` has neither beginning nor end. */
export interface BudgetPeriod {
	kind: BudgetPeriodKind;
	/** `2026-11-24` (day), `2026-W48` (week), `2026-11` (month), `2026-11-24T13:00Z` (hour, by its beginning in UTC), `total`. */
	key: string;
	startsAt: number;
	endsAt: number;
}

/** The periods of one time zone. Periods of a kind tile: each begins where the one before ends. */
export interface BudgetCalendar {
	readonly timezone: string;
	/** The period that holds the instant (epoch ms, from the year 1900). */
	periodAt(kind: BudgetPeriodKind, at: number): BudgetPeriod;
	/** The day with a date such as `2026-11-24`. */
	getDay(date: string): BudgetPeriod;
	/** The range of a report to the end of today: `week` is the last 7 days, `month` the calendar month. */
	getReportRange(period: ReportPeriodName, now: number): TimeRange;
}

/** The periods that reports offer. */
export const REPORT_PERIODS = ['today', 'week', 'month', 'all'] as const;
/** One of the periods that reports offer. */
export type ReportPeriodName = (typeof REPORT_PERIODS)[number];

/**
 * Hours, days, weeks and months as a time zone has them: days of 23 or 25 hours, midnights that do not exist, leap days.
 * The last period of each kind is cached, since the next question is almost always about it.
 * @throws InvalidConfigError for an unknown zone, with the nearest name.
 */
export function createBudgetCalendar(timezone: string): BudgetCalendar {
	const issues = checkTimeZone(timezone, ['budget', 'timezone']);
	if (issues.length > 0) throw new InvalidConfigError(formatIssues(issues));
	const toLocal = createLocalTime(timezone);
	const latest: Partial<Record<BudgetPeriodKind, BudgetPeriod>> = {};
	const periodAt = (kind: BudgetPeriodKind, at: number): BudgetPeriod => {
		const known = latest[kind];
		if (known !== undefined && at >= known.startsAt && at < known.endsAt) return known;
		const period = findPeriod(kind, at, toLocal);
		latest[kind] = period;
		return period;
	};
	return {
		timezone,
		periodAt,
		getDay(date) {
			// Noon UTC lies within that day in every zone from -12 to +11; half a day further is right for the others.
			const noon = Date.parse(`${date}T12:00:00Z`);
			const day = periodAt('day', noon);
			if (day.key === date) return day;
			return periodAt('day', day.key < date ? noon + DAY_MS / 2 : noon - DAY_MS / 2);
		},
		getReportRange(period, now) {
			const today = periodAt('day', now);
			const from = {
				today: () => today.startsAt,
				// noon of six days before, whatever its length
				week: () => periodAt('day', today.startsAt - 6 * DAY_MS + DAY_MS / 2).startsAt,
				month: () => periodAt('month', now).startsAt,
				all: () => 0,
			};
			return { from: from[period](), to: today.endsAt };
		},
	};
}

const TOTAL: BudgetPeriod = {
	kind: 'total',
	key: 'total',
	startsAt: Number.NEGATIVE_INFINITY,
	endsAt: Number.POSITIVE_INFINITY,
};

function findPeriod(kind: BudgetPeriodKind, at: number, toLocal: LocalTime): BudgetPeriod {
	if (kind === 'total') return TOTAL;
	if (kind === 'hour') return findHour(at, toLocal);
	// Where clocks go back over midnight, the old date is shown a second time after the new day has begun. Those instants
	// belong to the new day: a period ends when its end is first reached, so a later period is tried.
	for (let ahead = 0; ; ahead += 1) {
		const [from, to] = getLocalBorders(kind, toLocal(at), ahead);
		const endsAt = findFirstReached(to, toLocal);
		if (at < endsAt) return { kind, key: toPeriodKey(kind, from), startsAt: findFirstReached(from, toLocal), endsAt };
	}
}

/** An hour as local clocks show it; one in which the clocks change is two periods, cut at the change. */
function findHour(at: number, toLocal: LocalTime): BudgetPeriod {
	const getOffset = (time: number): number => toLocal(time) - time;
	const offset = getOffset(at);
	const sinceStart = ((toLocal(at) % HOUR_MS) + HOUR_MS) % HOUR_MS;
	const [from, to] = [at - sinceStart, at - sinceStart + HOUR_MS];
	const startsAt = getOffset(from) === offset ? from : findFirst(from, at, (time) => getOffset(time) === offset);
	const endsAt = getOffset(to - 1) === offset ? to : findFirst(at, to - 1, (time) => getOffset(time) !== offset);
	return { kind: 'hour', key: `${new Date(startsAt).toISOString().slice(0, 16)}Z`, startsAt, endsAt };
}

type DatedKind = 'day' | 'week' | 'month';

/** First and last midnight, as local readings, of the period that holds a reading, or of one so many periods `ahead`. */
function getLocalBorders(kind: DatedKind, reading: number, ahead: number): [number, number] {
	const date = new Date(reading);
	const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
	if (kind === 'month') return [Date.UTC(year, month + ahead, 1), Date.UTC(year, month + ahead + 1, 1)];
	const days = kind === 'week' ? 7 : 1;
	const first = kind === 'week' ? day - ((date.getUTCDay() + 6) % 7) : day;
	return [Date.UTC(year, month, first + days * ahead), Date.UTC(year, month, first + days * (ahead + 1))];
}

function toPeriodKey(kind: DatedKind, from: number): string {
	if (kind !== 'week') return toIsoDay(from).slice(0, kind === 'day' ? 10 : 7);
	// ISO 8601: a week belongs to the year of its Thursday
	const thursday = from + 3 * DAY_MS;
	const year = new Date(thursday).getUTCFullYear();
	const week = 1 + Math.floor((thursday - Date.UTC(year, 0, 1)) / (7 * DAY_MS));
	return `${year}-W${String(week).padStart(2, '0')}`;
}

/** The first instant at which local clocks show a reading or a later one; clocks may skip a reading or show it twice. */
function findFirstReached(reading: number, toLocal: LocalTime): number {
	// Every zone is within 16 hours of UTC; a day of margin keeps changes of offset inside.
	const [before, after] = [reading - DAY_MS, reading + DAY_MS];
	const offsets = [before, after].map((at) => toLocal(at) - at);
	const candidates = offsets.map((offset) => reading - offset).sort((a, b) => a - b);
	for (const at of candidates) if (toLocal(at) >= reading && toLocal(at - 1) < reading) return at;
	// The clocks skipped the reading: the skip is the border.
	return findFirst(before, after, (at) => toLocal(at) >= reading);
}

/** The first instant in (`before`, `after`] that satisfies the condition; `before` does not, `after` does. */
function findFirst(before: number, after: number, isReached: (at: number) => boolean): number {
	let [low, high] = [before, after];
	while (high - low > 1) {
		const middle = Math.floor((low + high) / 2);
		if (isReached(middle)) high = middle;
		else low = middle;
	}
	return high;
}
