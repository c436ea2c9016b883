import type { TimeRange } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import type { RoutingSystem } from '../../system/index.ts';
import { readChoice, readMoment } from './read-query.ts';

const DAY_MS = 86_400_000;
const PERIODS = ['today', 'week', 'month', 'all'] as const;

type Calendar = RoutingSystem['costOptimizer']['calendar'];

/** The calendar day that is written, in the budget's time zone. */
function dayOf(day: string, calendar: Calendar): { startsAt: number; endsAt: number } {
	// Noon UTC lies within the written day for every zone from -12 to +11; half a day further mends the rest.
	const noon = Date.parse(`${day}T12:00:00Z`);
	const period = calendar.periodAt('day', noon);
	if (period.key === day) return period;
	return calendar.periodAt('day', noon + (period.key < day ? DAY_MS / 2 : -DAY_MS / 2));
}

/** From `from` up to `to`; a day as `to` counts whole. @throws InvalidInputError for a wrong place or an end before its beginning */
export function readRange(query: URLSearchParams, calendar: Calendar, whole: TimeRange): TimeRange {
	const startOf = (day: string) => dayOf(day, calendar).startsAt;
	const endOf = (day: string) => dayOf(day, calendar).endsAt;
	const from = readMoment(query, 'from', startOf)?.at ?? whole.from;
	const to = readMoment(query, 'to', endOf)?.at ?? whole.to;
	if (from < to) return { from, to };
	throw new InvalidInputError('from is not before to: the range is empty. Swap them, or leave one out.');
}

/** The range of a report: `from` and `to`, else `period`, else the last 7 days. @throws InvalidInputError */
export function readPeriod(query: URLSearchParams, calendar: Calendar, now: number): TimeRange {
	const today = calendar.periodAt('day', now);
	if (query.has('from') || query.has('to')) {
		if (query.has('period')) throw new InvalidInputError('period says what from and to say; give one or the other.');
		return readRange(query, calendar, { from: 0, to: today.endsAt });
	}
	const to = today.endsAt;
	switch (readChoice(query, 'period', { words: PERIODS, fallback: 'week' })) {
		case 'today':
			return { from: today.startsAt, to };
		case 'week':
			return { from: calendar.periodAt('day', today.startsAt - 6 * DAY_MS + DAY_MS / 2).startsAt, to };
		case 'month':
			return { from: calendar.periodAt('month', now).startsAt, to };
		case 'all':
			return { from: 0, to };
	}
}
