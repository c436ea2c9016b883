import {
	type CostEntry,
	type CostReport,
	type CostSuggestion,
	type ModelName,
	type NanoUsd,
	nanoToUsd,
	type TaskType,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { BudgetCalendar } from '../budgets/budget-calendar.ts';
import { countTokens, type DayTotals } from '../in-memory-ledger.ts';

/** Days of the month a projection is for. */
const PROJECTED_DAYS = 30;

/** What a projection is made from; instants in epoch ms, money in USD. */
export interface ProjectionInput {
	totalCost: number;
	start: number;
	end: number;
	/** The first charge in the period, `null` when there is none. */
	firstChargeAt: number | null;
	now: number;
}

/**
 * Straight-line projection: the average day so far, times 7 and times 30. Days count from the first charge (or the
 * period's start, if later) to now (or the period's end, if earlier), at least one: an empty future or an empty past
 * before the first charge does not make spending look small.
 */
export function projectSpend({ totalCost, start, end, firstChargeAt, now }: ProjectionInput): CostReport['trends'] {
	const from = Math.max(start, firstChargeAt ?? start);
	const days = Math.max(1, (Math.min(end, now) - from) / DAY_MS);
	const dailyAverage = totalCost / days;
	return { dailyAverage, weeklyAverage: dailyAverage * 7, projectedMonthly: dailyAverage * PROJECTED_DAYS };
}

/** Totals in USD and tokens. */
export interface SpendSummary {
	totalSpent: number;
	totalRequests: number;
	/** Over requests that have a price; 0 when there are none. */
	avgCostPerRequest: number;
	/** Input and output together. */
	totalTokens: number;
	/** Requests whose model had no price: they are in no sum of money. */
	unpricedRequests: number;
}

/** Adds days up. */
export function summarizeDays(days: Iterable<DayTotals>): SpendSummary {
	let [nano, requests, unpriced, tokens] = [0, 0, 0, 0];
	for (const day of days) {
		nano += day.costNanoUsd;
		requests += day.requests;
		unpriced += day.unpricedRequests;
		tokens += day.tokens;
	}
	const priced = requests - unpriced;
	return {
		totalSpent: nanoToUsd(nano),
		totalRequests: requests,
		avgCostPerRequest: priced === 0 ? 0 : nanoToUsd(nano / priced),
		totalTokens: tokens,
		unpricedRequests: unpriced,
	};
}

/** What a report is made from. */
export interface CostReportInput {
	/** Both ends inclusive. */
	period: { start: Date; end: Date };
	/** Entries in any order; those outside the period are left out. */
	entries: Iterable<CostEntry>;
	/** Whose days the report shows. */
	calendar: BudgetCalendar;
	suggestions: CostSuggestion[];
	/** Epoch milliseconds. */
	now: number;
}

interface Group {
	nano: NanoUsd;
	priced: number;
	requests: number;
	input: number;
	output: number;
	/** Requests per model. */
	models: Map<ModelName, number>;
}

function addTo<Key>(groups: Map<Key, Group>, key: Key, entry: CostEntry): void {
	const group = groups.get(key) ?? { nano: 0, priced: 0, requests: 0, input: 0, output: 0, models: new Map() };
	const tokens = countTokens(entry.usage);
	group.nano += entry.costNanoUsd ?? 0;
	group.priced += entry.costNanoUsd === null ? 0 : 1;
	group.requests += 1;
	group.input += tokens.input;
	group.output += tokens.output;
	group.models.set(entry.model, (group.models.get(entry.model) ?? 0) + 1);
	groups.set(key, group);
}

/** The model with most requests; of equals the first in the alphabet. */
function preferredModel(models: ReadonlyMap<ModelName, number>): ModelName {
	const [first] = [...models].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
	return first?.[0] ?? '';
}

function largestFirst<Key>(groups: ReadonlyMap<Key, Group>): Array<[Key, Group]> {
	return [...groups].sort(([, a], [, b]) => b.nano - a.nano);
}

function modelRow({ nano, priced, requests, input, output }: Group): CostReport['byModel'][string] {
	return {
		cost: nanoToUsd(nano),
		requests,
		avgCostPerRequest: priced === 0 ? 0 : nanoToUsd(nano / priced),
		tokens: { input, output },
	};
}

function checkPeriod({ start, end }: CostReportInput['period']): void {
	// NaN (an invalid date) fails the comparison too.
	if (start.getTime() <= end.getTime()) return;
	throw new InvalidInputError(
		`No report: the period from ${String(start)} to ${String(end)} is not one. Give two valid dates, the earlier first.`,
	);
}

/** Spending over a period. @throws InvalidInputError for a period that ends before it begins. */
export function buildCostReport({ period, entries, calendar, suggestions, now }: CostReportInput): CostReport {
	checkPeriod(period);
	const [start, end] = [period.start.getTime(), period.end.getTime()];
	const [byModel, byType, byDay] = [new Map<ModelName, Group>(), new Map<TaskType, Group>(), new Map<string, Group>()];
	let [total, unpricedRequests, firstChargeAt]: [NanoUsd, number, number | null] = [0, 0, null];
	for (const entry of entries) {
		if (entry.at < start || entry.at > end) continue;
		total += entry.costNanoUsd ?? 0;
		unpricedRequests += entry.costNanoUsd === null ? 1 : 0;
		firstChargeAt = Math.min(firstChargeAt ?? entry.at, entry.at);
		addTo(byModel, entry.model, entry);
		addTo(byType, entry.taskType, entry);
		addTo(byDay, calendar.periodAt('day', entry.at).key, entry);
	}
	const totalCost = nanoToUsd(total);
	const models = largestFirst(byModel).map(([model, group]) => [model, modelRow(group)]);
	return {
		period,
		totalCost,
		// The type names the specification's models; like every record by model it holds those that were used.
		byModel: Object.fromEntries(models) as CostReport['byModel'],
		byTaskType: Object.fromEntries(
			largestFirst(byType).map(([type, { nano, requests, models }]) => [
				type,
				{ cost: nanoToUsd(nano), requests, preferredModel: preferredModel(models) },
			]),
		),
		dailyCosts: [...byDay]
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.map(([date, { nano, requests }]) => ({ date, cost: nanoToUsd(nano), requests })),
		trends: projectSpend({ totalCost, start, end, firstChargeAt, now }),
		suggestions,
		unpricedRequests,
	};
}
