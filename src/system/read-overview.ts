import {
	addToTotals,
	type CostEntry,
	type CostSums,
	type CostTotals,
	countInputTokens,
	type OutcomeRow,
	type Overview,
	type RecentResults,
	type SpendingBucket,
	sortTotals,
	type TimeRange,
} from '../contracts/index.ts';
import { DAY_MS, HOUR_MS } from '../util/index.ts';
import type { SpendingSource } from './budget-limits.ts';
import { SAMPLE_LIMIT } from './reports.ts';

/** Days that are drawn at most; of a longer range the newest. */
const MAX_BUCKETS = 92;

/**
 * Spending by model over time, and how the newest requests went. Sums come from the ledger's hourly sums and are exact, and each is
 * read once: the whole is what the buckets say with what lies outside of them, also while charges come. Rates come from a sample whose
 * size is told.
 */
export async function readOverview(source: SpendingSource, range: TimeRange): Promise<Overview> {
	const { storage, optimizer, now } = source;
	const { timezone } = optimizer.calendar;
	const buckets = await readBuckets(source, range);
	const outside = [
		{ from: range.from, to: buckets[0]?.from ?? range.to },
		{ from: buckets.at(-1)?.to ?? range.to, to: range.to },
	];
	const whole = new Map<string, CostTotals>();
	for (const { byModel } of buckets) for (const { key, ...sums } of byModel) addToTotals(whole, key, sums);
	for (const part of outside.filter(({ from, to }) => from < to))
		for (const { key, ...sums } of await storage.ledger.totals(part, 'model', timezone)) addToTotals(whole, key, sums);
	const byModel = sortTotals(whole, 'model');
	return {
		at: now,
		timezone,
		range,
		total: sumTotals(byModel),
		byModel,
		buckets: trimBuckets(buckets, range),
		recent: await readRecentResults(source, range),
	};
}

function sumTotals(totals: readonly CostTotals[]): CostSums {
	const sums = { requests: 0, costNanoUsd: 0, inputTokens: 0, outputTokens: 0, unpricedRequests: 0 };
	for (const row of totals) {
		sums.requests += row.requests;
		sums.costNanoUsd += row.costNanoUsd;
		sums.inputTokens += row.inputTokens;
		sums.outputTokens += row.outputTokens;
		sums.unpricedRequests += row.unpricedRequests;
	}
	return sums;
}

/** Hours of a range of up to a day, else the days of the budget's zone; nothing that lies wholly ahead. */
function listBuckets({ optimizer, now }: SpendingSource, { from, to }: TimeRange): TimeRange[] {
	const kind = to - from <= DAY_MS + HOUR_MS ? 'hour' : 'day';
	const buckets: TimeRange[] = [];
	for (let at = Math.min(to, now + 1) - 1; at >= from && buckets.length < MAX_BUCKETS; ) {
		const { startsAt, endsAt } = optimizer.calendar.periodAt(kind, at);
		buckets.push({ from: Math.max(from, startsAt), to: Math.min(to, endsAt) });
		at = startsAt - 1;
	}
	return buckets.reverse();
}

async function readBuckets(source: SpendingSource, range: TimeRange): Promise<SpendingBucket[]> {
	const { storage, optimizer } = source;
	const buckets: SpendingBucket[] = [];
	for (const bucket of listBuckets(source, range))
		buckets.push({ ...bucket, byModel: await storage.ledger.totals(bucket, 'model', optimizer.calendar.timezone) });
	return buckets;
}

/** What comes before the first charge is empty, however far back the range begins. */
function trimBuckets(buckets: SpendingBucket[], { from }: TimeRange): SpendingBucket[] {
	const first = buckets.findIndex(({ byModel }) => byModel.length > 0);
	return from <= 0 && first > 0 ? buckets.slice(first) : buckets;
}

async function readRecentResults({ storage }: SpendingSource, range: TimeRange): Promise<RecentResults> {
	const outcomes = await storage.records.outcomes(range, SAMPLE_LIMIT);
	const charges = await storage.ledger.entries(range, SAMPLE_LIMIT);
	return {
		sampled: outcomes.length,
		sampleLimit: SAMPLE_LIMIT,
		successes: outcomes.filter(({ success }) => success).length,
		fallbacks: outcomes.filter(({ usedFallback }) => usedFallback).length,
		latencyMs: readLatency(outcomes),
		cache: sumCacheReads(charges),
	};
}

function readLatency(outcomes: readonly OutcomeRow[]): RecentResults['latencyMs'] {
	const measured = outcomes.flatMap(({ actualLatencyMs, success }) =>
		success && actualLatencyMs !== null ? [actualLatencyMs] : [],
	);
	if (measured.length === 0) return null;
	const sorted = measured.sort((a, b) => a - b);
	const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
	return { p50: rank(0.5), p95: rank(0.95) };
}

function sumCacheReads(charges: readonly CostEntry[]): RecentResults['cache'] {
	const sums = { charges: charges.length, inputTokens: 0, cacheReadTokens: 0 };
	for (const { usage } of charges) {
		sums.inputTokens += countInputTokens(usage);
		sums.cacheReadTokens += usage.cacheReadTokens;
	}
	return sums;
}
