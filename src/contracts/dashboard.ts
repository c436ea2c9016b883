import type { CostSums, CostTotals, RoutingBaselines } from './cost.ts';
import type { LearningConfig } from './routing.ts';
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

/** A median of measured values, and where it lies with 95 % confidence; `null` bounds where too few were measured. */
export interface MeasuredMedian {
	count: number;
	median: number;
	low: number | null;
	high: number | null;
}

/** How one kind of task went with a model. */
export interface ModelResults {
	taskType: string;
	/** Requests that it answered, or failed last. */
	requests: number;
	successes: number;
	/** Where the share of successes lies with 95 % confidence, 0 to 1. */
	successInterval: readonly [low: number, high: number];
	/** Milliseconds from the call to the whole answer, of answers. */
	latencyMs: MeasuredMedian | null;
	costNanoUsd: MeasuredMedian | null;
	/** Of those that were judged, 0 to 100. */
	quality: MeasuredMedian | null;
}

/** Judged answers of one model in one workload. */
export interface JudgedQuality {
	/** A name, or 16 hexadecimal digits; `null`: not known. */
	workload: string | null;
	model: string;
	judged: number;
	/** Of the judgements, 0 to 100. */
	mean: number;
	/** Where the true mean lies with 95 % confidence or more. */
	low: number;
	high: number;
}

/** A workload of which a decision said that one model would be better than routing. */
export interface WorkloadStandDown {
	workload: string;
	/** Decisions of it that were read, and those of them in which a single model took the place of routing. */
	decisions: number;
	standing: number;
	/** The newest decision that said so. */
	latest: { decision: string; at: number; reason: string };
}

/** What outcomes say of models and of routing. */
export interface EvidenceReport {
	/** Newest outcomes that were read, at most `sampleLimit`. */
	outcomes: number;
	judged: number;
	sampleLimit: number;
	/** By workload and model, the most judged first. */
	qualities: JudgedQuality[];
	baselines: RoutingBaselines;
	standDown: { mode: LearningConfig['standDown']; workloads: WorkloadStandDown[] };
}

/** A model as the dashboard shows it; what nobody knows is `null`. */
export interface ShownModel {
	name: string;
	modelId: string | null;
	provider: string | null;
	state: 'active' | 'deprecated' | 'retired' | null;
	/** ISO date. */
	retiresOn: string | null;
	/** USD per million tokens; `null`: unpriced. */
	price: { inputUsd: number; outputUsd: number; source: string; asOf: string } | null;
	/** 0 to 100, before anything was measured here. */
	quality: { value: number; source: string | null } | null;
	contextWindow: number | null;
	/** Competes for tasks that name no model. */
	competes: boolean;
	results: ModelResults[];
}
