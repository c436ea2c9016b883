import type {
	CostReport,
	CostTotals,
	ModelName,
	RouterStorage,
	RoutingStats,
	TaskType,
	TimeRange,
} from '../contracts/index.ts';
import { type CostOptimizer, forecastSpend } from '../cost/index.ts';
import { nanoToUsd } from '../util/index.ts';
import { buildStats } from './build-stats.ts';
import { ESTIMATE_SAMPLE, estimateErrors } from './read-estimate-errors.ts';

/** Outcomes read for the fallback rate at most, newest first. */
const OUTCOME_LIMIT = 100_000;

/** Statistics of a range of time, from storage. */
export async function readStats(storage: RouterStorage, range: TimeRange, timezone: string): Promise<RoutingStats> {
	const outcomes = await storage.records.outcomes(range, OUTCOME_LIMIT);
	const fallbacks = outcomes.filter((outcome) => outcome.usedFallback).length;
	const sample = outcomes.slice(0, ESTIMATE_SAMPLE);
	const decisions = await storage.records.decisions(range, 2 * ESTIMATE_SAMPLE);
	const stats = buildStats({
		decisions: await storage.records.counts(range),
		performance: await storage.performance.performance(),
		costByModel: await storage.ledger.totals(range, 'model', timezone),
		costByDay: await storage.ledger.totals(range, 'day', timezone),
		fallbackShare: outcomes.length === 0 ? 0 : fallbacks / outcomes.length,
	});
	return { ...stats, estimates: estimateErrors(decisions, sample) };
}

/** What a cost report is made with. */
export interface CostReportOptions {
	period: { start: Date; end: Date };
	timezone: string;
	optimizer: CostOptimizer;
	/** Epoch milliseconds. */
	now: number;
}

function modelGroups(totals: readonly CostTotals[]): CostReport['byModel'] {
	const groups: CostReport['byModel'] = {};
	for (const row of totals) {
		const cost = nanoToUsd(row.costNanoUsd);
		const priced = row.requests - row.unpricedRequests;
		groups[row.key] = {
			cost,
			requests: row.requests,
			avgCostPerRequest: priced === 0 ? 0 : cost / priced,
			tokens: { input: row.inputTokens, output: row.outputTokens },
			...(row.unpricedRequests > 0 && { unpricedRequests: row.unpricedRequests }),
		};
	}
	return groups;
}

/** Spending in a period, from the ledger; suggestions from what this process has learnt. */
export async function buildCostReport(storage: RouterStorage, options: CostReportOptions): Promise<CostReport> {
	const { period, timezone, now } = options;
	const range = { from: period.start.getTime(), to: period.end.getTime() };
	const byModel = await storage.ledger.totals(range, 'model', timezone);
	const byType = await storage.ledger.totals(range, 'task-type', timezone);
	const byDay = await storage.ledger.totals(range, 'day', timezone);
	const unknownUsage = await storage.ledger.unknownUsage(range);
	const decisions = await storage.records.counts(range);
	const preferred = (type: string): ModelName => {
		const [first] = decisions.filter((row) => row.taskType === type).sort((a, b) => b.count - a.count);
		return first?.model ?? '';
	};
	const total = nanoToUsd(byModel.reduce((sum, row) => sum + row.costNanoUsd, 0));
	const [firstDay] = byDay.map(({ key }) => key).sort();
	const firstChargeAt = firstDay === undefined ? null : Date.parse(`${firstDay}T00:00:00Z`);
	const byTaskType: CostReport['byTaskType'] = {};
	for (const row of byType) {
		// The ledger's task types are the closed list: rows are written from it only.
		byTaskType[row.key as TaskType] = {
			cost: nanoToUsd(row.costNanoUsd),
			requests: row.requests,
			preferredModel: preferred(row.key),
		};
	}
	return {
		period,
		totalCost: total,
		byModel: modelGroups(byModel),
		byTaskType,
		dailyCosts: byDay.map((row) => ({
			date: row.key,
			cost: nanoToUsd(row.costNanoUsd),
			requests: row.requests,
			...(row.unpricedRequests > 0 && { unpricedRequests: row.unpricedRequests }),
		})),
		trends: forecastSpend({ totalCost: total, start: range.from, end: range.to, firstChargeAt, now }),
		suggestions: options.optimizer.suggestDowngrades(),
		unpricedRequests: byModel.reduce((sum, row) => sum + row.unpricedRequests, 0),
		...(unknownUsage.length > 0 && { unknownUsage }),
	};
}
