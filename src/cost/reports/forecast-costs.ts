import type { ForecastBacktest, ForecastMethod, SpendForecast } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS, mean, sum, toIsoDay } from '../../util/index.ts';

/** Whole days of history without which nothing is forecast. */
const MIN_FORECAST_HISTORY = 14;
/** Days that may be asked for. */
const MAX_FORECAST_DAYS = 366;
const WEEK = 7;

/** What a forecast is made from; money in USD. */
interface ForecastCostsInput {
	/** Spending of whole days, by date (`2026-11-24`); days without spending may be missing. */
	daily: ReadonlyMap<string, number>;
	/** The current day in the budget's zone: not whole yet, and forecast from. */
	today: string;
	/** Days to forecast, today included. */
	days: number;
	/** The calendar month: what was spent so far, and its limit. */
	month: { spent: number; limit: number };
}

/**
 * What spending will be if work goes on as it did. Three methods forecast every recorded week from the days before it;
 * the one with the smallest error is used, and its past errors make the interval: a calculation without chance, the
 * same for the same days.
 * @throws InvalidInputError for a number of days that cannot be
 */
export function forecastCosts(input: ForecastCostsInput): SpendForecast {
	const { days, month, today } = input;
	if (!(Number.isInteger(days) && days >= 1 && days <= MAX_FORECAST_DAYS))
		throw new InvalidInputError(`No forecast: days is ${days}. Give a whole number from 1 to ${MAX_FORECAST_DAYS}.`);
	const history = fillDays(input);
	const historyDays = history.length;
	if (historyDays < MIN_FORECAST_HISTORY) {
		const missing = `A forecast needs ${MIN_FORECAST_HISTORY} whole days of history; there are ${historyDays}.`;
		const none = { days: [], total: null, month: null, limitReached: null, method: null };
		return { missing, historyDays, backtest: [], ...none };
	}
	const tests = FORECAST_METHODS.map((method) => runBacktest(method, history));
	tests.sort((a, b) => (a.weekError || 0) - (b.weekError || 0));
	const method = tests[0]?.method ?? 'mean-of-week';
	const monthDays = countDaysLeftInMonth(today);
	const costs = forecastDays(method, history, Math.max(days, monthDays));
	const forecastSum = (count: number) => {
		const expected = sum(costs.slice(0, count));
		const [low, high] = getErrorInterval(method, history, count);
		return { expected, low: expected * Math.min(1, low), high: expected * Math.max(1, high) };
	};
	const rest = forecastSum(monthDays);
	const [low, high] = getErrorInterval(method, history, monthDays);
	/** The day of the month on which spending reaches the limit, if each day costs so many times what is expected. */
	const findLimitDay = (factor: number): string | null => {
		const left = Math.max(0, month.limit - month.spent);
		const daily = costs.slice(0, monthDays).map((cost) => cost * factor);
		const index = daily.findIndex((_, day) => sum(daily.slice(0, day + 1)) >= left);
		return index === -1 ? null : addDays(today, index);
	};
	return {
		missing: null,
		historyDays,
		method,
		days: costs.slice(0, days).map((expected, index) => ({ date: addDays(today, index), expected })),
		total: forecastSum(days),
		month: {
			spent: month.spent,
			expected: month.spent + rest.expected,
			low: month.spent + rest.low,
			high: month.spent + rest.high,
			limit: month.limit,
		},
		limitReached: {
			expected: findLimitDay(1),
			earliest: findLimitDay(Math.max(1, high)),
			latest: findLimitDay(Math.min(1, low)),
		},
		backtest: tests,
	};
}

function addDays(date: string, days: number): string {
	return toIsoDay(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS);
}

/** One figure per day from the first with spending until yesterday. */
function fillDays({ daily, today }: ForecastCostsInput): number[] {
	const [first] = [...daily.keys()].filter((date) => date < today).sort();
	const history: number[] = [];
	for (let date = first ?? today; date < today; date = addDays(date, 1)) history.push(daily.get(date) ?? 0);
	return history;
}

function countDaysLeftInMonth(today: string): number {
	const [year = 0, month = 1, day = 1] = today.split('-').map(Number);
	return new Date(Date.UTC(year, month, 0)).getUTCDate() - day + 1;
}

/** The methods, the plainest last: of equals the earlier is taken. */
const FORECAST_METHODS: readonly ForecastMethod[] = ['weekday', 'mean-of-week', 'last-week'];

/** What the next days will cost, by a method; `history` is one figure per day without gaps, oldest first. */
function forecastDays(method: ForecastMethod, history: readonly number[], days: number): number[] {
	const next = Array.from({ length: days }, (_, index) => history.length + index);
	if (method === 'mean-of-week') return next.map(() => mean(history.slice(-WEEK)));
	if (method === 'last-week') return next.map((_, index) => history.at(-WEEK + (index % WEEK)) ?? mean(history));
	const factors = getWeekdayFactors(history);
	const level = getCurrentLevel(history, factors);
	return next.map((day) => level * (factors[day % WEEK] ?? 1));
}

/** Days of history from which on weekdays are distinguished. */
const MIN_WEEKDAY_HISTORY = 21;
/** Days a weekday's factor is believed to be 1 before it is seen. */
const WEEKDAY_PRIOR_DAYS = 2;

/** Each weekday's share of an average day, shrunk towards 1; by position in the week, the first day of `history` at 0. */
function getWeekdayFactors(history: readonly number[]): number[] {
	const level = mean(history);
	return Array.from({ length: WEEK }, (_, weekday) => {
		if (history.length < MIN_WEEKDAY_HISTORY || level === 0) return 1;
		const days = history.filter((_day, index) => index % WEEK === weekday);
		return (WEEKDAY_PRIOR_DAYS + sum(days.map((day) => day / level))) / (WEEKDAY_PRIOR_DAYS + days.length);
	});
}

/** Weight of yesterday in the level; about the last ten days count. */
const LEVEL_WEIGHT = 0.15;

/** The weighted mean of the days without their weekday's share; later days weigh more. */
function getCurrentLevel(history: readonly number[], factors: readonly number[]): number {
	let [level, weight] = [0, 0];
	for (const [index, day] of history.entries()) {
		const factor = Math.max(factors[index % WEEK] ?? 1, 0.05);
		level = level * (1 - LEVEL_WEIGHT) + (day / factor) * LEVEL_WEIGHT;
		weight = weight * (1 - LEVEL_WEIGHT) + LEVEL_WEIGHT;
	}
	return weight === 0 ? 0 : level / weight;
}

/** The sum of some days, as forecast from the days before them and as it came. */
type PastForecast = Record<'expected' | 'actual', number>;

/** Every span of days that could have been forecast, from a week of history on. */
function replayForecasts(method: ForecastMethod, history: readonly number[], days: number = WEEK): PastForecast[] {
	const past: PastForecast[] = [];
	for (let origin = WEEK; origin + days <= history.length; origin += 1) {
		const expected = sum(forecastDays(method, history.slice(0, origin), days));
		past.push({ expected, actual: sum(history.slice(origin, origin + days)) });
	}
	return past;
}

/** What came, as a part of what was expected. */
function getRatios(past: readonly PastForecast[]): number[] {
	return past.filter(({ expected }) => expected > 0).map(({ expected, actual }) => actual / expected);
}

/** How a method did: its error, and how often an interval made of earlier weeks held the next. */
function runBacktest(method: ForecastMethod, history: readonly number[]): ForecastBacktest {
	const past = replayForecasts(method, history);
	const errors = past
		.filter(({ actual }) => actual > 0)
		.map(({ expected, actual }) => Math.abs(expected - actual) / actual)
		.sort((a, b) => a - b);
	let [inside, judged] = [0, 0];
	for (const [index, week] of past.entries()) {
		const earlier = getRatios(past.slice(0, index));
		if (index < WEEK || earlier.length === 0 || week.expected === 0) continue;
		judged += 1;
		const ratio = week.actual / week.expected;
		const [low, high] = getInterval80(earlier, WEEK);
		inside += ratio >= low && ratio <= high ? 1 : 0;
	}
	const middle = errors.length / 2;
	return {
		method,
		samples: past.length,
		weekError: errors.length === 0 ? Number.NaN : mean(errors.slice(Math.ceil(middle) - 1, Math.floor(middle) + 1)),
		coverage: judged === 0 ? Number.NaN : inside / judged,
	};
}

/** Spans of a length below which the errors of whole weeks stand for them. */
const MIN_OWN_SPANS = 10;

/** How far what comes is from forecasts of so many days, 80 %: factors on the expected sum. */
function getErrorInterval(method: ForecastMethod, history: readonly number[], days: number): [number, number] {
	const own = getRatios(replayForecasts(method, history, days));
	if (own.length >= MIN_OWN_SPANS) return getInterval80(own, days);
	const weeks = getRatios(replayForecasts(method, history));
	return weeks.length === 0 ? [0, 2] : getInterval80(weeks, WEEK);
}

/**
 * The values between which the next one lies in 80 % of cases, if it is like those before. One place is left for the
 * next, and spans of several days that overlap count as often as they would side by side, so that few values make
 * a wide interval. `values` not empty.
 */
function getInterval80(values: readonly number[], days: number): [low: number, high: number] {
	const sorted = [...values].sort((a, b) => a - b);
	const independent = Math.max(2, (sorted.length + days - 1) / days);
	const outside = Math.max(0, (0.1 * (independent + 1) - 1) / (independent - 1));
	const below = Math.floor(outside * (sorted.length - 1));
	return [sorted[below] ?? 0, sorted[sorted.length - 1 - below] ?? 0];
}
