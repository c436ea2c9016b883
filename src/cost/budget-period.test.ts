import { describe, expect, it } from 'vitest';
import { InvalidConfigError } from '../errors/index.ts';
import { createBudgetCalendar } from './budget-period.ts';

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
