import type { CostSums, CostTotals } from './cost.ts';
import type { TimeRange } from './storage.ts';

/** Spending in one part of a range: a day, or an hour of a single day. */
export interface SpendingBucket extends TimeRange {
	/** Largest cost first. */
	byModel: CostTotals[];
}

/** How the newest requests of a range went. */
export interface RecentResults {
	/** Requests looked at: the newest of those that have ended. */
	sampled: number;
	/** No more were looked at than this; where `sampled` reaches it, the range has more. */
	sampleLimit: number;
	successes: number;
	/** Answered by another model than the chosen one. */
	fallbacks: number;
	/** Milliseconds from the call to the whole answer, failed requests left out; `null` where none was measured. */
	latencyMs: { p50: number; p95: number } | null;
	/** Charges looked at for caching, their input, and the part of it that was read from providers' caches. */
	cache: { charges: number; inputTokens: number; cacheReadTokens: number };
}

/** What the overview of the dashboard shows of a range of time. */
export interface Overview {
	/** When it was read, epoch milliseconds. */
	at: number;
	/** IANA name of the zone in which days begin. */
	timezone: string;
	range: TimeRange;
	total: CostSums;
	byModel: CostTotals[];
	buckets: SpendingBucket[];
	recent: RecentResults;
}
