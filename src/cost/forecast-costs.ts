import type { ForecastBacktest, SpendForecast } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { backtest, FORECAST_METHODS, forecastDays, strayInterval } from './forecast-methods.ts';

/** Whole days of history without which nothing is forecast. */
export const MIN_FORECAST_HISTORY = 14;
/** Days that may be asked for. */
const MAX_DAYS = 366;
const DAY_MS = 86_400_000;

/** What a forecast is made from; money in USD. */
export interface ForecastCostsInput {
	/** Spending of whole days, by date (`2026-11-24`); days without spending may be missing. */
	daily: ReadonlyMap<string, number>;
	/** The day it is, in the budget's zone: not whole yet, and forecast from. */
	today: string;
	/** Days to forecast, today included. */
	days: number;
	/** The calendar month: what was spent so far, and its limit. */
	month: { spent: number; limit: number };
}

function addDays(date: string, days: number): string {
	return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** One figure per day from the first with spending until yesterday. */
function fillDays({ daily, today }: ForecastCostsInput): number[] {
	const [first] = [...daily.keys()].filter((date) => date < today).sort();
	const history: number[] = [];
	for (let date = first ?? today; date < today; date = addDays(date, 1)) history.push(daily.get(date) ?? 0);
	return history;
}

/** The first day on which spending reaches the limit. */
function reachedOn(dates: readonly string[], costs: readonly number[], left: number): string | null {
	let sum = 0;
	for (const [index, cost] of costs.entries()) {
		sum += cost;
		if (sum >= left) return dates[index] ?? null;
	}
	return null;
}

function daysLeftInMonth(today: string): number {
	const [year = 0, month = 1, day = 1] = today.split('-').map(Number);
	return new Date(Date.UTC(year, month, 0)).getUTCDate() - day + 1;
}

function none(missing: string, historyDays: number, tests: ForecastBacktest[]): SpendForecast {
	const nothing = { days: [], total: null, month: null, limitReached: null, method: null };
	return { missing, historyDays, backtest: tests, ...nothing };
}

/**
 * What spending will be if work goes on as it did. Three methods forecast every recorded week from the days before it;
 * the one with the smallest error is used, and its past errors make the interval: a calculation without chance, the
 * same for the same days.
 * @throws InvalidInputError for a number of days that cannot be
 */
export function forecastCosts(input: ForecastCostsInput): SpendForecast {
	const { days, month, today } = input;
	if (!(Number.isInteger(days) && days >= 1 && days <= MAX_DAYS))
		throw new InvalidInputError(`No forecast: days is ${days}. Give a whole number from 1 to ${MAX_DAYS}.`);
	const history = fillDays(input);
	if (history.length < MIN_FORECAST_HISTORY) {
		const need = `A forecast needs ${MIN_FORECAST_HISTORY} whole days of history; there are ${history.length}.`;
		return none(need, history.length, []);
	}
	const tests = FORECAST_METHODS.map((method) => backtest(method, history)).sort(
		(one, other) => (one.weekError || 0) - (other.weekError || 0),
	);
	const method = tests[0]?.method ?? 'mean-of-week';
	const monthDays = daysLeftInMonth(today);
	const costs = forecastDays(method, history, Math.max(days, monthDays));
	const dates = costs.map((_, index) => addDays(today, index));
	const sumOf = (count: number) => {
		const expected = costs.slice(0, count).reduce((sum, cost) => sum + cost, 0);
		const [low, high] = strayInterval(method, history, count);
		return { expected, low: expected * Math.min(1, low), high: expected * Math.max(1, high) };
	};
	const rest = sumOf(monthDays);
	const [low, high] = strayInterval(method, history, monthDays);
	const left = Math.max(0, month.limit - month.spent);
	const reach = (factor: number) =>
		reachedOn(
			dates.slice(0, monthDays),
			costs.slice(0, monthDays).map((cost) => cost * factor),
			left,
		);
	return {
		missing: null,
		historyDays: history.length,
		method,
		days: dates.slice(0, days).map((date, index) => ({ date, expected: costs[index] ?? 0 })),
		total: sumOf(days),
		month: {
			spent: month.spent,
			expected: month.spent + rest.expected,
			low: month.spent + rest.low,
			high: month.spent + rest.high,
			limit: month.limit,
		},
		limitReached: { expected: reach(1), earliest: reach(Math.max(1, high)), latest: reach(Math.min(1, low)) },
		backtest: tests,
	};
}
