import {
	type CostEntry,
	type CostGroup,
	type CostTotals,
	countInputTokens,
	countOutputTokens,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';

/** Sums without their group. */
export type CostSums = Omit<CostTotals, 'key'>;

/** What one row of the ledger adds to its group; a correction is no request, but its money and tokens count. */
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

/** Totals by group, to be added to. */
export function createTotals(): Map<string, CostTotals> {
	return new Map();
}

/** Adds to a group's totals. */
export function addTotals(totals: Map<string, CostTotals>, key: string, part: CostSums): void {
	const sum = totals.get(key);
	if (sum === undefined) {
		totals.set(key, { key, ...part });
		return;
	}
	sum.requests += part.requests;
	sum.costNanoUsd += part.costNanoUsd;
	sum.inputTokens += part.inputTokens;
	sum.outputTokens += part.outputTokens;
	sum.unpricedRequests += part.unpricedRequests;
}

/** Days newest first, other groups by falling cost; equal ones by name, so that the order is always the same. */
export function sortTotals(totals: Map<string, CostTotals>, by: CostGroup): CostTotals[] {
	const byKey = (a: CostTotals, b: CostTotals) => (a.key < b.key ? -1 : 1);
	const groups = [...totals.values()];
	if (by === 'day') return groups.sort((a, b) => byKey(b, a));
	return groups.sort((a, b) => b.costNanoUsd - a.costNanoUsd || byKey(a, b));
}

/** A function from epoch milliseconds to the calendar day in the zone, as `2026-11-24`. @throws InvalidInputError for an unknown zone. */
export function dayInZone(timezone: string): (at: number) => string {
	if (timezone === 'UTC') return (at) => new Date(at).toISOString().slice(0, 10);
	const format = formatter(timezone);
	return (at) => {
		const parts = { year: '', month: '', day: '' };
		for (const { type, value } of format.formatToParts(at)) {
			if (type === 'year' || type === 'month' || type === 'day') parts[type] = value;
		}
		return `${parts.year.padStart(4, '0')}-${parts.month}-${parts.day}`;
	};
}

function formatter(timezone: string): Intl.DateTimeFormat {
	try {
		return new Intl.DateTimeFormat('en-US', {
			timeZone: timezone,
			calendar: 'gregory',
			numberingSystem: 'latn',
			year: 'numeric',
			month: '2-digit',
			day: '2-digit',
		});
	} catch (cause) {
		throw new InvalidInputError(
			`Unknown time zone "${timezone.slice(0, 80)}". Use an IANA name such as "UTC" or "Europe/Berlin".`,
			{
				cause,
			},
		);
	}
}
