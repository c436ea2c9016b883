import { createBudgetCalendar, type ReportPeriodName } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import type { PeriodFlags } from './options.ts';

/** A period of a report and its title. */
export interface ReportPeriod {
	title: string;
	start: Date;
	end: Date;
}

const TITLES: Readonly<Record<ReportPeriodName, string>> = {
	today: 'Today',
	week: 'Last 7 Days',
	month: 'This Month',
	all: 'All Time',
};

/** @throws InvalidInputError for days that end before they begin: a report of nothing would look like $0 */
export function assertDayOrder(
	first: string | undefined,
	last: string | undefined,
	flags: readonly [string, string],
): void {
	if (first === undefined || last === undefined || first <= last) return;
	throw new InvalidInputError(`${flags[0]} (${first}) is after ${flags[1]} (${last}). Swap them.`);
}

/**
 * The period that the flags mean; the last 7 days when they say nothing. Both written days are inside.
 * @throws InvalidInputError for a last day before the first
 */
export function resolveReportPeriod(flags: PeriodFlags, timezone: string, now: number): ReportPeriod {
	assertDayOrder(flags.start, flags.end, ['--start', '--end']);
	const calendar = createBudgetCalendar(timezone);
	if (flags.start !== undefined || flags.end !== undefined) {
		const whole = calendar.getReportRange('all', now);
		const start = flags.start === undefined ? whole.from : calendar.getDay(flags.start).startsAt;
		const end = flags.end === undefined ? whole.to : calendar.getDay(flags.end).endsAt;
		const title = `${flags.start ?? 'beginning'} to ${flags.end ?? 'today'}`;
		return { title, start: new Date(start), end: new Date(end) };
	}
	const period = flags.period ?? 'week';
	const { from, to } = calendar.getReportRange(period, now);
	return { title: TITLES[period], start: new Date(from), end: new Date(to) };
}
