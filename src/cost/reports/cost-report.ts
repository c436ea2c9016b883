import {
	addToTotals,
	type CostEntry,
	type CostReport,
	type CostSuggestion,
	type CostSums,
	type CostTotals,
	type ModelName,
	nanoToUsd,
	sumByGroup,
	type UnknownUsage,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { BudgetCalendar } from '../budgets/budget-calendar.ts';

/** What a report is made from: totals of the ledger over the period. */
interface CostReportInput {
	period: { start: Date; end: Date };
	byModel: readonly CostTotals[];
	byTaskType: readonly CostTotals[];
	/** In the order in which the report shows them. */
	byDay: readonly CostTotals[];
	/** The model most used for a type of task. */
	getPreferredModel: (type: string) => ModelName;
	/** The first charge in the period, or the beginning of its day (epoch ms); `null` when there is none. */
	firstChargeAt: number | null;
	suggestions: CostSuggestion[];
	unknownUsage?: UnknownUsage[];
	/** Show unpriced requests beside each model and day too. @default false */
	isUnpricedShownPerGroup?: boolean;
	/** Epoch milliseconds. */
	now: number;
}

/** Spending over a period, in USD. */
export function buildCostReport(input: CostReportInput): CostReport {
	const { byDay, byModel, byTaskType, isUnpricedShownPerGroup = false, period, unknownUsage = [] } = input;
	const totalCost = nanoToUsd(byModel.reduce((sum, row) => sum + row.costNanoUsd, 0));
	const unpriced = ({ unpricedRequests }: CostSums) =>
		isUnpricedShownPerGroup && unpricedRequests > 0 ? { unpricedRequests } : {};
	const models = byModel.map((row) => [
		row.key,
		{
			cost: nanoToUsd(row.costNanoUsd),
			requests: row.requests,
			avgCostPerRequest: getMeanCost(row),
			tokens: { input: row.inputTokens, output: row.outputTokens },
			...unpriced(row),
		},
	]);
	const types = byTaskType.map(({ key, costNanoUsd, requests }) => [
		key,
		{ cost: nanoToUsd(costNanoUsd), requests, preferredModel: input.getPreferredModel(key) },
	]);
	return {
		period,
		totalCost,
		byModel: Object.fromEntries(models),
		byTaskType: Object.fromEntries(types),
		dailyCosts: byDay.map((row) => ({
			date: row.key,
			cost: nanoToUsd(row.costNanoUsd),
			requests: row.requests,
			...unpriced(row),
		})),
		trends: projectSpend(totalCost, input),
		suggestions: input.suggestions,
		unpricedRequests: byModel.reduce((sum, row) => sum + row.unpricedRequests, 0),
		...(unknownUsage.length > 0 && { unknownUsage }),
	};
}

/** Cost per priced request in USD; 0 when none has a price. */
function getMeanCost({ costNanoUsd, requests, unpricedRequests }: CostSums): number {
	const priced = requests - unpricedRequests;
	return priced === 0 ? 0 : nanoToUsd(costNanoUsd) / priced;
}

/** Days of the month a projection is for. */
const PROJECTED_DAYS = 30;

/**
 * Straight-line projection: the average day so far, times 7 and times 30. Days count from the first charge (or the
 * period's start, if later) to now (or the period's end, if earlier), at least one: an empty future or an empty past
 * before the first charge does not make spending look small.
 */
function projectSpend(totalCost: number, { period, firstChargeAt, now }: CostReportInput): CostReport['trends'] {
	const start = period.start.getTime();
	const from = Math.max(start, firstChargeAt ?? start);
	const days = Math.max(1, (Math.min(period.end.getTime(), now) - from) / DAY_MS);
	const dailyAverage = totalCost / days;
	return { dailyAverage, weeklyAverage: dailyAverage * 7, projectedMonthly: dailyAverage * PROJECTED_DAYS };
}

/** What a report over entries needs beside them. The period's ends are inclusive; the days are the calendar's. */
type EntriesReportOptions = Pick<CostReportInput, 'period' | 'suggestions' | 'now'> & { calendar: BudgetCalendar };

/** The report over entries of which those outside the period are left out. @throws InvalidInputError for a period that ends before it begins. */
export function reportEntries(all: readonly CostEntry[], options: EntriesReportOptions): CostReport {
	const { calendar, period } = options;
	const [start, end] = [period.start.getTime(), period.end.getTime()];
	// NaN (an invalid date) fails the comparison too
	if (!(start <= end)) {
		throw new InvalidInputError(
			`No report: the period from ${String(period.start)} to ${String(period.end)} is not one. Give two valid dates, the earlier first.`,
		);
	}
	const entries = all.filter(({ at }) => at >= start && at <= end);
	const toDay = (at: number) => calendar.periodAt('day', at).key;
	return buildCostReport({
		...options,
		byModel: sumByGroup(entries, 'model', toDay),
		byTaskType: sumByGroup(entries, 'task-type', toDay),
		byDay: sumByGroup(entries, 'day', toDay).reverse(),
		getPreferredModel: (type) => {
			const ofType = entries.filter(({ taskType }) => taskType === type);
			const [first] = sumByGroup(ofType, 'model', toDay).sort(
				(a, b) => b.requests - a.requests || (a.key < b.key ? -1 : 1),
			);
			return first?.key ?? '';
		},
		firstChargeAt: entries.reduce<number | null>((first, { at }) => Math.min(first ?? at, at), null),
	});
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

/** Adds groups up. */
export function summarizeTotals(groups: readonly CostSums[]): SpendSummary {
	const totals = new Map<string, CostTotals>();
	for (const group of groups) addToTotals(totals, '', group);
	const sum = totals.get('') ?? { requests: 0, costNanoUsd: 0, inputTokens: 0, outputTokens: 0, unpricedRequests: 0 };
	return {
		totalSpent: nanoToUsd(sum.costNanoUsd),
		totalRequests: sum.requests,
		avgCostPerRequest: getMeanCost(sum),
		totalTokens: sum.inputTokens + sum.outputTokens,
		unpricedRequests: sum.unpricedRequests,
	};
}
