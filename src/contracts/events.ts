import type { BudgetPeriodKind } from './budget.ts';
import type { CostEntry } from './cost.ts';
import type { Attempt, RateLimitInfo } from './execution.ts';
import type { ExperimentResult, StoredExperiment } from './experiments.ts';
import type { ModelName } from './model.ts';
import type { RoutingDecision } from './routing.ts';
import type { OutcomeRow } from './storage.ts';
import type { ClassifiedTask } from './task.ts';

/**
 * Everything that can be heard in this process. `task-classified` and `decision-made` carry the task's text in their
 * descriptor; what is stored or logged of them does not, unless capture is on.
 */
export type RouterEvent =
	| { type: 'task-classified'; task: ClassifiedTask }
	| { type: 'decision-made'; decision: RoutingDecision }
	// biome-ignore format: one line each
	| { type: 'budget-alert'; period: BudgetPeriodKind; thresholdPercent: number; spentUsd: number; limitUsd: number; scope?: string; periodKey?: string }
	| { type: 'attempt-end'; decisionId: string | null; attempt: Attempt }
	| { type: 'fallback-triggered'; decisionId: string | null; from: ModelName; to: ModelName; attempt: Attempt }
	| { type: 'rate-limit-hit'; decisionId: string | null; limit: RateLimitInfo; message: string }
	| { type: 'cost-recorded'; entry: CostEntry }
	| { type: 'outcome-recorded'; outcome: OutcomeRow }
	// biome-ignore format: one line each
	| { type: 'experiment-ended'; experiment: string; reason: NonNullable<StoredExperiment['end']>['reason']; message: string; result: ExperimentResult }
	| { type: 'storage-degraded'; message: string }
	| { type: 'storage-recovered'; message: string };

/** Hears an event; what it throws never reaches the caller. */
export type RouterEventListener = (event: RouterEvent) => void;
