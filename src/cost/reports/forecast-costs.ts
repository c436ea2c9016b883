import type { ForecastBacktest, ForecastMethod, SpendForecast } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';

/** Days in a week. */
const WEEK = 7;
/** Days of history from which weekdays are told apart. */
const WEEKDAYS_FROM = 21;
/** Weight of yesterday in the level; about the last ten days count. */
const LEVEL_WEIGHT = 0.15;
/** Days a weekday's factor is believed to be 1 before it is seen. */
const PRIOR_DAYS = 2;

/** The methods, the plainest last: of equals the earlier is taken. */
const FORECAST_METHODS: readonly ForecastMethod[] = ['weekday', 'mean-of-week', 'last-week'];

function mean(values: readonly number[]): number {
	return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Each weekday's share of an average day, shrunk towards 1; by position in the week, the first day of `history` at 0. */
function weekdayFactors(history: readonly number[]): number[] {
	const level = mean(history);
	if (history.length < WEEKDAYS_FROM || level === 0) return Array.from({ length: WEEK }, () => 1);
	return Array.from({ length: WEEK }, (_, weekday) => {
		const days = history.filter((_day, index) => index % WEEK === weekday);
		return (PRIOR_DAYS + days.reduce((sum, day) => sum + day / level, 0)) / (PRIOR_DAYS + days.length);
	});
}

/** The weighted mean of the days without their weekday's share; later days weigh more. */
function currentLevel(history: readonly number[], factors: readonly number[]): number {
	let [level, weight] = [0, 0];
	for (const [index, day] of history.entries()) {
		const factor = Math.max(factors[index % WEEK] ?? 1, 0.05);
		level = level * (1 - LEVEL_WEIGHT) + (day / factor) * LEVEL_WEIGHT;
		weight = weight * (1 - LEVEL_WEIGHT) + LEVEL_WEIGHT;
	}
	return weight === 0 ? 0 : level / weight;
}

/** What the next days will cost, by a method; `history` is one figure per day without gaps, oldest first. */
function forecastDays(method: ForecastMethod, history: readonly number[], days: number): number[] {
	const next = Array.from({ length: days }, (_, index) => history.length + index);
	if (method === 'mean-of-week') return next.map(() => mean(history.slice(-WEEK)));
	if (method === 'last-week') return next.map((_, index) => history.at(-WEEK + (index % WEEK)) ?? mean(history));
	const factors = weekdayFactors(history);
	const level = currentLevel(history, factors);
	return next.map((at) => level * (factors[at % WEEK] ?? 1));
}

/** Sums of the days after each origin, as forecast from the days before it and as they came. */
export interface PastForecast {
	expected: number;
	actual: number;
}

/** Every span of days that could have been forecast, from a week of history on. */
function pastForecasts(method: ForecastMethod, history: readonly number[], days: number = WEEK): PastForecast[] {
	const past: PastForecast[] = [];
	for (let origin = WEEK; origin + days <= history.length; origin += 1) {
		const sum = (costs: readonly number[]): number => costs.reduce((total, day) => total + day, 0);
		const expected = sum(forecastDays(method, history.slice(0, origin), days));
		past.push({ expected, actual: sum(history.slice(origin, origin + days)) });
	}
	return past;
}

/** The value below which a part of the values lies, 0-1; `values` not empty. */
function quantile(values: readonly number[], part: number): number {
	const sorted = [...values].sort((one, other) => one - other);
	const at = part * (sorted.length - 1);
	const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
	return below + (above - below) * (at - Math.floor(at));
}

/**
 * The values between which the next one lies in 80 % of cases, if it is like those before. One place is left for the
 * next, and spans of several days that overlap count as often as they would side by side, so that little seen makes
 * a wide interval. `values` not empty.
 */
function interval80(values: readonly number[], days: number): [low: number, high: number] {
	const sorted = [...values].sort((one, other) => one - other);
	const apart = Math.max(2, (sorted.length + days - 1) / days);
	const outside = Math.max(0, (0.1 * (apart + 1) - 1) / (apart - 1));
	const below = Math.floor(outside * (sorted.length - 1));
	return [sorted[below] ?? 0, sorted[sorted.length - 1 - below] ?? 0];
}

/** Spans of a length that must have been forecast for its own errors to speak; else those of whole weeks do. */
const LEAST_SPANS = 10;

/** How far reality strays from forecasts of so many days, 80 %: factors on the expected sum. */
function strayInterval(method: ForecastMethod, history: readonly number[], days: number): [number, number] {
	const own = strays(pastForecasts(method, history, days));
	if (own.length >= LEAST_SPANS) return interval80(own, days);
	const weeks = strays(pastForecasts(method, history));
	return weeks.length === 0 ? [0, 2] : interval80(weeks, WEEK);
}

/** Actual over expected of past weeks: how far reality strays. */
function strays(past: readonly PastForecast[]): number[] {
	return past.filter(({ expected }) => expected > 0).map(({ expected, actual }) => actual / expected);
}

/** How a method did: its error, and how often an interval made of earlier weeks held the next. */
function backtest(method: ForecastMethod, history: readonly number[]): ForecastBacktest {
	const past = pastForecasts(method, history);
	const errors = past
		.filter(({ actual }) => actual > 0)
		.map(({ expected, actual }) => Math.abs(expected - actual) / actual);
	let [inside, judged] = [0, 0];
	for (let index = WEEK; index < past.length; index += 1) {
		const seen = strays(past.slice(0, index));
		const week = past[index];
		if (seen.length === 0 || week === undefined || week.expected === 0) continue;
		judged += 1;
		const stray = week.actual / week.expected;
		const [low, high] = interval80(seen, WEEK);
		inside += stray >= low && stray <= high ? 1 : 0;
	}
	return {
		method,
		samples: past.length,
		weekError: errors.length === 0 ? Number.NaN : quantile(errors, 0.5),
		coverage: judged === 0 ? Number.NaN : inside / judged,
	};
}

/** Whole days of history without which nothing is forecast. */
export const MIN_FORECAST_HISTORY = 14;
/** Days that may be asked for. */
const MAX_DAYS = 366;

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
