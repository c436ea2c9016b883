import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BudgetPeriod, createBudgetCalendar } from './budget-calendar.ts';

const ZONES = [
	'UTC',
	'Europe/Berlin',
	'Europe/Dublin',
	'America/New_York',
	'America/Sao_Paulo',
	'America/Havana',
	'America/St_Johns',
	'America/Scoresbysund',
	'Africa/Cairo',
	'Africa/Casablanca',
	'Asia/Kathmandu',
	'Asia/Beirut',
	'Australia/Lord_Howe',
	'Pacific/Apia',
	'Pacific/Kiritimati',
	'Pacific/Marquesas',
];
const calendars = ZONES.map(createBudgetCalendar);
const instant = fc.integer({ min: Date.UTC(1971, 0), max: Date.UTC(2099, 11) });
const kind = fc.constantFrom<BudgetPeriod['kind']>('hour', 'day', 'week', 'month');
const calendar = fc.constantFrom(...calendars);

describe('laws of budget periods', () => {
	it('no instant is outside its own period', () => {
		fc.assert(
			fc.property(calendar, kind, instant, (zone, which, at) => {
				const period = zone.periodAt(which, at);
				expect(period.startsAt).toBeLessThanOrEqual(at);
				expect(period.endsAt).toBeGreaterThan(at);
			}),
			{ numRuns: 400 },
		);
	});

	it('keys change exactly at borders, rise, and periods tile', () => {
		fc.assert(
			fc.property(calendar, kind, instant, (zone, which, at) => {
				const period = zone.periodAt(which, at);
				const next = zone.periodAt(which, period.endsAt);
				expect(next.startsAt).toBe(period.endsAt);
				expect(next.key > period.key).toBe(true);
				// A fresh calendar, so that the remembered period does not answer for itself.
				const fresh = createBudgetCalendar(zone.timezone);
				expect(fresh.periodAt(which, period.endsAt - 1)).toEqual(period);
				expect(fresh.periodAt(which, period.startsAt - 1).key < period.key).toBe(true);
				expect(fresh.periodAt(which, period.startsAt)).toEqual(period);
			}),
			{ numRuns: 300 },
		);
	});

	it('a month begins where its first day begins', () => {
		fc.assert(
			fc.property(calendar, instant, (zone, at) => {
				const month = zone.periodAt('month', at);
				expect(zone.periodAt('day', month.startsAt).startsAt).toBe(month.startsAt);
			}),
			{ numRuns: 200 },
		);
	});
});
