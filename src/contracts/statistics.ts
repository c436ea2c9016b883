import type { ModelName } from './model.ts';
import type { TaskComplexity, TaskType } from './task.ts';

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
}
