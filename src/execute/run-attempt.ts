import type { Attempt, ModelName } from '../contracts/index.ts';
import { isBudgetExceededError } from '../errors/index.ts';
import { attemptCall } from './attempt-call.ts';
import type { ChainRun } from './chain-run.ts';
import { type ClassifiedFailure, classifyFailure } from './classify-failure.ts';
import { failureMessage, recordAttempt, recordFallback, recordSkip } from './record-attempt.ts';

/** How an attempt ended. */
export type AttemptEnd<T> =
	| { kind: 'answered'; value: T }
	| { kind: 'refused' }
	| { kind: 'failed'; failure: ClassifiedFailure; error: unknown; attempt: Attempt };

/** One attempt from the hold of its money to its record. `delayMs` is the wait that came before it. */
export async function runAttempt<T>(run: ChainRun<T>, model: ModelName, delayMs: number): Promise<AttemptEnd<T>> {
	const number = run.history.length + 1;
	const offer = await offerFor(run, model, number);
	if (offer === null) return { kind: 'refused' };
	recordFallback(run, model);
	const { clock, breaker, adaptPrompt } = run.ports;
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
			run.taskFn(model, {
				signal: callSignal,
				attempt: number,
				model,
				adaptPrompt: (prompt) => adaptPrompt(prompt, model),
				...offer,
			});
		const limits = { model, timeoutMs: run.policy.timeoutMs, deadlineAt: run.deadlineAt };
		value = await attemptCall(call, signal === undefined ? limits : { ...limits, signal }, clock);
	} catch (error) {
		return await fail(run, error, record);
	}
	breaker.end(model, null, clock.now());
	const attempt = record({ outcome: 'success' });
	await finish(run, attempt, { value });
	return { kind: 'answered', value };
}

/** What the money allows this attempt; `null` when the budget refuses it. */
async function offerFor(
	run: ChainRun<unknown>,
	model: ModelName,
	number: number,
): Promise<{ maxOutputTokens?: number } | null> {
	try {
		const offer = await run.options.beforeAttempt?.(model, number);
		return offer?.maxOutputTokens === undefined ? {} : { maxOutputTokens: offer.maxOutputTokens };
	} catch (error) {
		if (!isBudgetExceededError(error)) throw error;
		run.refusal ??= error;
		recordSkip(run, model, failureMessage(error));
		return null;
	}
}

async function fail(
	run: ChainRun<unknown>,
	error: unknown,
	record: (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>) => Attempt,
): Promise<Extract<AttemptEnd<never>, { kind: 'failed' }>> {
	const { clock, breaker } = run.ports;
	const now = clock.now();
	const { isContentPolicyFallbackEnabled = false } = run.options;
	const failure = classifyFailure(error, { now, policy: run.policy, isContentPolicyFallbackEnabled });
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
