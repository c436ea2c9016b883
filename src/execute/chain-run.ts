import type { Attempt, Clock, FailureKind, ModelName, RandomSource, RouterEventListener } from '../contracts/index.ts';
import { toSafeMessage } from '../util/index.ts';
import {
	type CircuitBreaker,
	type Cooldown,
	type Cooldowns,
	isProviderLimit,
	toRateLimitInfo,
} from './availability.ts';
import { type ClassifiedFailure, readTextProperty } from './classify-failure.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** What all requests of a chain share. */
export interface ChainPorts {
	clock: Clock;
	random: RandomSource;
	breaker: CircuitBreaker;
	cooldowns: Cooldowns;
	/** Never throws. */
	emit: RouterEventListener;
	adaptPrompt(prompt: string, model: ModelName): string;
}

/** One request under way. */
export interface ChainRun<T> {
	readonly ports: ChainPorts;
	readonly taskFn: TaskFunction<T>;
	/** Models by their deployments, in order. */
	readonly chain: readonly AttemptTarget[];
	/** The policy as this request has it. */
	readonly policy: RetryPolicy;
	readonly options: ExecuteChainOptions;
	/** Monotonic milliseconds. */
	readonly startedAt: number;
	/** Monotonic milliseconds; `Infinity` without a deadline. */
	readonly deadlineAt: number;
	readonly history: Attempt[];
	readonly errors: Array<{ model: ModelName; error: string; timestamp: Date }>;
	retriesLeft: number;
	/** Only models with a larger window are worth trying, once a request was too long. */
	minContextWindow: number;
	/** Credentials that were refused, or whose quota ran out, in this request. */
	readonly refusedCredentials: Set<string>;
	lastError: unknown;
	/** The model given up last, with its last attempt: what a `fallback-triggered` event names. */
	abandoned: { model: ModelName; attempt: Attempt } | null;
	/** Targets this request is done with. */
	readonly finishedTargets: Set<AttemptTarget>;
}

/** True when a wait ends before the deadline of the request. */
export function isWithinDeadline(run: ChainRun<unknown>, waitMs: number): boolean {
	return run.ports.clock.monotonic() + waitMs < run.deadlineAt;
}

/** Attempts without those that skipped a model. */
export function countCalls(history: readonly Attempt[]): number {
	return history.filter((attempt) => attempt.outcome !== 'skipped').length;
}

/** What a task function is told of its call. */
export interface AttemptContext {
	/** Aborts when the attempt's time is over or the caller leaves; hand it to the provider's client. */
	signal: AbortSignal;
	/** Number of this attempt within the request, from 1; a model that was passed over has a number too. */
	attempt: number;
	model: ModelName;
	/** Where the model is called; absent where the caller names no deployments. */
	deployment?: string | undefined;
	/** The prompt as this model should read it; see `FallbackChain.adaptPrompt`. */
	adaptPrompt(prompt: string): string;
	/** Most output tokens that the money reserved for this attempt pays for. @default not limited */
	maxOutputTokens?: number | undefined;
	/** Epoch milliseconds at which the whole request ends. @default no deadline */
	deadlineAt?: number | undefined;
}

/** Calls one model. Stop when `context.signal` aborts: a call that does not is left behind. */
export type TaskFunction<T> = (model: ModelName, context: AttemptContext) => Promise<T>;

/** What the next attempt may do. */
export interface AttemptAllowance {
	maxOutputTokens?: number | undefined;
	/** Why the model is skipped; the chain goes on with the next one. */
	skip?: string | undefined;
}

/** How one request is executed. What is missing comes from the chain's definition, then from the policy. */
export interface ExecuteChainOptions {
	/** Aborts the request: it ends with `RequestAbortedError`. */
	signal?: AbortSignal | undefined;
	/** Milliseconds the whole request may take, waits included. @default no limit */
	deadlineMs?: number | undefined;
	/** Milliseconds one attempt may take. */
	timeoutMs?: number | undefined;
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
	getContextWindow?(model: ModelName): number | undefined;
	/** Deployments of a model in the order in which they are tried, before the next model. @default one without a name */
	getDeployments?: ((model: ModelName) => readonly string[]) | undefined;
	/** Whose credential a model is called with: once it is refused, whatever else needs it is passed over. */
	getCredential?(model: ModelName, deployment: string | null): string | undefined;
	/** Epoch milliseconds from which the rate-limit headers of earlier responses allow a call; 0: now. */
	availableAt?: ((model: ModelName, deployment: string | null) => number) | undefined;
	/** Has the last word on what a failure means and what follows. */
	classify?: ((error: unknown, failure: ClassifiedFailure) => ClassifiedFailure) | undefined;
	/**
	 * Runs before every call, e.g. to reserve its money; `maxDurationMs` is how long the attempt may take (`Infinity`:
	 * without a limit). `skip` in its answer passes the model over; what it throws (`BudgetExceededError`) ends the request.
	 */
	beforeAttempt?(model: ModelName, attemptNumber: number, maxDurationMs: number): Promise<AttemptAllowance | undefined>;
	/** Runs after every call that `beforeAttempt` let through; what it throws ends the request. */
	afterAttempt?(attempt: Attempt, result: { value: unknown } | { error: unknown }): Promise<void>;
}

/** What one attempt calls: a model, at one of its deployments where the caller names them. */
export interface AttemptTarget {
	model: ModelName;
	/** `null`: the caller knows but one. */
	deployment: string | null;
	/** Key of cooldowns and circuits: the model's name, or `model@deployment`. */
	key: string;
}

/** A model at a deployment. */
export function createTarget(model: ModelName, deployment: string | null): AttemptTarget {
	return { model, deployment, key: deployment === null ? model : `${model}@${deployment}` };
}

/** The targets of a chain in order: every deployment of a model before the next model. */
export function listTargets(
	models: readonly ModelName[],
	getDeployments?: (model: ModelName) => readonly string[],
): AttemptTarget[] {
	return models.flatMap((model) => {
		const deployments = getDeployments?.(model) ?? [];
		return deployments.length === 0 ? [createTarget(model, null)] : deployments.map((id) => createTarget(model, id));
	});
}

/** The first line of a failure's message, short and without secrets. */
export function getFailureMessage(error: unknown): string {
	const message = typeof error === 'string' ? error : readTextProperty(error, 'message');
	return toSafeMessage(message ?? 'The call failed without a message.');
}

/** Adds an attempt to the history and emits `attempt-end`. */
export function recordAttempt(run: ChainRun<unknown>, attempt: Attempt): void {
	run.history.push(attempt);
	run.ports.emit({ type: 'attempt-end', decisionId: run.options.decisionId ?? null, attempt });
}

/** The target as an attempt names it. */
export function toAttemptNames({ model, deployment }: AttemptTarget): Pick<Attempt, 'model' | 'deployment'> {
	return { model, deployment: deployment ?? undefined };
}

/** Records that a target is skipped, with the sentence that says why. */
export function recordSkip(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	reason: { message: string; failure?: FailureKind | undefined },
): void {
	const startedAt = run.ports.clock.now();
	const at = { number: run.history.length + 1, startedAt, durationMs: 0, delayMs: 0 };
	const attempt: Attempt = { ...at, ...toAttemptNames(target), outcome: 'skipped', ...reason };
	recordAttempt(run, attempt);
	run.abandoned = { model: target.model, attempt };
}

/** Emits `fallback-triggered` once, when the model that follows a given-up one is really called. */
export function recordFallback(run: ChainRun<unknown>, to: ModelName): void {
	const { abandoned } = run;
	run.abandoned = null;
	if (abandoned === null || abandoned.model === to) return;
	const decisionId = run.options.decisionId ?? null;
	run.ports.emit({ type: 'fallback-triggered', decisionId, from: abandoned.model, to, attempt: abandoned.attempt });
}

/** Starts the cooldown of a target; emits `rate-limit-hit` when a provider's limit was met. */
export function startCooldown(
	run: Pick<ChainRun<unknown>, 'ports' | 'options'>,
	target: AttemptTarget,
	{ failure, durationMs, message }: { failure: ClassifiedFailure; durationMs: number; message: string },
): Cooldown {
	const { clock, cooldowns, emit } = run.ports;
	const now = clock.now();
	const { kind, limit = Number.NaN, remaining = 0 } = failure;
	const isFromProvider = failure.retryAfterMs !== undefined;
	const cooldown = { since: now, until: now + durationMs, failure: kind, isFromProvider, limit, remaining };
	cooldowns.start(target.key, cooldown, now);
	if (isProviderLimit(cooldown)) {
		const decisionId = run.options.decisionId ?? null;
		emit({ type: 'rate-limit-hit', decisionId, limit: toRateLimitInfo(target.model, cooldown), message });
	}
	return cooldown;
}
