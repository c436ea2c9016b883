import type { Attempt, FailureKind } from './execution.ts';
import type { ModelName } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { TaskType } from './task-types.ts';
import { countInputTokens, countOutputTokens, type Usage } from './usage.ts';

/** Whom a request is done for: budgets, reports and rate limits go by it. */
export interface Attribution {
	/** Id of the virtual key. */
	key?: string | undefined;
	team?: string | undefined;
	tags?: readonly string[] | undefined;
	session?: string | undefined;
	/**
	 * Id of the virtual key whose caller named tags and session: a limit of these belongs to it, unless its rule is shared.
	 * @default the program itself, which is free to name any
	 */
	namedBy?: string | undefined;
}

/** How the call went that a charge is for. */
export interface ChargedCall extends Pick<Attempt, 'outcome' | 'durationMs' | 'delayMs'> {
	deployment: string | null;
	failure: FailureKind | null;
	/** HTTP status of the failure. */
	status: number | null;
	message: string | null;
	/** When it began, epoch milliseconds. */
	at: number;
}

/** One row of the ledger; rows are only ever added: what was wrong is corrected by a row of its own. */
export interface CostEntry {
	id: string;
	decisionId: string | null;
	/** Number of the attempt within its decision, from 1; `null` for usage tracked by hand. */
	attempt: number | null;
	model: ModelName;
	taskType: TaskType;
	/** `null`: the model has no price; shown as unpriced, never as $0. */
	costNanoUsd: NanoUsd | null;
	inputCostNanoUsd: NanoUsd | null;
	outputCostNanoUsd: NanoUsd | null;
	usage: Usage;
	/** Epoch milliseconds. */
	at: number;
	/** A correction's money and tokens are what must be added to the row it corrects; its cost may be negative, and it is no request. @default 'charge' */
	kind?: 'charge' | 'correction' | undefined;
	/** Id of the row that a correction corrects. */
	corrects?: string | undefined;
	/** Why a correction was made, or that a charge is nobody's bill: a plan of the caller's paid for the call. */
	reason?: string | undefined;
	attribution?: Attribution | undefined;
	/** Version of the price book that the row was priced with; `provider`: the cost is the one that the provider stated. */
	priceVersion?: string | undefined;
	/** The call that is charged: a store keeps it in the same step, as the attempt with the charge's id. Entries that are read have none. */
	call?: ChargedCall | undefined;
}

/** A cheaper model that did as well. */
export interface CostSuggestion {
	currentModel: ModelName;
	suggestedModel: ModelName;
	/** USD. */
	savingsPerRequest: number;
	/** USD. */
	estimatedMonthlySavings: number;
	/** -100 to 100, negative is worse. */
	qualityDelta: number;
	/** Milliseconds, negative is faster. */
	latencyDelta: number;
	reason: string;
	/** 0-100. */
	confidence: number;
	/** The kind of work the advice is for. */
	taskType?: TaskType;
	/** Requests of the current model the advice rests on. */
	sampleSize?: number;
	/** Points around `qualityDelta` that hold the true difference in about 90 % of cases; wide where little was seen. */
	qualityInterval?: { low: number; high: number };
	/** USD around `estimatedMonthlySavings`, about 90 %: by how much requests and their savings vary. */
	monthlySavingsRange?: { low: number; high: number };
}

/** Spending over a period; all money in USD. */
export interface CostReport {
	period: { start: Date; end: Date };
	totalCost: number;
	byModel: Record<
		string,
		{
			cost: number;
			requests: number;
			avgCostPerRequest: number;
			tokens: { input: number; output: number };
			/** Requests in no sum, for want of a price. @default 0 */
			unpricedRequests?: number;
		}
	>;
	byTaskType: Partial<Record<TaskType, { cost: number; requests: number; preferredModel: ModelName }>>;
	dailyCosts: Array<{ date: string; cost: number; requests: number; unpricedRequests?: number }>;
	trends: { dailyAverage: number; weeklyAverage: number; projectedMonthly: number };
	suggestions: CostSuggestion[];
	/** Requests whose model had no price: they are in no sum above. */
	unpricedRequests: number;
	/** What providers said of usage that nobody here knows, or that has no price: in no sum either. @default none */
	unknownUsage?: UnknownUsage[];
}

/** A field of usage that nobody here knows, or a use without a price, with the requests that had it. */
export interface UnknownUsage {
	/** As the provider names it; `unpriced use: …` for a use that is known and has no price. */
	field: string;
	requests: number;
}

/** A way to say what a day will cost: the weekday's share of the level, the mean of 7 days, or the same weekday a week ago. */
export type ForecastMethod = 'weekday' | 'mean-of-week' | 'last-week';

/** How a method did on the recorded days: each forecast was made from the days before it only. */
export interface ForecastBacktest {
	method: ForecastMethod;
	/** Forecasts made. */
	samples: number;
	/** Median absolute error of the sum of the next 7 days, as a part of it. */
	weekError: number;
	/** Part of the weeks whose sum lay inside the 80 % interval. */
	coverage: number;
}

/** One forecast day; money in USD. */
export interface ForecastDay {
	date: string;
	expected: number;
}

/** Days that are forecast where no number is given. */
export const DEFAULT_FORECAST_DAYS = 14;

/** What spending will be if work goes on as it did; money in USD. */
export interface SpendForecast {
	/** Why there is no forecast; `null` when there is one. */
	missing: string | null;
	/** Whole days of history it rests on. */
	historyDays: number;
	/** The method that did best on the recorded days. */
	method: ForecastMethod | null;
	days: ForecastDay[];
	/** Sum of the days, with its 80 % interval. */
	total: { expected: number; low: number; high: number } | null;
	/** The calendar month: spent so far and expected to come. */
	month: { spent: number; expected: number; low: number; high: number; limit: number } | null;
	/** The day the month's spending reaches its limit; `null` in a field: not within the month. */
	limitReached: { expected: string | null; earliest: string | null; latest: string | null } | null;
	/** Each method on the recorded days, the best first. */
	backtest: ForecastBacktest[];
}

/** What the same work would have cost otherwise: an estimate, with its method. Money in USD. */
export interface SavingsEstimate {
	baseline: 'strongest' | 'cheapest' | 'cost-matched-mix';
	/** In a sentence: which model, and what is assumed. */
	method: string;
	/** Requests compared: priced, and servable by the baseline. */
	requests: number;
	/** Requests the baseline could not have served, or that have no price: in no sum. */
	leftOut: number;
	actualCost: number;
	baselineCost: number;
	/** baselineCost - actualCost; negative where the baseline is cheaper. */
	saved: number;
	/** Mean catalog quality of what was used minus that of the baseline, 0-100 points. */
	qualityDelta: number;
}

/** A figure with the interval that holds the true one in 95 of 100 samples of this size. */
export interface BaselineInterval {
	value: number;
	low: number;
	high: number;
}

/** One way to choose, over the requests that are compared. */
export interface BaselineWay {
	/** The model of every request; of the coin the two that are mixed. */
	models: ModelName[];
	/** USD. */
	costPer1000: number;
	/** 0-100; `null` where too few answers were judged. */
	quality: number | null;
	/** Where that lies in 95 of 100 samples of this size; `null` where its judgements are missing or all alike, so that none tells. */
	interval: Pick<BaselineInterval, 'low' | 'high'> | null;
}

/** Routing beside the ways that anybody could choose without it. */
export interface RoutingBaselines {
	/** Requests that every model of the race could have served. */
	requests: number;
	/** Those of them whose answer was judged: with thirty or more all figures are over these. */
	judged: number;
	/** Requests that are in no figure. */
	leftOut: number;
	/** What was spent, USD per 1,000 requests. */
	costPer1000: number;
	/** Of what was used; `null` where too few answers were judged. */
	quality: BaselineInterval | null;
	/** Every request on one model; `null` where no model competes, or none costs as little as was spent. */
	cheapest: BaselineWay | null;
	strongest: BaselineWay | null;
	bestSingle: BaselineWay | null;
	/** The best random mix of two models that costs what was spent; `null` where every model costs more. */
	coin: BaselineWay | null;
	/** Points above the coin; `null` where that is not measured. */
	gain: BaselineInterval | null;
	/** By the interval of `gain`. */
	verdict: 'ahead' | 'behind' | 'undecided' | 'unmeasured';
}

/** How the ledger's totals are grouped; a row with several tags counts under each, one without stands under `''`. */
export type CostGroup = 'model' | 'task-type' | 'day' | 'key' | 'team' | 'tag' | 'session' | 'key-tag' | 'key-session';

/** Sums over rows of the ledger. A correction is no request, but its money and tokens count. */
export interface CostSums {
	requests: number;
	/** Sum of the priced rows. */
	costNanoUsd: NanoUsd;
	/** Cached input included. */
	inputTokens: number;
	/** Reasoning included. */
	outputTokens: number;
	/** Requests whose model had no price: they are in no sum of money. */
	unpricedRequests: number;
}

/** Totals for one group of a report. */
export interface CostTotals extends CostSums {
	key: string;
}

/** What one row of the ledger adds to its group. */
export function toCostSums(entry: CostEntry): CostSums {
	const isRequest = entry.kind !== 'correction';
	return {
		requests: isRequest ? 1 : 0,
		costNanoUsd: entry.costNanoUsd ?? 0,
		inputTokens: countInputTokens(entry.usage),
		outputTokens: countOutputTokens(entry.usage),
		unpricedRequests: isRequest && entry.costNanoUsd === null ? 1 : 0,
	};
}

const SUM_NAMES = ['requests', 'costNanoUsd', 'inputTokens', 'outputTokens', 'unpricedRequests'] as const;

/** Adds sums to the totals of a group. */
export function addToTotals(
	totals: { get(key: string): CostTotals | undefined; set(key: string, value: CostTotals): unknown },
	key: string,
	sums: CostSums,
): void {
	const known = totals.get(key);
	if (known === undefined) {
		totals.set(key, { key, ...sums });
		return;
	}
	for (const name of SUM_NAMES) known[name] += sums[name];
}

/** Days newest first, other groups by falling cost; equal ones by name, so that the order is always the same. */
export function sortTotals(totals: ReadonlyMap<string, CostTotals>, by: CostGroup): CostTotals[] {
	const byKey = (a: CostTotals, b: CostTotals) => (a.key < b.key ? -1 : 1);
	const groups = [...totals.values()];
	if (by === 'day') return groups.sort((a, b) => byKey(b, a));
	return groups.sort((a, b) => b.costNanoUsd - a.costNanoUsd || byKey(a, b));
}

function getGroupKeys(entry: CostEntry, by: CostGroup, toDay: (at: number) => string): readonly string[] {
	const { attribution = {}, at, model, taskType } = entry;
	if (by === 'day') return [toDay(at)];
	const { namedBy = null, session = '', tags = [] } = attribution;
	const named = tags.length > 0 ? [...new Set(tags)] : [''];
	if (by === 'tag') return named;
	if (by === 'key-tag') return named.map((tag) => JSON.stringify([namedBy, tag]));
	if (by === 'key-session') return [JSON.stringify([namedBy, session])];
	return [{ ...attribution, model, 'task-type': taskType }[by] ?? ''];
}

/** Totals of rows by group, sorted; `toDay`: the day (`2026-11-24`) in which an instant lies. */
export function sumByGroup(entries: Iterable<CostEntry>, by: CostGroup, toDay: (at: number) => string): CostTotals[] {
	const totals = new Map<string, CostTotals>();
	for (const entry of entries) {
		const sums = toCostSums(entry);
		for (const key of getGroupKeys(entry, by, toDay)) addToTotals(totals, key, sums);
	}
	return sortTotals(totals, by);
}
