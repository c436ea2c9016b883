import { describe, expect, it } from 'vitest';
import type { BudgetPeriodKind } from '../contracts/index.ts';
import { createBudgetCalendar } from './budget-period.ts';

const HOUR_MS = 3_600_000;

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
