import type { Attempt, ModelName } from '../contracts/index.ts';
import { attemptCall } from './attempt-call.ts';
import type { ChainRun } from './chain-run.ts';
import { type ClassifiedFailure, classifyFailure } from './classify-failure.ts';
import type { AttemptContext, AttemptOffer } from './execute-options.ts';
import { failureMessage, recordAttempt, recordFallback, recordSkip } from './record-attempt.ts';

/** How an attempt ended. */
export type AttemptEnd<T> =
	| { kind: 'answered'; value: T }
	| { kind: 'passed-over' }
	| { kind: 'failed'; failure: ClassifiedFailure; error: unknown; attempt: Attempt };

/** One attempt from the hold of its money to its record. `delayMs` is the wait that came before it. */
export async function runAttempt<T>(run: ChainRun<T>, model: ModelName, delayMs: number): Promise<AttemptEnd<T>> {
	const number = run.history.length + 1;
	const offer = (await run.options.beforeAttempt?.(model, number)) ?? {};
	if (offer.skip !== undefined) {
		recordSkip(run, model, { message: offer.skip });
		return { kind: 'passed-over' };
	}
	recordFallback(run, model);
	const { clock, breaker, cooldowns } = run.ports;
	const { signal } = run.options;
	const startedAt = clock.now();
	const began = clock.monotonic();
	const record = (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>): Attempt => {
		return { number, model, startedAt, durationMs: clock.monotonic() - began, delayMs, ...ending };
	};
	breaker.begin(model, startedAt);
	let value: T;
	try {
		const call = (callSignal: AbortSignal): Promise<T> =>
			run.taskFn(model, { ...contextOf(run, model, offer), signal: callSignal, attempt: number });
		const limits = { model, timeoutMs: run.policy.timeoutMs, deadlineAt: run.deadlineAt };
		value = await attemptCall(call, signal === undefined ? limits : { ...limits, signal }, clock);
	} catch (error) {
		return await fail(run, error, record);
	}
	breaker.end(model, null, clock.now());
	cooldowns.disprove(model, startedAt);
	const attempt = record({ outcome: 'success' });
	await finish(run, attempt, { value });
	return { kind: 'answered', value };
}

function contextOf(
	run: ChainRun<unknown>,
	model: ModelName,
	{ maxOutputTokens }: AttemptOffer,
): Omit<AttemptContext, 'signal' | 'attempt'> {
	const { adaptPrompt, clock } = run.ports;
	const left = run.deadlineAt - clock.monotonic();
	return {
		model,
		adaptPrompt: (prompt) => adaptPrompt(prompt, model),
		...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
		...(left === Number.POSITIVE_INFINITY ? {} : { deadlineAt: clock.now() + left }),
	};
}

async function fail(
	run: ChainRun<unknown>,
	error: unknown,
	record: (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>) => Attempt,
): Promise<Extract<AttemptEnd<never>, { kind: 'failed' }>> {
	const { clock, breaker } = run.ports;
	const now = clock.now();
	const { isContentPolicyFallbackEnabled = false } = run.options;
	const classified = classifyFailure(error, { now, policy: run.policy, isContentPolicyFallbackEnabled });
	const failure = run.options.classify?.(error, classified) ?? classified;
	const message = failureMessage(error);
	const status = failure.status === undefined ? {} : { status: failure.status };
	const attempt = record({ outcome: 'failure', failure: failure.kind, message, ...status });
	breaker.end(attempt.model, failure.kind, now);
	run.lastError = error;
	run.errors.push({ model: attempt.model, error: message, timestamp: new Date(now) });
	await finish(run, attempt, { error });
	return { kind: 'failed', failure, error, attempt };
}

/** The event comes last, so that it carries the money the attempt was settled with. */
async function finish(
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
