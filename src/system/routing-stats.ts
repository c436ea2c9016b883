import {
	type CostTotals,
	type DecisionCounts,
	nanoToUsd,
	type PerformanceRow,
	type RoutingStats,
} from '../contracts/index.ts';
import { sum } from '../util/index.ts';

type GroupCost = Pick<CostTotals, 'key' | 'costNanoUsd'>;

/** The rows statistics are made from. */
interface StatsRows {
	decisions: readonly DecisionCounts[];
	performance: readonly PerformanceRow[];
	costByModel: readonly GroupCost[];
	costByDay: readonly GroupCost[];
	/** Share of outcomes answered by a fallback, 0-1. */
	fallbackShare: number;
}

/** Sums over rows; quality and latency count once for each request. */
export function sumRows(
	rows: readonly PerformanceRow[],
): Record<'requests' | 'successes' | 'quality' | 'judged' | 'cost' | 'latency' | 'timed', number> {
	const sums = { requests: 0, successes: 0, quality: 0, judged: 0, cost: 0, latency: 0, timed: 0 };
	for (const row of rows) {
		sums.requests += row.totalRequests;
		sums.successes += row.successfulRequests;
		sums.cost += row.totalCostNanoUsd;
		if (row.meanQuality !== null) {
			sums.quality += row.meanQuality * row.totalRequests;
			sums.judged += row.totalRequests;
		}
		if (row.meanLatencyMs !== null) {
			sums.latency += row.meanLatencyMs * row.totalRequests;
			sums.timed += row.totalRequests;
		}
	}
	return sums;
}

function divideOrZero(part: number, whole: number): number {
	return whole === 0 ? 0 : part / whole;
}

function countBy<Key extends string>(
	rows: readonly DecisionCounts[],
	keyOf: (row: DecisionCounts) => Key,
): Map<Key, number> {
	const counts = new Map<Key, number>();
	for (const row of rows) counts.set(keyOf(row), (counts.get(keyOf(row)) ?? 0) + row.count);
	return new Map([...counts].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1)));
}

function buildModelStats(rows: StatsRows): RoutingStats['byModel'] {
	const performance = Map.groupBy(rows.performance, (row) => row.model);
	const counts = countBy(rows.decisions, (row) => row.model);
	for (const model of performance.keys()) if (!counts.has(model)) counts.set(model, 0);
	const stats: RoutingStats['byModel'] = {};
	for (const [model, count] of counts) {
		const sums = sumRows(performance.get(model) ?? []);
		stats[model] = {
			count,
			outcomes: sums.requests,
			successRate: (sums.successes / sums.requests) * 100, // NaN where nothing has ended
			avgQuality: sums.quality / sums.judged, // NaN where nothing was judged
			avgCost: nanoToUsd(divideOrZero(sums.cost, sums.requests)),
			avgLatency: divideOrZero(sums.latency, sums.timed),
		};
	}
	return stats;
}

function sumByMonth(days: readonly GroupCost[]): Record<string, number> {
	const months: Record<string, number> = {};
	for (const day of days) {
		const month = day.key.slice(0, 7);
		months[month] = (months[month] ?? 0) + day.costNanoUsd;
	}
	return Object.fromEntries(Object.entries(months).map(([month, nano]) => [month, nanoToUsd(nano)]));
}

/** Statistics from what storage remembers. */
export function buildStats(rows: StatsRows): RoutingStats {
	const total = sum(rows.decisions.map((row) => row.count));
	const decisionTime = sum(rows.decisions.map((row) => row.totalDecisionTimeMs));
	const cacheHits = sum(rows.decisions.map((row) => row.cachedCount));
	const byTaskType: RoutingStats['byTaskType'] = {};
	const types = Map.groupBy(rows.decisions, (row) => row.taskType);
	for (const [type, count] of countBy(rows.decisions, (row) => row.taskType)) {
		const [preferred] = countBy(types.get(type) ?? [], (row) => row.model).keys();
		const sums = sumRows(rows.performance.filter((row) => row.taskType === type));
		// NaN where nothing was judged
		byTaskType[type] = { count, preferredModel: preferred ?? '', avgQuality: sums.quality / sums.judged };
	}
	const byComplexity: RoutingStats['byComplexity'] = {};
	const levels = Map.groupBy(rows.decisions, (row) => row.complexity);
	for (const [complexity, count] of countBy(rows.decisions, (row) => row.complexity)) {
		const distribution = Object.fromEntries(countBy(levels.get(complexity) ?? [], (row) => row.model));
		byComplexity[complexity] = { count, distribution };
	}
	return {
		totalDecisions: total,
		byModel: buildModelStats(rows),
		byTaskType,
		byComplexity,
		costs: {
			total: nanoToUsd(sum(rows.costByModel.map((row) => row.costNanoUsd))),
			byModel: Object.fromEntries(rows.costByModel.map((row) => [row.key, nanoToUsd(row.costNanoUsd)])),
			byDay: Object.fromEntries(rows.costByDay.map((row) => [row.key, nanoToUsd(row.costNanoUsd)])),
			byMonth: sumByMonth(rows.costByDay),
		},
		performance: {
			avgDecisionTime: divideOrZero(decisionTime, total),
			cacheHitRate: divideOrZero(cacheHits, total) * 100,
			fallbackRate: rows.fallbackShare * 100,
		},
	};
}
