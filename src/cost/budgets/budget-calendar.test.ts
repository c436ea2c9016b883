import { describe, expect, it } from 'vitest';
import type { BudgetPeriodKind } from '../../contracts/index.ts';
import { InvalidConfigError } from '../../errors/index.ts';
import { HOUR_MS } from '../../util/index.ts';
import { createBudgetCalendar } from './budget-calendar.ts';

const HOUR = 3_600_000;
const at = (iso: string): number => Date.parse(iso);

/** Length in hours of the day that holds noon UTC of a date. */
function dayHours(timezone: string, date: string): number {
	const day = createBudgetCalendar(timezone).periodAt('day', at(`${date}T12:00:00Z`));
	return (day.endsAt - day.startsAt) / HOUR;
}

describe('days and months of a budget', () => {
	it('a day in UTC runs from midnight to midnight', () => {
		const day = createBudgetCalendar('UTC').periodAt('day', at('2026-11-24T12:00:00Z'));
		expect(day).toEqual({
			kind: 'day',
			key: '2026-11-24',
			startsAt: at('2026-11-24T00:00:00Z'),
			endsAt: at('2026-11-25T00:00:00Z'),
		});
	});

	it('a traveller east of UTC gets the new day at local midnight', () => {
		const calendar = createBudgetCalendar('Asia/Tokyo');
		expect(calendar.periodAt('day', at('2026-11-24T14:59:59.999Z')).key).toBe('2026-11-24');
		expect(calendar.periodAt('day', at('2026-11-24T15:00:00Z')).key).toBe('2026-11-25');
	});

	it('zones with quarter hours begin their day on the quarter', () => {
		const day = createBudgetCalendar('Asia/Kathmandu').periodAt('day', at('2026-06-01T12:00:00Z'));
		expect(new Date(day.startsAt).toISOString()).toBe('2026-05-31T18:15:00.000Z');
	});

	it('days with a clock change last 23 and 25 hours', () => {
		expect(dayHours('Europe/Berlin', '2026-03-29')).toBe(23);
		expect(dayHours('Europe/Berlin', '2026-10-25')).toBe(25);
		expect(dayHours('America/New_York', '2026-03-08')).toBe(23);
		expect(dayHours('America/New_York', '2026-11-01')).toBe(25);
		// Lord Howe Island moves its clocks by half an hour.
		expect(dayHours('Australia/Lord_Howe', '2026-10-04')).toBe(23.5);
	});

	it('a day whose midnight does not exist begins at the jump', () => {
		const day = createBudgetCalendar('America/Sao_Paulo').periodAt('day', at('2018-11-04T12:00:00Z'));
		expect(day.key).toBe('2018-11-04');
		expect(new Date(day.startsAt).toISOString()).toBe('2018-11-04T03:00:00.000Z');
		expect((day.endsAt - day.startsAt) / HOUR).toBe(23);
	});

	it('a date the calendar skipped has no period and leaves no gap', () => {
		const calendar = createBudgetCalendar('Pacific/Apia');
		const before = calendar.periodAt('day', at('2011-12-29T20:00:00Z'));
		expect(before.key).toBe('2011-12-29');
		expect(calendar.periodAt('day', before.endsAt).key).toBe('2011-12-31');
		expect(calendar.periodAt('day', before.endsAt).startsAt).toBe(before.endsAt);
	});

	it('a new day does not end again when clocks go back over midnight', () => {
		const calendar = createBudgetCalendar('America/St_Johns');
		// 2006-10-29 00:01 local became 2006-10-28 23:01: the 29th was met twice.
		const first = at('2006-10-29T02:30:00Z');
		expect(calendar.periodAt('day', first - 1).key).toBe('2006-10-28');
		expect(calendar.periodAt('day', first).key).toBe('2006-10-29');
		expect(calendar.periodAt('day', first + 30 * 60_000).key).toBe('2006-10-29');
	});

	it('months end where they end, leap days too', () => {
		const calendar = createBudgetCalendar('UTC');
		expect(calendar.periodAt('month', at('2024-02-29T23:59:59.999Z')).endsAt).toBe(at('2024-03-01T00:00:00Z'));
		expect(calendar.periodAt('day', at('2024-02-29T10:00:00Z')).key).toBe('2024-02-29');
		expect(calendar.periodAt('month', at('2026-12-31T23:00:00Z'))).toMatchObject({
			key: '2026-12',
			endsAt: at('2027-01-01T00:00:00Z'),
		});
	});

	it('a mistyped zone is refused with the one that was meant', () => {
		expect(() => createBudgetCalendar('Europe/Berlim')).toThrow(InvalidConfigError);
		expect(() => createBudgetCalendar('Europe/Berlim')).toThrow(/Did you mean "Europe\/Berlin"/);
		expect(() => createBudgetCalendar('')).toThrow(/budget\.timezone/);
	});
});

function period(zone: string, kind: BudgetPeriodKind, at: string): { key: string; hours: number; startsAt: string } {
	const { key, startsAt, endsAt } = createBudgetCalendar(zone).periodAt(kind, Date.parse(at));
	return { key, hours: (endsAt - startsAt) / HOUR_MS, startsAt: new Date(startsAt).toISOString() };
}

describe('hours', () => {
	it('are those of the clock on the wall, named by their beginning in UTC', () => {
		const hour = { key: '2026-11-24T12:00Z', hours: 1, startsAt: '2026-11-24T12:00:00.000Z' };
		expect(period('Europe/Berlin', 'hour', '2026-11-24T12:59:59.999Z')).toEqual(hour);
		expect(period('Asia/Kathmandu', 'hour', '2026-11-24T12:59:59Z').key).toBe('2026-11-24T12:15Z');
	});

	it('the hour that is met twice at the end of daylight saving is two periods: no money comes back by the clock', () => {
		const first = period('Europe/Berlin', 'hour', '2026-10-25T00:30:00Z');
		const second = period('Europe/Berlin', 'hour', '2026-10-25T01:30:00Z');
		expect([first.key, second.key]).toEqual(['2026-10-25T00:00Z', '2026-10-25T01:00Z']);
	});

	it('an hour in which clocks are changed by half an hour is cut at the change', () => {
		// Lord Howe goes from +11:00 back to +10:30 at 02:00 on 2026-04-05: 01:30 to 02:00 is met twice
		expect(period('Australia/Lord_Howe', 'hour', '2026-04-04T14:45:00Z')).toEqual({
			key: '2026-04-04T14:00Z',
			hours: 1,
			startsAt: '2026-04-04T14:00:00.000Z',
		});
		expect(period('Australia/Lord_Howe', 'hour', '2026-04-04T15:15:00Z')).toMatchObject({
			key: '2026-04-04T15:00Z',
			hours: 0.5,
		});
	});
});

describe('weeks', () => {
	it('begin on Monday in the zone, and have 167 or 169 hours where clocks are changed', () => {
		expect(period('Europe/Berlin', 'week', '2026-11-29T22:59:59Z')).toEqual({
			key: '2026-W48',
			hours: 168,
			startsAt: '2026-11-22T23:00:00.000Z',
		});
		expect(period('Europe/Berlin', 'week', '2026-03-27T12:00:00Z').hours).toBe(167);
		expect(period('Europe/Berlin', 'week', '2026-10-22T12:00:00Z').hours).toBe(169);
	});

	it('the days around New Year belong to the year of their Thursday', () => {
		expect(period('UTC', 'week', '2026-12-31T12:00:00Z').key).toBe('2026-W53');
		expect(period('UTC', 'week', '2027-01-03T23:59:59Z').key).toBe('2026-W53');
		expect(period('UTC', 'week', '2027-01-04T00:00:00Z').key).toBe('2027-W01');
		expect(period('UTC', 'week', '2024-12-30T00:00:00Z').key).toBe('2025-W01');
	});
});

it('a total never ends', () => {
	const { key, startsAt, endsAt } = createBudgetCalendar('UTC').periodAt('total', 0);
	expect([key, startsAt, endsAt]).toEqual(['total', Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

it('a clock that goes backwards asks for the earlier period and gets that one, not a new one', () => {
	const calendar = createBudgetCalendar('Europe/Berlin');
	const noon = Date.parse('2026-11-24T12:00:00Z');
	const before = calendar.periodAt('day', noon);
	calendar.periodAt('day', noon + 24 * HOUR_MS);
	expect(calendar.periodAt('day', noon)).toEqual(before);
});
