import type { Attempt, Clock, ModelName } from '../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError } from '../errors/index.ts';
import {
	type AttemptAllowance,
	type AttemptContext,
	type AttemptTarget,
	type ChainRun,
	getFailureMessage,
	recordAttempt,
	recordFallback,
	recordSkip,
	toAttemptNames,
} from './chain-run.ts';
import { type ClassifiedFailure, classifyFailure } from './classify-failure.ts';

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
	const { clock, breaker, cooldowns } = run.ports;
	const startedAt = clock.now();
	const began = clock.monotonic();
	let wasSent = false;
	const record = (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>): Attempt => {
		const durationMs = clock.monotonic() - began;
		const attempt = { number, ...toAttemptNames(target), startedAt, durationMs, delayMs, ...ending };
		return wasSent ? attempt : { ...attempt, wasSent: false };
	};
	breaker.begin(target.key, startedAt);
	let value: T;
	try {
		const call = (callSignal: AbortSignal): Promise<T> => {
			wasSent = true;
			return run.taskFn(model, {
				...createAttemptContext(run, target, allowance),
				signal: callSignal,
				attempt: number,
			});
		};
		const limits = { model, timeoutMs: run.policy.timeoutMs, deadlineAt: run.deadlineAt, signal: run.options.signal };
		value = await callWithDeadline(call, limits, clock);
	} catch (error) {
		return await recordFailure(run, error, { record, target });
	}
	breaker.end(target.key, null, clock.now());
	cooldowns.clearAfterSuccess(target.key, startedAt);
	const attempt = record({ outcome: 'success' });
	await settleAttempt(run, attempt, { value });
	return { kind: 'answered', value };
}

function createAttemptContext(
	run: ChainRun<unknown>,
	{ model, deployment }: AttemptTarget,
	{ maxOutputTokens }: AttemptAllowance,
): Omit<AttemptContext, 'signal' | 'attempt'> {
	const { adaptPrompt, clock } = run.ports;
	const remainingMs = run.deadlineAt - clock.monotonic();
	return {
		model,
		deployment: deployment ?? undefined,
		adaptPrompt: (prompt) => adaptPrompt(prompt, model),
		maxOutputTokens,
		deadlineAt: remainingMs === Number.POSITIVE_INFINITY ? undefined : clock.now() + remainingMs,
	};
}

async function recordFailure(
	run: ChainRun<unknown>,
	error: unknown,
	{
		record,
		target,
	}: {
		record: (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>) => Attempt;
		target: AttemptTarget;
	},
): Promise<Extract<AttemptResult<never>, { kind: 'failed' }>> {
	const { clock, breaker } = run.ports;
	const now = clock.now();
	const { isContentPolicyFallbackEnabled = false } = run.options;
	const classified = classifyFailure(error, { now, policy: run.policy, isContentPolicyFallbackEnabled });
	const failure = run.options.classify?.(error, classified) ?? classified;
	const message = getFailureMessage(error);
	const attempt = record({ outcome: 'failure', failure: failure.kind, message, status: failure.status });
	breaker.end(target.key, failure.kind, now);
	run.lastError = error;
	run.errors.push({ model: attempt.model, error: message, timestamp: new Date(now) });
	await settleAttempt(run, attempt, { error });
	return { kind: 'failed', failure, error, attempt };
}

/** The event is emitted last, so that it carries the cost that `afterAttempt` settled. */
async function settleAttempt(
	run: ChainRun<unknown>,
	attempt: Attempt,
	result: { value: unknown } | { error: unknown },
): Promise<void> {
	try {
		await run.options.afterAttempt?.(attempt, result);
	} finally {
		recordAttempt(run, attempt);
	}
}

/** The limits of one call. */
interface CallLimits {
	model: ModelName;
	timeoutMs: number;
	/** End of the whole request on the monotonic clock; `Infinity` when it has none. */
	deadlineAt: number;
	/** The caller's. */
	signal?: AbortSignal | undefined;
}

/** Why a timer ended early; made once, for an error's stack takes as long as a small request. */
const CALL_ENDED = new Error('The call is over.');

/** The caller's abort as this package's error. */
export function createAbortError(signal: AbortSignal): RequestAbortedError {
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
 * whichever is first. The call's signal aborts in the last three; what the call does after that is ignored.
 * @throws AttemptTimeoutError, RequestAbortedError, or what the call threw.
 */
async function callWithDeadline<T>(
	call: (signal: AbortSignal) => Promise<T>,
	limits: CallLimits,
	clock: Clock,
): Promise<T> {
	const { signal } = limits;
	if (signal?.aborted) throw createAbortError(signal);
	const remaining = limits.deadlineAt - clock.monotonic();
	if (remaining <= 0) throw createDeadlineError();
	const interruption = Promise.withResolvers<never>();
	const limitMs = Math.min(limits.timeoutMs, remaining);
	const expiry = startExpiry(limitMs, clock, () => {
		const error =
			remaining < limits.timeoutMs ? createDeadlineError() : new AttemptTimeoutError(limits.model, limits.timeoutMs);
		interruption.reject(error);
		return error;
	});
	const onAbort = () => {
		if (signal !== undefined) interruption.reject(createAbortError(signal));
	};
	signal?.addEventListener('abort', onAbort, { once: true });
	try {
		// `race` listens to the call to its end, so that a late rejection is never unhandled.
		return await Promise.race([interruption.promise, startCall(call, combineSignals(signal, expiry))]);
	} catch (error) {
		throw signal?.aborted ? createAbortError(signal) : error;
	} finally {
		expiry?.cancel();
		signal?.removeEventListener('abort', onAbort);
	}
}

/** The time limit of one call. */
interface Expiry {
	/** Aborts with the error when the time is up. */
	signal: AbortSignal;
	cancel(): void;
}

/** Starts the time limit; `null` where there is none. `onExpiry` returns the error to abort with. */
function startExpiry(limitMs: number, clock: Clock, onExpiry: () => Error): Expiry | null {
	if (limitMs === Number.POSITIVE_INFINITY) return null;
	const expired = new AbortController();
	const timer = new AbortController();
	let isOver = false;
	// A rejected sleep is the timer being cancelled below: the call ended first.
	clock.sleep(limitMs, timer.signal).then(
		() => {
			if (!isOver) expired.abort(onExpiry());
		},
		() => undefined,
	);
	const cancel = () => {
		isOver = true;
		timer.abort(CALL_ENDED);
	};
	return { signal: expired.signal, cancel };
}

/** The call's signal. Combined, not followed by a listener: a stream outlives its call, and must still be aborted when the caller leaves. */
function combineSignals(signal: AbortSignal | undefined, expiry: Expiry | null): AbortSignal {
	if (expiry === null) return signal ?? new AbortController().signal;
	return signal === undefined ? expiry.signal : AbortSignal.any([signal, expiry.signal]);
}

/** A function that throws instead of rejecting is no exception. */
async function startCall<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
	return await call(signal);
}
