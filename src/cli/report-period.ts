import { createBudgetCalendar } from '../cost/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { PeriodName } from './options.ts';

/** A period of a report and its title. */
export interface ReportPeriod {
	title: string;
	start: Date;
	end: Date;
}

/** What may be said of a period. */
export interface PeriodFlags {
	period?: PeriodName;
	start?: string;
	end?: string;
}

/** Midnight of a written day in the time zone. */
function resolveDayEdge(day: string, timezone: string, edge: 'start' | 'end'): Date {
	// Noon UTC lies within the written day for every zone from -12 to +11; half a day further mends the rest.
	const calendar = createBudgetCalendar(timezone);
	let at = Date.parse(`${day}T12:00:00Z`);
	let period = calendar.periodAt('day', at);
	if (period.key !== day) {
		at += period.key < day ? DAY_MS / 2 : -DAY_MS / 2;
		period = calendar.periodAt('day', at);
	}
	return new Date(edge === 'start' ? period.startsAt : period.endsAt);
}

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
	const today = calendar.periodAt('day', now);
	const end = new Date(today.endsAt);
	if (flags.start !== undefined || flags.end !== undefined) {
		const start = flags.start === undefined ? new Date(0) : resolveDayEdge(flags.start, timezone, 'start');
		const last = flags.end === undefined ? end : resolveDayEdge(flags.end, timezone, 'end');
		return { title: `${flags.start ?? 'beginning'} to ${flags.end ?? 'today'}`, start, end: last };
	}
	switch (flags.period ?? 'week') {
		case 'today':
			return { title: 'Today', start: new Date(today.startsAt), end };
		case 'month':
			return { title: 'This Month', start: new Date(calendar.periodAt('month', now).startsAt), end };
		case 'all':
			return { title: 'All Time', start: new Date(0), end };
		default: {
			const first = calendar.periodAt('day', today.startsAt - 6 * DAY_MS + DAY_MS / 2);
			return { title: 'Last 7 Days', start: new Date(first.startsAt), end };
		}
	}
}
