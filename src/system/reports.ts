import type { ModelCatalog } from '../catalog/index.ts';
import {
	type AttemptRow,
	type CostEntry,
	type CostReport,
	type DecisionRecord,
	type EstimateErrors,
	type FallbackEventRow,
	isUsersCharge,
	nanoToUsd,
	type OutcomeRow,
	type RateLimitRow,
	type RouterStorage,
	type RoutingBaselines,
	type RoutingStats,
	type SavingsEstimate,
	SIMULATED_DEPLOYMENT_PREFIX,
	type SpendForecast,
	type TimeRange,
} from '../contracts/index.ts';
import {
	type AnsweredRequest,
	buildCostReport,
	compareBaselines,
	estimateSavings,
	forecastCosts,
} from '../cost/index.ts';
import { DAY_MS } from '../util/index.ts';
import type { SpendingSource } from './budget-limits.ts';
import { buildStats } from './routing-stats.ts';

/** Outcomes read for the fallback rate, the newest. */
const MAX_OUTCOMES = 100_000;

/** Statistics of a range of time, from storage. */
export async function readStats(storage: RouterStorage, range: TimeRange, timezone: string): Promise<RoutingStats> {
	const outcomes = await storage.records.outcomes(range, MAX_OUTCOMES);
	const fallbacks = outcomes.filter((outcome) => outcome.usedFallback).length;
	const sample = await withoutSimulated(storage, range, outcomes.slice(0, MAX_MEASURED_ESTIMATES));
	const decisions = await storage.records.decisions(range, 2 * MAX_MEASURED_ESTIMATES);
	const stats = buildStats({
		decisions: await storage.records.counts(range),
		performance: await storage.performance.performance(),
		costByModel: await storage.ledger.totals(range, 'model', timezone),
		costByDay: await storage.ledger.totals(range, 'day', timezone),
		fallbackShare: outcomes.length === 0 ? 0 : fallbacks / outcomes.length,
	});
	return { ...stats, estimates: measureEstimateErrors(decisions, sample) };
}

/** Spending in a period, from the ledger; suggestions from what this process has learned. */
export async function readCostReport(
	{ storage, optimizer, now }: SpendingSource,
	period: { start: Date; end: Date },
): Promise<CostReport> {
	const { timezone } = optimizer.calendar;
	const range = { from: period.start.getTime(), to: period.end.getTime() };
	const byDay = await storage.ledger.totals(range, 'day', timezone);
	const decisions = await storage.records.counts(range);
	const firstDay = byDay.at(-1)?.key;
	return buildCostReport({
		period,
		byModel: await storage.ledger.totals(range, 'model', timezone),
		byTaskType: await storage.ledger.totals(range, 'task-type', timezone),
		byDay,
		getPreferredModel: (type) => {
			const [first] = decisions.filter((row) => row.taskType === type).sort((a, b) => b.count - a.count);
			return first?.model ?? '';
		},
		firstChargeAt: firstDay === undefined ? null : optimizer.calendar.getDay(firstDay).startsAt,
		suggestions: optimizer.suggestDowngrades(),
		unknownUsage: await storage.ledger.unknownUsage(range),
		isUnpricedShownPerGroup: true,
		now,
	});
}

/** Ledger entries that savings are estimated from, the newest. */
const MAX_SAVINGS_ENTRIES = 100_000;
/** Milliseconds of history that a forecast is made from. */
const FORECAST_HISTORY_MS = 120 * DAY_MS;

/** What the next days will cost, from the ledger's days in the budget's time zone. */
export async function readForecast({ storage, optimizer, now }: SpendingSource, days: number): Promise<SpendForecast> {
	const { budget, calendar } = optimizer;
	const totals = await storage.ledger.totals({ from: now - FORECAST_HISTORY_MS, to: now + 1 }, 'day', budget.timezone);
	const month = await storage.budgets.spend('all', calendar.periodAt('month', now).key);
	return forecastCosts({
		daily: new Map(totals.map(({ key, costNanoUsd }) => [key, nanoToUsd(costNanoUsd)])),
		today: calendar.periodAt('day', now).key,
		days,
		month: { spent: nanoToUsd(month.settledNanoUsd), limit: budget.monthlyLimit },
	});
}

/** What the same work would have cost with other models; empty where there is no model to compare with. */
export async function readSavings(
	storage: RouterStorage,
	range: TimeRange,
	options: { catalog: ModelCatalog; candidates: readonly string[]; limit?: number },
): Promise<SavingsEstimate[]> {
	const { catalog, candidates: configured, limit = MAX_SAVINGS_ENTRIES } = options;
	const entries = (await storage.ledger.entries(range, limit)).filter(isUsersCharge);
	const profiles = catalog.profiles();
	const served = profiles.filter(({ lifecycle }) => lifecycle?.state !== 'retired');
	const names = new Set([...configured, ...entries.map(({ model }) => model)]);
	const candidates = served.filter(({ name }) => names.has(name));
	const [strongest] = candidates.toSorted(
		(a, b) => b.qualityScore - a.qualityScore || a.costPer1kOutputTokens - b.costPer1kOutputTokens,
	);
	if (strongest === undefined) return [];
	const byName = new Map(profiles.map((profile) => [profile.name, profile]));
	return estimateSavings({ entries, profiles: byName, strongest, candidates });
}

/** Rows of each kind that a look is made from, the newest: more would hold up the requests of callers. */
export const SAMPLE_LIMIT = 2000;

/**
 * Routing beside always the cheapest, the strongest, the best single model and the coin, over the newest 2,000 charges. `outcomes`:
 * the newest of the range, where they were read already.
 */
export async function readBaselines(
	storage: RouterStorage,
	range: TimeRange,
	options: { catalog: ModelCatalog; candidates: readonly string[]; outcomes?: readonly OutcomeRow[] },
): Promise<RoutingBaselines> {
	const { catalog, candidates } = options;
	const entries = (await storage.ledger.entries(range, SAMPLE_LIMIT)).filter(isUsersCharge);
	const outcomes = options.outcomes ?? (await storage.records.outcomes(range, SAMPLE_LIMIT));
	const judged = new Map(outcomes.map(({ answeredBy, decisionId, quality }) => [decisionId, { answeredBy, quality }]));
	const names = new Set(candidates);
	const profiles = catalog
		.profiles()
		.filter(({ lifecycle, name }) => names.has(name) && lifecycle?.state !== 'retired');
	const requests = entries.flatMap(
		({ at, costNanoUsd, decisionId, kind, model, taskType, usage }): AnsweredRequest[] => {
			if (costNanoUsd === null || kind === 'correction') return [];
			const outcome = judged.get(decisionId ?? '');
			// an attempt that another model's answer followed was judged by nobody
			const quality = outcome?.answeredBy === model ? outcome.quality : null;
			return [{ at, costNanoUsd, model, taskType, usage, quality }];
		},
	);
	return compareBaselines(requests, profiles);
}

/** Requests whose estimates are compared with what came, the newest. */
const MAX_MEASURED_ESTIMATES = 200;

function median(values: readonly number[]): number {
	if (values.length === 0) return Number.NaN;
	const sorted = [...values].sort((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** The error of an estimate in percent of the actual value; `null` where there is nothing to compare. */
function getErrorPercent(estimated: number | null, actual: number | null): number | null {
	return estimated === null || actual === null || actual <= 0 ? null : (100 * Math.abs(estimated - actual)) / actual;
}

/** Attempts that are looked through for those that the simulator answered, the newest. */
const MAX_READ_ATTEMPTS = 10 * MAX_MEASURED_ESTIMATES;

/** Outcomes without those that the simulator answered: how long its made-up answers are says nothing about a model. */
async function withoutSimulated(
	storage: RouterStorage,
	range: TimeRange,
	outcomes: readonly OutcomeRow[],
): Promise<OutcomeRow[]> {
	const attempts = await storage.records.attempts(range, MAX_READ_ATTEMPTS);
	const simulated = attempts.filter(({ deployment }) => deployment?.startsWith(SIMULATED_DEPLOYMENT_PREFIX));
	const decisions = new Set(simulated.map(({ decisionId }) => decisionId));
	return outcomes.filter(({ decisionId }) => !decisions.has(decisionId));
}

/** Errors of the estimates of the newest requests that the chosen model answered at its first call. */
function measureEstimateErrors(decisions: readonly DecisionRecord[], outcomes: readonly OutcomeRow[]): EstimateErrors {
	const decided = new Map(decisions.map((decision) => [decision.id, decision]));
	const [cost, latency]: [number[], number[]] = [[], []];
	for (const outcome of outcomes) {
		const decision = decided.get(outcome.decisionId);
		if (decision === undefined || !outcome.success || outcome.attempts !== 1) continue;
		if (outcome.answeredBy !== decision.model) continue;
		const costError = getErrorPercent(decision.estimatedCostNanoUsd, outcome.actualCostNanoUsd);
		const latencyError = getErrorPercent(decision.estimatedLatencyMs, outcome.actualLatencyMs);
		if (costError !== null) cost.push(costError);
		if (latencyError !== null) latency.push(latencyError);
	}
	return { requests: Math.max(cost.length, latency.length), cost: median(cost), latency: median(latency) };
}

/** Rows exported of each kind, the newest. */
const MAX_EXPORTED_ROWS = 1_000_000;

/** Everything recorded in a period. */
export interface ExportedData {
	decisions: DecisionRecord[];
	outcomes: OutcomeRow[];
	costs: CostEntry[];
	fallbackEvents: FallbackEventRow[];
	rateLimits: RateLimitRow[];
	attempts: AttemptRow[];
}

/** Reads everything recorded in a period. */
export async function exportData(storage: RouterStorage, range: TimeRange): Promise<ExportedData> {
	return {
		decisions: await storage.records.decisions(range, MAX_EXPORTED_ROWS),
		outcomes: await storage.records.outcomes(range, MAX_EXPORTED_ROWS),
		costs: await storage.ledger.entries(range, MAX_EXPORTED_ROWS),
		fallbackEvents: await storage.records.fallbackEvents(range, MAX_EXPORTED_ROWS),
		rateLimits: await storage.records.rateLimits(range, MAX_EXPORTED_ROWS),
		attempts: await storage.records.attempts(range, MAX_EXPORTED_ROWS),
	};
}
