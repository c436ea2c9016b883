import type { ForecastBacktest, ForecastMethod } from '../contracts/index.ts';

/** Days in a week. */
export const WEEK = 7;
/** Days of history from which weekdays are told apart. */
const WEEKDAYS_FROM = 21;
/** Weight of yesterday in the level; about the last ten days count. */
const LEVEL_WEIGHT = 0.15;
/** Days a weekday's factor is believed to be 1 before it is seen. */
const PRIOR_DAYS = 2;

/** The methods, the plainest last: of equals the earlier is taken. */
export const FORECAST_METHODS: readonly ForecastMethod[] = ['weekday', 'mean-of-week', 'last-week'];

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
export function forecastDays(method: ForecastMethod, history: readonly number[], days: number): number[] {
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

/** Every week that could have been forecast, from a week of history on. */
export function pastForecasts(method: ForecastMethod, history: readonly number[]): PastForecast[] {
	const past: PastForecast[] = [];
	for (let origin = WEEK; origin + WEEK <= history.length; origin += 1) {
		const sum = (days: readonly number[]): number => days.reduce((total, day) => total + day, 0);
		const expected = sum(forecastDays(method, history.slice(0, origin), WEEK));
		past.push({ expected, actual: sum(history.slice(origin, origin + WEEK)) });
	}
	return past;
}

/** The value below which a part of the values lies, 0-1; `values` not empty. */
export function quantile(values: readonly number[], part: number): number {
	const sorted = [...values].sort((one, other) => one - other);
	const at = part * (sorted.length - 1);
	const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
	return below + (above - below) * (at - Math.floor(at));
}

/** Actual over expected of past weeks: how far reality strays. */
export function strays(past: readonly PastForecast[]): number[] {
	return past.filter(({ expected }) => expected > 0).map(({ expected, actual }) => actual / expected);
}

/** How a method did: its error, and how often an interval made of earlier weeks held the next. */
export function backtest(method: ForecastMethod, history: readonly number[]): ForecastBacktest {
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
		inside += stray >= quantile(seen, 0.1) && stray <= quantile(seen, 0.9) ? 1 : 0;
	}
	return {
		method,
		samples: past.length,
		weekError: errors.length === 0 ? Number.NaN : quantile(errors, 0.5),
		coverage: judged === 0 ? Number.NaN : inside / judged,
	};
}
