import type { CostEntry } from './cost.ts';
import type { RoutingDecision } from './decision.ts';
import type { RateLimitInfo } from './fallback.ts';
import type { ModelName } from './model.ts';
import type { Attempt } from './outcome.ts';
import type { OutcomeRow } from './storage.ts';
import type { ClassifiedTask } from './task.ts';

/** Everything that can be heard. Payloads never hold prompt text unless a capture option is on. */
export type RouterEvent =
	| { type: 'task-classified'; task: ClassifiedTask }
	| { type: 'decision-made'; decision: RoutingDecision }
	| { type: 'budget-alert'; period: 'day' | 'month'; thresholdPercent: number; spentUsd: number; limitUsd: number }
	| { type: 'attempt-end'; decisionId: string | null; attempt: Attempt }
	| { type: 'fallback-triggered'; decisionId: string | null; from: ModelName; to: ModelName; attempt: Attempt }
	| { type: 'rate-limit-hit'; decisionId: string | null; limit: RateLimitInfo; message: string }
	| { type: 'cost-recorded'; entry: CostEntry }
	| { type: 'outcome-recorded'; outcome: OutcomeRow }
	| { type: 'storage-degraded'; message: string };

/** Hears an event; what it throws never reaches the caller. */
export type RouterEventListener = (event: RouterEvent) => void;
