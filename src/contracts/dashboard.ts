import type { CostGroup, CostSums, CostTotals } from './cost.ts';
import type { NanoUsd } from './money.ts';
import type { DecisionRecord, OutcomeRow, TimeRange } from './storage.ts';

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

/** Which decisions are listed. Every condition that is given must hold. */
export interface DecisionQuery {
	range: TimeRange;
	/** The model that was chosen. */
	model?: string | undefined;
	taskType?: string | undefined;
	/** `pending`: nothing is known of its end yet. */
	outcome?: 'success' | 'failure' | 'fallback' | 'pending' | undefined;
	/** Whom it was charged to. */
	attribution?: Partial<Record<Extract<CostGroup, 'key' | 'tag' | 'session'>, string>> | undefined;
	/** Actual cost, at least. */
	minCostNanoUsd?: NanoUsd | undefined;
	/** Older than this one, which was the last of the page before. */
	after?: Pick<DecisionRecord, 'at' | 'id'> | undefined;
	limit: number;
}

/** A decision in a list, with how it ended. */
export interface DecisionSummary {
	decision: DecisionRecord;
	outcome: OutcomeRow | null;
}
