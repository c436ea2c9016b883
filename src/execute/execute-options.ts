import type { Attempt, ModelName } from '../contracts/index.ts';
import type { ClassifiedFailure } from './classify-failure.ts';

/** What a call knows of itself. */
export interface AttemptContext {
	/** Aborts when the attempt's time is over or the caller leaves; hand it to the provider's client. */
	signal: AbortSignal;
	/** Number of this attempt within the request, from 1; a model that was passed over has a number too. */
	attempt: number;
	model: ModelName;
	/** Where the model is called; absent where the caller names no deployments. */
	deployment?: string;
	/** The prompt as this model should read it; see `FallbackChain.adaptPrompt`. */
	adaptPrompt(prompt: string): string;
	/** Most output tokens the money held for this attempt pays for; absent where nobody said. */
	maxOutputTokens?: number;
	/** Epoch milliseconds at which the whole request ends; absent where it has no deadline. */
	deadlineAt?: number;
}

/** Calls one model. Stop when `context.signal` aborts: a call that does not is left behind. */
export type TaskFunction<T> = (model: ModelName, context: AttemptContext) => Promise<T>;

/** What is allowed to the next attempt. */
export interface AttemptOffer {
	maxOutputTokens?: number;
	/** Why this model is passed over instead; the next one's turn comes. */
	skip?: string;
}

/** How one request is executed. What is missing comes from the chain's definition, then from the policy. */
export interface ExecuteChainOptions {
	/** Aborts the request: it ends with `RequestAbortedError`. */
	signal?: AbortSignal;
	/** Milliseconds the whole request may take, waits included. @default no limit */
	deadlineMs?: number;
	/** Milliseconds one attempt may take. */
	timeoutMs?: number;
	/** Attempts per model, the first included; 0 counts as 1. */
	attemptsPerModel?: number;
	backoff?: 'linear' | 'exponential';
	/** Wait before the first retry in milliseconds. */
	initialDelayMs?: number;
	/** Retries of this request over all its models. */
	retryBudget?: number;
	/** The decision that chose the chain; it is in every event. */
	decisionId?: string;
	/** Whether a refusal on grounds of content may be taken to the next model. @default false */
	isContentPolicyFallbackEnabled?: boolean;
	/** A model's context window in tokens, where known: after "context too long" only larger ones are tried. */
	contextWindowOf?(model: ModelName): number | undefined;
	/** Deployments of a model in the order in which they are tried, before the next model. @default one without a name */
	deploymentsOf?(model: ModelName): readonly string[];
	/** Whose credential a model is called with: once it is refused, whatever else needs it is passed over. */
	credentialOf?(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds before which a call would only meet a limit that the provider has told of; 0 when it may be made. */
	availableAt?(model: ModelName, deployment: string | null): number;
	/** Has the last word on what a failure means and what follows. */
	classify?(error: unknown, failure: ClassifiedFailure): ClassifiedFailure;
	/**
	 * Runs before every call, e.g. to hold its money. `skip` in its answer passes the model over; what it throws
	 * (`BudgetExceededError`) ends the request.
	 */
	beforeAttempt?(model: ModelName, attemptNumber: number, deployment: string | null): Promise<AttemptOffer | undefined>;
	/** Runs after every call that `beforeAttempt` let through; what it throws ends the request. */
	afterAttempt?(attempt: Attempt, result: { value: unknown } | { error: unknown }): Promise<void>;
}
