import type { Attempt } from '../contracts/index.ts';
import { attemptCall } from './attempt-call.ts';
import type { AttemptTarget } from './attempt-target.ts';
import type { ChainRun } from './chain-run.ts';
import { type ClassifiedFailure, classifyFailure } from './classify-failure.ts';
import type { AttemptContext, AttemptOffer } from './execute-options.ts';
import { failureMessage, namesOf, recordAttempt, recordFallback, recordSkip } from './record-attempt.ts';

/** How an attempt ended. */
export type AttemptEnd<T> =
	| { kind: 'answered'; value: T }
	| { kind: 'passed-over' }
	| { kind: 'failed'; failure: ClassifiedFailure; error: unknown; attempt: Attempt };

/** One attempt from the hold of its money to its record. `delayMs` is the wait that came before it. */
export async function runAttempt<T>(run: ChainRun<T>, target: AttemptTarget, delayMs: number): Promise<AttemptEnd<T>> {
	const number = run.history.length + 1;
	const { model } = target;
	const offer = (await run.options.beforeAttempt?.(model, number, target.deployment)) ?? {};
	if (offer.skip !== undefined) {
		recordSkip(run, target, { message: offer.skip });
		return { kind: 'passed-over' };
	}
	recordFallback(run, model);
	const { clock, breaker, cooldowns } = run.ports;
	const { signal } = run.options;
	const startedAt = clock.now();
	const began = clock.monotonic();
	const record = (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>): Attempt => {
		const durationMs = clock.monotonic() - began;
		return { number, ...namesOf(target), startedAt, durationMs, delayMs, ...ending };
	};
	breaker.begin(target.key, startedAt);
	let value: T;
	try {
		const call = (callSignal: AbortSignal): Promise<T> =>
			run.taskFn(model, { ...contextOf(run, target, offer), signal: callSignal, attempt: number });
		const limits = { model, timeoutMs: run.policy.timeoutMs, deadlineAt: run.deadlineAt };
		value = await attemptCall(call, signal === undefined ? limits : { ...limits, signal }, clock);
	} catch (error) {
		return await fail(run, error, { record, target });
	}
	breaker.end(target.key, null, clock.now());
	cooldowns.disprove(target.key, startedAt);
	const attempt = record({ outcome: 'success' });
	await finish(run, attempt, { value });
	return { kind: 'answered', value };
}

function contextOf(
	run: ChainRun<unknown>,
	{ model, deployment }: AttemptTarget,
	{ maxOutputTokens }: AttemptOffer,
): Omit<AttemptContext, 'signal' | 'attempt'> {
	const { adaptPrompt, clock } = run.ports;
	const left = run.deadlineAt - clock.monotonic();
	return {
		model,
		...(deployment === null ? {} : { deployment }),
		adaptPrompt: (prompt) => adaptPrompt(prompt, model),
		...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
		...(left === Number.POSITIVE_INFINITY ? {} : { deadlineAt: clock.now() + left }),
	};
}

async function fail(
	run: ChainRun<unknown>,
	error: unknown,
	{
		record,
		target,
	}: {
		record: (ending: Pick<Attempt, 'outcome' | 'failure' | 'status' | 'message'>) => Attempt;
		target: AttemptTarget;
	},
): Promise<Extract<AttemptEnd<never>, { kind: 'failed' }>> {
	const { clock, breaker } = run.ports;
	const now = clock.now();
	const { isContentPolicyFallbackEnabled = false } = run.options;
	const classified = classifyFailure(error, { now, policy: run.policy, isContentPolicyFallbackEnabled });
	const failure = run.options.classify?.(error, classified) ?? classified;
	const message = failureMessage(error);
	const status = failure.status === undefined ? {} : { status: failure.status };
	const attempt = record({ outcome: 'failure', failure: failure.kind, message, ...status });
	breaker.end(target.key, failure.kind, now);
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
