import type { ModelName } from './model.ts';
import type { NanoUsd } from './money.ts';
import type { TaskComplexity, TaskDescriptor } from './task.ts';
import type { TaskType } from './task-types.ts';
import type { Usage } from './usage.ts';

/** What a person (or a check) said of an answer. */
export interface Feedback {
	/** 1-5, 5 best. */
	rating: number;
	comment?: string;
	/** Key of the caller who rates; its ratings move what is shared by at most a tenth. @default the operator */
	by?: string | undefined;
}

/** How a routed task ended. */
export interface OutcomeRecord {
	taskId: string;
	task: TaskDescriptor;
	model: ModelName;
	success: boolean;
	/** 0-100. */
	quality: number;
	/** USD. */
	actualCost: number;
	/** Milliseconds. */
	actualLatency: number;
	tokensUsed: { input: number; output: number };
	usedFallback: boolean;
	error?: string;
	timestamp: Date;
	feedback?: Feedback;
}

/** What is seen of an answer while it passes: refused on grounds of content, empty, or ended without a finish reason. */
export const PASSING_SIGNALS = ['refusal', 'empty', 'cut'] as const;
/**
 * What the session's next request shows of an answer: the same is asked again, a tool that it called failed, tests passed, or a
 * person says that it is wrong.
 */
export const LATER_SIGNALS = ['repeated', 'tool-failed', 'tests-passed', 'corrected'] as const;
/** What the session's next request shows of an answer. */
export type LaterSignal = (typeof LATER_SIGNALS)[number];
/** What is seen of an answer, whoever rates it or not. */
export type ObservedSignal = (typeof PASSING_SIGNALS)[number] | LaterSignal;
/** What is seen of an answer, whoever rates it or not. */
export const OBSERVED_SIGNALS: readonly ObservedSignal[] = [...PASSING_SIGNALS, ...LATER_SIGNALS];

/** What learning needs of an outcome. */
export interface OutcomeObservation {
	model: ModelName;
	taskType: TaskType;
	complexity: TaskComplexity;
	success: boolean;
	/** 0-100, `null` when nobody judged. */
	quality: number | null;
	/** Key of the caller who judged; absent or `null`: the operator, whose judgement counts whole. */
	ratedBy?: string | null | undefined;
	/** As in the descriptor. */
	workload?: string | undefined;
	/** What was seen of the answer. @default nothing */
	observed?: readonly ObservedSignal[] | undefined;
	costUsd: number | null;
	latencyMs: number | null;
	inputTokens: number;
	outputTokens: number;
	at: number;
}

/** What happens after a failed attempt. */
export type FailureAction = 'retry' | 'next-model' | 'next-larger-context' | 'give-up';

/** What kind of failure an attempt met. */
export type FailureKind =
	| 'rate-limit'
	| 'quota-exhausted'
	| 'overloaded'
	| 'server-error'
	| 'connection'
	| 'timeout'
	| 'context-too-long'
	| 'invalid-request'
	| 'not-found'
	| 'authentication'
	| 'content-policy'
	| 'stream-interrupted'
	| 'aborted'
	| 'unknown';

/** One call of one model. */
export interface Attempt {
	/** From 1. */
	number: number;
	model: ModelName;
	/** Where it was called; absent where the caller names no deployments. */
	deployment?: string | undefined;
	startedAt: number;
	durationMs: number;
	/** Wait before this attempt in milliseconds. */
	delayMs: number;
	outcome: 'success' | 'failure' | 'skipped';
	/** False for an attempt that ended before its call was made, e.g. while its money was being reserved: nothing can have been billed. @default true */
	wasSent?: false | undefined;
	failure?: FailureKind | undefined;
	/** HTTP status, where there was one. */
	status?: number | undefined;
	/** The failure's message, and whether the budget lowered the limit of the output; never contains secrets or prompt text. */
	message?: string | undefined;
	/** Money settled for this attempt, `null` when unpriced. */
	costNanoUsd?: NanoUsd | null;
	usage?: Usage;
}

/** How one model's failures are handled. */
export interface FallbackConfig {
	primary: ModelName;
	/** Models to try after the primary, in order. */
	fallbacks: ModelName[];
	/** Attempts one model gets in a row: 3 means at most three calls. 0 means no retry, as 1 does. @default 3 */
	maxRetries: number;
	/** Milliseconds one attempt may take. @default 60000 */
	timeout: number;
	/** @default 'exponential' */
	backoff: 'linear' | 'exponential';
	/** Milliseconds. @default 1000 */
	initialDelay: number;
}

/** A result and how it came about. */
export interface FallbackResult<T> {
	value: T;
	/** The model that answered. */
	model: ModelName;
	usedFallback: boolean;
	attempts: number;
	/** Milliseconds. */
	totalTime: number;
	errors: Array<{ model: ModelName; error: string; timestamp: Date }>;
	/** Every attempt, in order. */
	history: Attempt[];
}

/** A limit that a provider reported. */
export interface RateLimitInfo {
	model: ModelName;
	resetAt: Date;
	remaining: number;
	limit: number;
}
