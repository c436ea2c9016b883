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
		expect(() => forecast(weeks(4), { days: 1.5 })).toThrow(/days is 1\.5/);
		expect(() => forecast(weeks(4), { days: 367 })).toThrow(/from 1 to 366/);
		expect([1, 366].map((days) => forecast(weeks(4), { days }).days.length)).toEqual([1, 366]);
	});
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The weighted mean of `values`, the last of which weighs 1 and each one before 0.85 times the next. */
function fadingMean(values: readonly number[]): number {
	const weights = values.map((_, index) => 0.85 ** (values.length - 1 - index));
	return sum(values.map((value, index) => value * (weights[index] ?? 0))) / sum(weights);
}

/** Each weekday's share of an average day, with two days of an even share before any was seen. */
function weekdayShares(values: readonly number[]): number[] {
	const average = sum(values) / values.length;
	if (values.length < 21 || average === 0) return Array(7).fill(1);
	return [...Array(7).keys()].map((weekday) => {
		const own = values.filter((_, index) => index % 7 === weekday);
		return (2 + sum(own) / average) / (2 + own.length);
	});
}

describe('each method forecasts what it says', () => {
	const noisy = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 14, maxLength: 45 });
	const rising = noisy.map((costs) => costs.map((cost, index) => cost + index * index));
	const weekly = fc
		.tuple(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 7, maxLength: 7 }), noisy)
		.map(([week, costs]) => costs.map((cost, index) => (week[index % 7] ?? 0) + cost / 50));

	it('the mean of the last week, the last week again, or the fading mean by weekday', () => {
		const used = new Set<string | null>();
		fc.assert(
			fc.property(fc.oneof(noisy, rising, weekly), (costs) => {
				const { days, method } = forecast(costs, { days: 10 });
				used.add(method);
				const last = costs.slice(-7);
				const shares = weekdayShares(costs);
				const level = fadingMean(costs.map((cost, index) => cost / Math.max(shares[index % 7] ?? 1, 0.05)));
				const expected = {
					'mean-of-week': () => sum(last) / 7,
					'last-week': (day: number) => last[day % 7] ?? 0,
					weekday: (day: number) => level * (shares[(costs.length + day) % 7] ?? 1),
				}[method ?? 'weekday'];
				for (const [day, { expected: cost }] of days.entries()) expect(cost).toBeCloseTo(expected(day), 6);
			}),
			{ numRuns: 200 },
		);
		expect([...used].sort()).toEqual(['last-week', 'mean-of-week', 'weekday']);
	});

	it('and is judged by the weeks that it would have forecast: half of the errors are smaller than the one it tells', () => {
		const steady = forecast([...Array(7).fill(10), ...Array(7).fill(20)]);
		for (const { samples, weekError, coverage } of steady.backtest)
			expect([samples, weekError.toFixed(9), coverage]).toEqual([1, '0.500000000', Number.NaN]);
		// the last week again: 70 of 70, 80 of 70 and 90 of 70 as 9 and 10 come at the end
		const costs = [...Array(14).fill(10), 20, 20];
		const lastWeek = forecast(costs).backtest.find(({ method }) => method === 'last-week');
		expect(lastWeek?.samples).toBe(3);
		expect(lastWeek?.weekError).toBeCloseTo(1 / 8, 9);
		const exact = forecast([...Array(40).keys()].map((day) => (day % 7) + 1)).backtest[0];
		expect(exact).toMatchObject({ method: 'mean-of-week', weekError: 0, coverage: 1, samples: 27 });
	});

	it('weeks without spending are no errors of a forecast, and nothing is divided by them', () => {
		const idle = forecast(Array(20).fill(0));
		expect(idle).toMatchObject({ total: { expected: 0, low: 0, high: 0 }, historyDays: 20 });
		expect(idle.backtest.map(({ weekError }) => weekError)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
	});
});

describe('the interval is what past forecasts were off by', () => {
	const doubled = [...Array(7).fill(10), ...Array(7).fill(20)];
	const halved = [...Array(7).fill(20), ...Array(7).fill(10)];

	it.each([
		['came to twice what was expected', doubled, 1, 2],
		['came to half', halved, 0.5, 1],
	])('the only week before %s', (_what, costs, low, high) => {
		for (const days of [1, 7]) {
			const { total } = forecast(costs, { days });
			expect(total?.low).toBeCloseTo((total?.expected ?? 0) * low, 9);
			expect(total?.high).toBeCloseTo((total?.expected ?? 0) * high, 9);
		}
	});

	it('the month and the day of its limit have it too', () => {
		// the last week again: 20 a day, and 10 below
		const day = 20;
		const limit = 60 + 5.5 * day;
		const early = forecast(doubled, { month: { spent: 60, limit } });
		// twenty days of October are left on the 12th
		expect(early.month?.expected).toBeCloseTo(60 + 20 * day, 9);
		expect(early.month?.low).toBeCloseTo(60 + 20 * day, 9);
		expect(early.month?.high).toBeCloseTo(60 + 40 * day, 9);
		expect(early.limitReached).toEqual({ expected: '2026-10-17', earliest: '2026-10-14', latest: '2026-10-17' });
		const late = forecast(halved, { month: { spent: 60, limit: 60 + 5.45 * fadingMean(halved) } });
		expect(late.limitReached).toEqual({ expected: '2026-10-17', earliest: '2026-10-17', latest: '2026-10-22' });
		const over = forecast(doubled, { month: { spent: 70, limit: 60 } });
		expect(over.limitReached?.latest).toBe('2026-10-12');
	});

	it('ten days that were forecast one by one make an interval of their own for one day', () => {
		// single days were off by a half, whole weeks by nothing
		const costs = [...Array(28).keys()].map((day) => [5, 15, 10, 10, 10, 10, 10][day % 7] ?? 0);
		const one = forecast(costs, { days: 1 });
		const week = forecast(costs, { days: 7 });
		expect(one.method).toBe('mean-of-week');
		expect([one.total?.low, one.total?.expected, one.total?.high]).toEqual([5, 10, 15]);
		expect(week.total).toEqual({ expected: 70, low: 70, high: 70 });
	});

	it('days from the first with spending count, days from today on do not', () => {
		const { daily, today } = history([...Array(20).fill(10)]);
		const more = new Map([...daily, [today, 999], ['2027-01-01', 999]]);
		expect(forecastCosts({ daily: more, today, days: 1, month: { spent: 0, limit: 1 } }).total?.expected).toBeCloseTo(
			10,
			9,
		);
		const gap = new Map([...daily].filter(([date]) => date !== '2026-10-01'));
		expect(forecastCosts({ daily: gap, today, days: 1, month: { spent: 0, limit: 1 } })).toMatchObject({
			historyDays: 20,
		});
		const thirteen = history(Array(13).fill(1));
		expect(forecastCosts({ ...thirteen, days: 1, month: { spent: 0, limit: 1 } }).missing).toMatch(/there are 13/);
		expect(forecast(Array(14).fill(1)).missing).toBeNull();
	});
});
