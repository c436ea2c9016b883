import type { CostEntry } from './cost.ts';
import type { NanoUsd } from './money.ts';
import { countInputTokens, countOutputTokens } from './usage.ts';

/** How the ledger's totals are grouped; a row with several tags counts under each, one without stands under `''`. */
export type CostGroup = 'model' | 'task-type' | 'day' | 'key' | 'team' | 'tag' | 'session';

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
	if (by === 'tag') return attribution.tags?.length ? [...new Set(attribution.tags)] : [''];
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
