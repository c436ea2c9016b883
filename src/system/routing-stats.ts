import {
	type CostTotals,
	type DecisionCounts,
	nanoToUsd,
	type PerformanceRow,
	type RoutingStats,
} from '../contracts/index.ts';

/** The rows statistics are made from. */
export interface StatsRows {
	decisions: readonly DecisionCounts[];
	performance: readonly PerformanceRow[];
	costByModel: readonly CostTotals[];
	costByDay: readonly CostTotals[];
	/** Share of outcomes answered by a fallback, 0-1. */
	fallbackShare: number;
}

interface Sums {
	requests: number;
	successes: number;
	quality: number;
	judged: number;
	cost: number;
	latency: number;
	timed: number;
}

function sumRows(rows: readonly PerformanceRow[]): Sums {
	const sums: Sums = { requests: 0, successes: 0, quality: 0, judged: 0, cost: 0, latency: 0, timed: 0 };
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

function groupBy<Row, Key>(rows: readonly Row[], keyOf: (row: Row) => Key): Map<Key, Row[]> {
	const groups = new Map<Key, Row[]>();
	for (const row of rows) {
		const key = keyOf(row);
		const group = groups.get(key);
		if (group === undefined) groups.set(key, [row]);
		else group.push(row);
	}
	return groups;
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
	const performance = groupBy(rows.performance, (row) => row.model);
	const counts = countBy(rows.decisions, (row) => row.model);
	for (const model of performance.keys()) if (!counts.has(model)) counts.set(model, 0);
	const stats: RoutingStats['byModel'] = {};
	for (const [model, count] of counts) {
		const sums = sumRows(performance.get(model) ?? []);
		stats[model] = {
			count,
			successRate: divideOrZero(sums.successes, sums.requests) * 100,
			avgQuality: sums.judged === 0 ? Number.NaN : sums.quality / sums.judged,
			avgCost: nanoToUsd(divideOrZero(sums.cost, sums.requests)),
			avgLatency: divideOrZero(sums.latency, sums.timed),
		};
	}
	return stats;
}

function sumByMonth(days: readonly CostTotals[]): Record<string, number> {
	const months: Record<string, number> = {};
	for (const day of days) {
		const month = day.key.slice(0, 7);
		months[month] = (months[month] ?? 0) + day.costNanoUsd;
	}
	return Object.fromEntries(Object.entries(months).map(([month, nano]) => [month, nanoToUsd(nano)]));
}

/** Statistics from what storage remembers. */
export function buildStats(rows: StatsRows): RoutingStats {
	const total = rows.decisions.reduce((sum, row) => sum + row.count, 0);
	const byTaskType: RoutingStats['byTaskType'] = {};
	const types = groupBy(rows.decisions, (row) => row.taskType);
	for (const [type, count] of countBy(rows.decisions, (row) => row.taskType)) {
		const [preferred] = countBy(types.get(type) ?? [], (row) => row.model).keys();
		const sums = sumRows(rows.performance.filter((row) => row.taskType === type));
		byTaskType[type] = {
			count,
			preferredModel: preferred ?? '',
			avgQuality: sums.judged === 0 ? Number.NaN : sums.quality / sums.judged,
		};
	}
	const byComplexity: RoutingStats['byComplexity'] = {};
	const levels = groupBy(rows.decisions, (row) => row.complexity);
	for (const [complexity, count] of countBy(rows.decisions, (row) => row.complexity)) {
		byComplexity[complexity] = {
			count,
			distribution: Object.fromEntries(countBy(levels.get(complexity) ?? [], (row) => row.model)),
		};
	}
	return {
		totalDecisions: total,
		byModel: buildModelStats(rows),
		byTaskType,
		byComplexity,
		costs: {
			total: nanoToUsd(rows.costByModel.reduce((sum, row) => sum + row.costNanoUsd, 0)),
			byModel: Object.fromEntries(rows.costByModel.map((row) => [row.key, nanoToUsd(row.costNanoUsd)])),
			byDay: Object.fromEntries(rows.costByDay.map((row) => [row.key, nanoToUsd(row.costNanoUsd)])),
			byMonth: sumByMonth(rows.costByDay),
		},
		performance: {
			avgDecisionTime: divideOrZero(
				rows.decisions.reduce((sum, row) => sum + row.totalDecisionTimeMs, 0),
				total,
			),
			cacheHitRate:
				divideOrZero(
					rows.decisions.reduce((sum, row) => sum + row.cachedCount, 0),
					total,
				) * 100,
			fallbackRate: rows.fallbackShare * 100,
		},
	};
}
