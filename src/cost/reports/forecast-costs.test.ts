import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../util/index.ts';
import { forecastCosts } from './forecast-costs.ts';

type ForecastCostsInput = Parameters<typeof forecastCosts>[0];

const FIRST = Date.UTC(2026, 8, 28); // a Monday

function history(costs: readonly number[]): Pick<ForecastCostsInput, 'daily' | 'today'> {
	const dates = costs.map((_, index) => new Date(FIRST + index * DAY_MS).toISOString().slice(0, 10));
	return {
		daily: new Map(costs.map((cost, index) => [dates[index] ?? '', cost])),
		today: new Date(FIRST + costs.length * DAY_MS).toISOString().slice(0, 10),
	};
}

const forecast = (costs: readonly number[], change: Partial<ForecastCostsInput> = {}) =>
	forecastCosts({ ...history(costs), days: 7, month: { spent: 0, limit: 1000 }, ...change });

/** Weeks of five working days at 10 and an idle weekend. */
const weeks = (count: number, scale = 1): number[] =>
	Array.from({ length: count * 7 }, (_, index) => (index % 7 < 5 ? 10 * scale : 0));

describe('the forecast of spending', () => {
	it('knows that nobody works at the weekend', () => {
		const { method, days, total } = forecast(weeks(8));
		expect(days.map(({ expected }) => Math.round(expected))).toEqual([10, 10, 10, 10, 10, 0, 0].map(Math.round));
		expect(total?.expected).toBeGreaterThan(45);
		expect(total?.expected).toBeLessThan(55);
		expect(method).not.toBeNull();
	});

	it('says what it needs when there is too little history, instead of a number', () => {
		expect(forecast(weeks(1)).missing).toBe('A forecast needs 14 whole days of history; there are 7.');
		expect(forecast([]).missing).toContain('there are 0');
		expect(forecast([]).total).toBeNull();
	});

	it('names the day the month reaches its limit, and the range of days', () => {
		const limited = forecast(
			Array.from({ length: 56 }, () => 10),
			{ month: { spent: 60, limit: 100 } },
		);
		// 56 days from 2026-09-28 end before 2026-11-23; 40 left at 10 a day
		expect(limited.limitReached).toEqual({ expected: '2026-11-26', earliest: '2026-11-26', latest: '2026-11-26' });
		expect(limited.month).toMatchObject({ spent: 60, expected: 140 });
		expect(forecast(weeks(8), { month: { spent: 0, limit: 1e6 } }).limitReached?.expected).toBeNull();
	});

	it('tells how each method did on the recorded days, and uses the best', () => {
		const { backtest, method } = forecast(weeks(10));
		expect(backtest.map((test) => test.method)).toContain('last-week');
		expect(backtest[0]?.method).toBe(method);
		const errors = backtest.map(({ weekError }) => weekError);
		expect([...errors].sort((one, other) => one - other)).toEqual(errors);
		expect(backtest[0]?.samples).toBeGreaterThan(40);
	});

	it('its interval holds what comes in about four of five cases, though days have heavy tails', () => {
		let state = 7;
		// a small generator with a seed: the same days in every run
		const chance = () => {
			state = (state * 48_271) % 2_147_483_647;
			return state / 2_147_483_647;
		};
		const normal = () => Math.sqrt(-2 * Math.log(chance())) * Math.cos(2 * Math.PI * chance());
		for (const length of [1, 7, 14]) {
			let inside = 0;
			const tries = 300;
			for (let round = 0; round < tries; round += 1) {
				const days = Array.from({ length: 42 + length }, (_, at) => (at % 7 < 5 ? 10 : 3) * Math.exp(0.6 * normal()));
				const { total } = forecast(days.slice(0, 42), { days: length });
				const came = days.slice(42).reduce((sum, day) => sum + day, 0);
				if (total !== null && came >= total.low && came <= total.high) inside += 1;
			}
			expect(inside / tries, `${length} days`).toBeGreaterThan(0.72);
			expect(inside / tries, `${length} days`).toBeLessThan(0.97);
		}
	});

	it('scales with money, whatever the history', () => {
		fc.assert(
			fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 14, maxLength: 60 }), (costs) => {
				const [one, ten] = [forecast(costs), forecast(costs.map((cost) => cost * 16))];
				expect(ten.total?.expected).toBeCloseTo((one.total?.expected ?? 0) * 16, 6);
				const total = one.total ?? { low: 0, expected: 0, high: 0 };
				expect(total.low).toBeLessThanOrEqual(total.expected);
				expect(total.high).toBeGreaterThanOrEqual(total.expected);
			}),
			{ numRuns: 100 },
		);
	});

	it('refuses a number of days that cannot be', () => {
		expect(() => forecast(weeks(4), { days: 0 })).toThrow(/days is 0/);
		expect(() => forecast(weeks(4), { days: Number.NaN })).toThrow(/days is NaN/);
	});
});
