import type { FailureKind, RandomSource } from '../contracts/index.ts';
import { requestAborted } from './attempt-call.ts';
import type { AttemptTarget } from './attempt-target.ts';
import { backoffDelay, spreadWait } from './backoff.ts';
import { type ChainRun, fitsDeadline } from './chain-run.ts';
import type { ClassifiedFailure } from './classify-failure.ts';
import { failureMessage, restTarget } from './record-attempt.ts';
import { type AttemptEnd, runAttempt } from './run-attempt.ts';

/** A target's answer, or `null` when the next one's turn has come. `delayMs` is the wait that came before. @throws the error of a failure that nothing else would cure. */
export async function runTarget<T>(
	run: ChainRun<T>,
	target: AttemptTarget,
	delayMs: number,
): Promise<{ value: T } | null> {
	let delay = delayMs;
	for (let made = 1; ; made += 1) {
		const end = await runAttempt(run, target, delay);
		if (end.kind === 'answered') return { value: end.value };
		if (end.kind === 'passed-over') return null;
		const other = hasOtherDeployment(run, target);
		const wait = other ? null : retryWait(run, { ...end, target }, made);
		restAfter(run, { ...end, target }, wait);
		if (end.failure.action === 'give-up' && !(other && end.failure.kind === 'not-found')) throw end.error;
		if (wait === null) {
			leave(run, { ...end, target });
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

type Failed = Extract<AttemptEnd<unknown>, { kind: 'failed' }> & { target: AttemptTarget };

/** The same model is served elsewhere, ready now: going there at once beats waiting here. */
function hasOtherDeployment(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const isReady = ({ model, deployment, key }: AttemptTarget): boolean =>
		cooldowns.find(key, now) === undefined &&
		breaker.availableAt(key, now) <= now &&
		(run.options.availableAt?.(model, deployment) ?? 0) <= now;
	const later = run.chain.slice(run.chain.indexOf(target) + 1);
	return later.some((other) => other.model === target.model && !run.finished.has(other) && isReady(other));
}

/** Milliseconds to wait before the same target is asked again; `null` when it should not be. */
function retryWait(run: ChainRun<unknown>, { failure, target }: Failed, made: number): number | null {
	const { policy, ports } = run;
	if (failure.action !== 'retry' || made >= policy.attemptsPerModel || run.retriesLeft <= 0) return null;
	const wait = waitFor(failure, backoffDelay(made, policy, ports.random), ports.random);
	const isTooLong = wait > policy.maxDelayMs || !fitsDeadline(run, wait);
	const isOpen = ports.breaker.availableAt(target.key, ports.clock.now()) > 0;
	return isTooLong || isOpen ? null : wait;
}

/** A provider that names a time is believed; for anything but a limit, backoff may be longer. A time of 0 is none. */
function waitFor({ kind, retryAfterMs = 0 }: ClassifiedFailure, backoff: number, random: RandomSource): number {
	if (retryAfterMs <= 0) return backoff;
	const told = spreadWait(retryAfterMs, random);
	return kind === 'rate-limit' ? told : Math.max(told, backoff);
}

/** A limit without a time rests the target for the backoff while this request retries it, and for long once it is left. */
function restAfter(run: ChainRun<unknown>, { failure, target, error }: Failed, wait: number | null): void {
	if (failure.cooldownMs === undefined) return;
	const restMs = failure.retryAfterMs === undefined && wait !== null ? wait : failure.cooldownMs;
	restTarget(run, target, { failure, restMs, message: failureMessage(error) });
}

function leave(run: ChainRun<unknown>, { failure, attempt, target }: Failed): void {
	run.left = { model: attempt.model, attempt };
	if (IS_ACCOUNT_FAILURE.has(failure.kind) && failure.status !== 403) {
		const credential = run.options.credentialOf?.(target.model, target.deployment);
		if (credential !== undefined) run.refusedCredentials.add(credential);
	}
	if (failure.action !== 'next-larger-context') return;
	const tooSmall = run.options.contextWindowOf?.(attempt.model) ?? 0;
	run.minContextWindow = Math.max(run.minContextWindow, tooSmall + 1);
}
