import type { ModelName } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { TaskType } from './task.ts';
import type { Usage } from './usage.ts';

/** Whom a request is done for: budgets, reports and rate limits go by it. */
export interface Attribution {
	/** Id of the virtual key. */
	key?: string;
	team?: string;
	tags?: readonly string[];
	session?: string;
}

/** One row of the ledger; rows are only ever added: what was wrong is corrected by a row of its own. */
export interface CostEntry {
	id: string;
	decisionId: string | null;
	/** Number of the attempt within its decision, from 1; `null` for usage tracked by hand. */
	attempt: number | null;
	model: ModelName;
	taskType: TaskType;
	/** `null`: the model has no price; shown as unpriced, never as $0. */
	costNanoUsd: NanoUsd | null;
	inputCostNanoUsd: NanoUsd | null;
	outputCostNanoUsd: NanoUsd | null;
	usage: Usage;
	/** Epoch milliseconds. */
	at: number;
	/** A correction's money and tokens are what must be added to the row it corrects; its cost may be negative, and it is no request. @default 'charge' */
	kind?: 'charge' | 'correction';
	/** Id of the row that a correction corrects. */
	corrects?: string;
	/** Why a correction was made. */
	reason?: string;
	attribution?: Attribution;
	/** Version of the price book that the row was priced with. */
	priceVersion?: string;
}

/** A cheaper model that did as well. */
export interface CostSuggestion {
	currentModel: ModelName;
	suggestedModel: ModelName;
	/** USD. */
	savingsPerRequest: number;
	/** USD. */
	estimatedMonthlySavings: number;
	/** -100 to 100, negative is worse. */
	qualityDelta: number;
	/** Milliseconds, negative is faster. */
	latencyDelta: number;
	reason: string;
	/** 0-100. */
	confidence: number;
	/** The kind of work the advice is for. */
	taskType?: TaskType;
	/** Requests of the current model the advice rests on. */
	sampleSize?: number;
}

/** Spending over a period; all money in USD. */
export interface CostReport {
	period: { start: Date; end: Date };
	totalCost: number;
	byModel: Record<
		string,
		{ cost: number; requests: number; avgCostPerRequest: number; tokens: { input: number; output: number } }
	>;
	byTaskType: Partial<Record<TaskType, { cost: number; requests: number; preferredModel: ModelName }>>;
	dailyCosts: Array<{ date: string; cost: number; requests: number }>;
	trends: { dailyAverage: number; weeklyAverage: number; projectedMonthly: number };
	suggestions: CostSuggestion[];
	/** Requests whose model had no price: they are in no sum above. */
	unpricedRequests: number;
}
