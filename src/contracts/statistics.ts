import type { ModelName } from './model.ts';
import type { TaskComplexity, TaskType } from './task.ts';

/** Median absolute errors of estimates in percent of what came; `NaN` where there was nothing to compare. */
export interface EstimateErrors {
	/** Requests compared: answered by the chosen model at its first call. */
	requests: number;
	cost: number;
	/** Of the typical latency. */
	latency: number;
}

/**
 * What was routed, and how it went; money in USD, time in milliseconds, rates in percent (0-100). `avgQuality` is `NaN`
 * where nobody judged an answer.
 */
export interface RoutingStats {
	totalDecisions: number;
	byModel: Record<
		string,
		{ count: number; successRate: number; avgQuality: number; avgCost: number; avgLatency: number }
	>;
	byTaskType: Partial<Record<TaskType, { count: number; preferredModel: ModelName; avgQuality: number }>>;
	byComplexity: Partial<Record<TaskComplexity, { count: number; distribution: Record<string, number> }>>;
	costs: {
		total: number;
		byModel: Record<string, number>;
		byDay: Record<string, number>;
		byMonth: Record<string, number>;
	};
	performance: {
		/** Milliseconds. */
		avgDecisionTime: number;
		/** Percent. */
		cacheHitRate: number;
		/** Percent. */
		fallbackRate: number;
	};
	/** How far the estimates of the newest requests were off; absent where it was not looked up. */
	estimates?: EstimateErrors;
}
