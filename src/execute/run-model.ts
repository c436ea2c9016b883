import type { FailureKind, ModelName, RandomSource } from '../contracts/index.ts';
import { requestAborted } from './attempt-call.ts';
import { backoffDelay, spreadWait } from './backoff.ts';
import { type ChainRun, fitsDeadline } from './chain-run.ts';
import type { ClassifiedFailure } from './classify-failure.ts';
import { failureMessage, restModel } from './record-attempt.ts';
import { type AttemptEnd, runAttempt } from './run-attempt.ts';

/** A model's answer, or `null` when the next model's turn has come. `delayMs` is the wait that came before. @throws the error of a failure that no model would cure. */
export async function runModel<T>(run: ChainRun<T>, model: ModelName, delayMs: number): Promise<{ value: T } | null> {
	let delay = delayMs;
	for (let made = 1; ; made += 1) {
		const end = await runAttempt(run, model, delay);
		if (end.kind === 'answered') return { value: end.value };
		if (end.kind === 'passed-over') return null;
		const wait = retryWait(run, end, made);
		restAfter(run, end, wait);
		if (end.failure.action === 'give-up') throw end.error;
		if (wait === null) {
			leave(run, end);
			return null;
		}
		run.retriesLeft -= 1;
		await pause(run, wait);
		delay = wait;
	}
}

/** Waits, unless the caller leaves. @throws RequestAbortedError */
export async function pause(run: ChainRun<unknown>, waitMs: number): Promise<void> {
	const { signal } = run.options;
	try {
		await run.ports.clock.sleep(waitMs, signal);
	} catch (error) {
		throw signal?.aborted ? requestAborted(signal) : error;
	}
}

/** Failures of a credential or its account, not of one model. A 403 may be about the model, and is not counted. */
const IS_ACCOUNT_FAILURE: ReadonlySet<FailureKind> = new Set(['authentication', 'quota-exhausted']);

type Failed = Extract<AttemptEnd<unknown>, { kind: 'failed' }>;

/** Milliseconds to wait before the same model is asked again; `null` when it should not be. */
function retryWait(run: ChainRun<unknown>, { failure, attempt }: Failed, made: number): number | null {
	const { policy, ports } = run;
	if (failure.action !== 'retry' || made >= policy.attemptsPerModel || run.retriesLeft <= 0) return null;
	const wait = waitFor(failure, backoffDelay(made, policy, ports.random), ports.random);
	const isTooLong = wait > policy.maxDelayMs || !fitsDeadline(run, wait);
	const isOpen = ports.breaker.availableAt(attempt.model, ports.clock.now()) > 0;
	return isTooLong || isOpen ? null : wait;
}

/** A provider that names a time is believed; for anything but a limit, backoff may be longer. A time of 0 is none. */
function waitFor({ kind, retryAfterMs = 0 }: ClassifiedFailure, backoff: number, random: RandomSource): number {
	if (retryAfterMs <= 0) return backoff;
	const told = spreadWait(retryAfterMs, random);
	return kind === 'rate-limit' ? told : Math.max(told, backoff);
}

/** A limit without a time rests the model for the backoff while this request retries it, and for long once it is left. */
function restAfter(run: ChainRun<unknown>, { failure, attempt, error }: Failed, wait: number | null): void {
	if (failure.cooldownMs === undefined) return;
	const restMs = failure.retryAfterMs === undefined && wait !== null ? wait : failure.cooldownMs;
	restModel(run, attempt.model, { failure, restMs, message: failureMessage(error) });
}

function leave(run: ChainRun<unknown>, { failure, attempt }: Failed): void {
	run.left = { model: attempt.model, attempt };
	if (IS_ACCOUNT_FAILURE.has(failure.kind) && failure.status !== 403) {
		const provider = run.options.providerOf?.(attempt.model);
		if (provider !== undefined) run.refusedProviders.add(provider);
	}
	if (failure.action !== 'next-larger-context') return;
	const tooSmall = run.options.contextWindowOf?.(attempt.model) ?? 0;
	run.minContextWindow = Math.max(run.minContextWindow, tooSmall + 1);
}
