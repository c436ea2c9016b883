import { nanoToUsd } from '../util/index.ts';
import type { DayTotals } from './spend-book.ts';

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
