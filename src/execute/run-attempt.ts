import type {
	Attempt,
	Cancellation,
	Clock,
	FailureKind,
	ModelName,
	NanoUsd,
	RandomSource,
	RouterEventListener,
} from '../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError } from '../errors/index.ts';
import { Canceller, startTimer, toAbortSignal, toSafeMessage } from '../util/index.ts';
import {
	type CircuitBreaker,
	type Cooldown,
	type Cooldowns,
	isProviderLimit,
	toRateLimitInfo,
} from './availability.ts';
import { type ClassifiedFailure, classifyFailure, readTextProperty } from './classify-failure.ts';
import type { RetryPolicy } from './retry-policy.ts';

/** How an attempt ended. */
export type AttemptResult<T> =
	| { kind: 'answered'; value: T }
	| { kind: 'passed-over' }
	| { kind: 'failed'; failure: ClassifiedFailure; error: unknown; attempt: Attempt };

/** One attempt, from the reservation of its money to its record. `delayMs` is the wait before it. */
export async function runAttempt<T>(
	run: ChainRun<T>,
	target: AttemptTarget,
	delayMs: number,
): Promise<AttemptResult<T>> {
	const number = run.history.length + 1;
	const { model } = target;
	const maxDurationMs = Math.min(run.policy.timeoutMs, run.deadlineAt - run.ports.clock.monotonic());
	const allowance = (await run.options.beforeAttempt?.(model, number, maxDurationMs)) ?? {};
	if (allowance.skip !== undefined) {
		recordSkip(run, target, { message: allowance.skip });
		return { kind: 'passed-over' };
	}
	recordFallback(run, model);
	const { adaptPrompt, clock, breaker, cooldowns } = run.ports;
	const startedAt = clock.now();
	const began = clock.monotonic();
	let wasSent = false;
	const finish: FinishAttempt = (ending) => {
		const durationMs = clock.monotonic() - began;
		const attempt = { number, ...toAttemptNames(target), startedAt, durationMs, delayMs, ...ending };
		return wasSent ? attempt : { ...attempt, wasSent: false };
	};
	breaker.begin(target.key, startedAt);
	let value: T;
	try {
		value = await callWithDeadline(run, model, (call) => {
			wasSent = true;
			const remainingMs = run.deadlineAt - clock.monotonic();
			return run.taskFn(
				model,
				withSignal({
					cancellation: call,
					attempt: number,
					model,
					deployment: target.deployment ?? undefined,
					adaptPrompt: (prompt) => adaptPrompt(prompt, model, run.options.adaptsPrompts === true),
					maxOutputTokens: allowance.maxOutputTokens,
					heldNanoUsd: allowance.heldNanoUsd ?? 0,
					replaced: allowance.replaced,
					deadlineAt: remainingMs === Number.POSITIVE_INFINITY ? undefined : clock.now() + remainingMs,
				}),
			);
		});
	} catch (error) {
		return await recordFailure(run, target, error, finish);
	}
	breaker.end(target.key, null, clock.now());
	cooldowns.clearAfterSuccess(target.key, startedAt);
	const attempt = finish({ outcome: 'success' });
	// the event is emitted last, so that it carries the cost that `afterAttempt` settled
	try {
		await run.options.afterAttempt?.(attempt, { value });
	} finally {
		recordAttempt(run, attempt);
	}
	return { kind: 'answered', value };
}

/**
 * One getter for all contexts. A getter in a literal is another function each time, for which V8 makes another hidden class: it lives
 * until the next full collection, and everything that the function sees with it.
 */
const SIGNAL: PropertyDescriptor & ThisType<Pick<AttemptContext, 'cancellation'>> = {
	get() {
		return toAbortSignal(this.cancellation);
	},
	enumerable: true,
};

/** Adds the `AbortSignal`, which is made when it is asked for. */
function withSignal(context: Omit<AttemptContext, 'signal'>): AttemptContext {
	return Object.defineProperty(context, 'signal', SIGNAL) as AttemptContext;
}

/** Makes the record of an attempt that has just ended. */
type FinishAttempt = (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>) => Attempt;

async function recordFailure(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	error: unknown,
	finish: FinishAttempt,
): Promise<Extract<AttemptResult<never>, { kind: 'failed' }>> {
	const { clock, breaker } = run.ports;
	const now = clock.now();
	const { isContentPolicyFallbackEnabled = false } = run.options;
	const classified = classifyFailure(error, { now, policy: run.policy, isContentPolicyFallbackEnabled });
	const failure = run.options.classify?.(error, classified) ?? classified;
	const message = getFailureMessage(error);
	const attempt = finish({ outcome: 'failure', failure: failure.kind, message, status: failure.status });
	breaker.end(target.key, failure.kind, now);
	run.lastError = error;
	run.errors.push({ model: attempt.model, error: message, timestamp: new Date(now) });
	try {
		await run.options.afterAttempt?.(attempt, { error });
	} finally {
		recordAttempt(run, attempt);
	}
	return { kind: 'failed', failure, error, attempt };
}

/** The caller's abort as this package's error. */
export function createAbortError(signal: Cancellation): RequestAbortedError {
	return new RequestAbortedError('The request was aborted by its caller.', { cause: signal.reason });
}

/** The end of the request's time as this package's error. */
export function createDeadlineError(cause?: unknown): RequestAbortedError {
	return new RequestAbortedError(
		'The deadline of the request passed before a model answered. Allow it more time, or fewer models.',
		{ cause },
	);
}

/**
 * Makes one call and ends with it, with its timeout, with the request's deadline or with the caller's abort,
 * whichever is first. The call is cancelled in the last three; what it does after that is ignored.
 * @throws AttemptTimeoutError, RequestAbortedError, or what the call threw.
 */
function callWithDeadline<T>(
	run: ChainRun<T>,
	model: ModelName,
	call: (cancellation: Canceller) => Promise<T>,
): Promise<T> {
	const { clock } = run.ports;
	const { signal } = run.options;
	const { timeoutMs } = run.policy;
	if (signal?.aborted) throw createAbortError(signal);
	const remaining = run.deadlineAt - clock.monotonic();
	if (remaining <= 0) throw createDeadlineError();
	// A child of the caller's: a stream outlives its call, and must still be cancelled when the caller leaves.
	const cancellation = new Canceller(signal);
	const { promise, resolve, reject } = Promise.withResolvers<T>();
	const onAbort = () => fail(signal?.reason);
	const end = (): void => {
		stopTimer?.();
		signal?.removeEventListener('abort', onAbort);
	};
	const fail = (error: unknown): void => {
		end();
		reject(signal?.aborted ? createAbortError(signal) : error);
	};
	const limitMs = Math.min(timeoutMs, remaining);
	const expire = (): void => {
		const error = remaining < timeoutMs ? createDeadlineError() : new AttemptTimeoutError(model, timeoutMs);
		fail(error);
		cancellation.abort(error);
	};
	const stopTimer = limitMs === Number.POSITIVE_INFINITY ? null : startTimer(clock, limitMs, expire);
	signal?.addEventListener('abort', onAbort, { once: true });
	const succeed = (value: T): void => {
		end();
		resolve(value);
	};
	try {
		// listened to after its end, too, so that a late rejection is never unhandled
		call(cancellation).then(succeed, fail);
	} catch (error) {
		// a function that throws instead of rejecting is no exception
		fail(error);
	}
	return promise;
}

/** What all requests of a chain share. */
export interface ChainPorts {
	clock: Clock;
	random: RandomSource;
	breaker: CircuitBreaker;
	cooldowns: Cooldowns;
	/** Never throws. */
	emit: RouterEventListener;
	/** `isBuiltIn`: also where no adapter is registered. */
	adaptPrompt(prompt: string, model: ModelName, isBuiltIn: boolean): string;
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

/** A model asked for by name that another one answers for. */
export interface ReplacedModel {
	model: ModelName;
	/** The limit that did not allow it, e.g. `daily` or `weekly of tag nightly`. */
	limit: string;
}

/** What a task function receives about its call. */
export interface AttemptContext {
	/** Aborts when the attempt's time is over or the caller leaves; hand it to the provider's client. */
	readonly signal: AbortSignal;
	/** The same for who listens to it directly: no `AbortSignal` is made. */
	cancellation: Cancellation;
	/** Number of this attempt within the request, from 1; a model that was passed over has a number too. */
	attempt: number;
	model: ModelName;
	/** Where the model is called; absent where the caller names no deployments. */
	deployment?: string | undefined;
	/** The prompt by the adapter that is registered for the model; with `adaptsPrompts` also by what is built in. See `FallbackChain.adaptPrompt`. */
	adaptPrompt(prompt: string): string;
	/** Most output tokens that the money reserved for this attempt pays for. @default not limited */
	maxOutputTokens?: number | undefined;
	/** Nano-dollars held for this attempt; 0 where nothing is. */
	heldNanoUsd: NanoUsd;
	/** The model asked for by name that this one answers for, where the user lets a budget replace it. */
	replaced?: ReplacedModel | undefined;
	/** Epoch milliseconds at which the whole request ends. @default no deadline */
	deadlineAt?: number | undefined;
}

/** Calls one model. Stop when `context.signal` aborts: a call that does not is left behind. */
export type TaskFunction<T> = (model: ModelName, context: AttemptContext) => Promise<T>;

/** What the next attempt may do. */
export interface AttemptAllowance {
	maxOutputTokens?: number | undefined;
	/** Nano-dollars held for the attempt. @default 0 */
	heldNanoUsd?: NanoUsd | undefined;
	replaced?: ReplacedModel | undefined;
	/** Why the model is skipped; the chain goes on with the next one. */
	skip?: string | undefined;
}

/** How one request is executed. What is missing comes from the chain's definition, then from the policy. */
export interface ExecuteChainOptions
	extends Partial<Pick<RetryPolicy, 'attemptsPerModel' | 'backoff' | 'initialDelayMs' | 'retryBudget'>> {
	/** Aborts the request: it ends with `RequestAbortedError`. */
	signal?: Cancellation | undefined;
	/** Milliseconds the whole request may take, waits included. @default no limit */
	deadlineMs?: number | undefined;
	/** Milliseconds one attempt may take. */
	timeoutMs?: number | undefined;
	/** The decision that chose the chain; it is in every event. */
	decisionId?: string;
	/** Whether a refusal on grounds of content may be taken to the next model. @default false */
	isContentPolicyFallbackEnabled?: boolean;
	/** The models given are all there are: a single one gets no fallbacks that are defined for it. @default false */
	isWholeChain?: boolean | undefined;
	/** `adaptPrompt` also does what is built in for families of models. Nothing shows that it helps: measure it. @default false */
	adaptsPrompts?: boolean | undefined;
	/** Why a model may not be called for this request, in a sentence; asked right before its call. `null`: it may be. @default every model may */
	getExclusion?: ((model: ModelName) => string | null) | undefined;
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
	const targets: AttemptTarget[] = [];
	for (const model of models) {
		const deployments = getDeployments?.(model) ?? [];
		if (deployments.length === 0) targets.push(createTarget(model, null));
		for (const id of deployments) targets.push(createTarget(model, id));
	}
	return targets;
}

/** The first line of a failure's message, short and without secrets. */
export function getFailureMessage(error: unknown): string {
	const message = typeof error === 'string' ? error : readTextProperty(error, 'message');
	return toSafeMessage(message ?? 'The call failed without a message.');
}

/** Adds an attempt to the history and emits `attempt-end`. */
function recordAttempt(run: ChainRun<unknown>, attempt: Attempt): void {
	run.history.push(attempt);
	run.ports.emit({ type: 'attempt-end', decisionId: run.options.decisionId ?? null, attempt });
}

/** The target as an attempt names it. */
function toAttemptNames({ model, deployment }: AttemptTarget): Pick<Attempt, 'model' | 'deployment'> {
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
function recordFallback(run: ChainRun<unknown>, to: ModelName): void {
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
