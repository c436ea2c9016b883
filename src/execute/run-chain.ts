import type { FailureKind, FallbackResult, RandomSource } from '../contracts/index.ts';
import { AllModelsFailedError } from '../errors/index.ts';
import type { Cooldown } from './availability.ts';
import {
	type AttemptTarget,
	type ChainRun,
	countCalls,
	getFailureMessage,
	isWithinDeadline,
	recordSkip,
	startCooldown,
} from './chain-run.ts';
import type { ClassifiedFailure } from './classify-failure.ts';
import { addJitter, getBackoffDelay } from './retry-delay.ts';
import { type AttemptResult, createAbortError, createDeadlineError, runAttempt } from './run-attempt.ts';

/** Asks one model after the other; those that rest are asked last, and waited for only when nothing else is left. */
export async function runChain<T>(run: ChainRun<T>): Promise<FallbackResult<T>> {
	const resting: AttemptTarget[] = [];
	for (const target of run.chain) {
		if (isRuledOut(run, target)) continue;
		const availableAt = getReadyAt(run, target, { isLastResort: false });
		if (availableAt > run.ports.clock.now()) {
			recordCooldownSkip(run, target, availableAt);
			resting.push(target);
			continue;
		}
		const answer = await tryTarget(run, target, 0);
		if (answer !== null) return answer;
	}
	return (await tryCoolingDown(run, resting)) ?? throwChainFailure(run);
}

/** The models that rest, the soonest first, as long as the wait is worth it. */
async function tryCoolingDown<T>(run: ChainRun<T>, resting: AttemptTarget[]): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	const patience = clock.monotonic() + run.policy.maxDelayMs;
	let waited = 0;
	let left = resting;
	while (left.length > 0) {
		left = left.filter((target) => !isRuledOut(run, target));
		const now = clock.now();
		const [soonest] = left
			.map((target) => ({ target, at: getReadyAt(run, target, { isLastResort: true }) }))
			.sort((one, other) => one.at - other.at);
		if (soonest === undefined) return null;
		const wait = soonest.at - now;
		if (wait > 0) {
			if (clock.monotonic() + wait > patience || !isWithinDeadline(run, wait)) return null;
			await sleepUnlessAborted(run, wait);
			waited += wait;
			continue;
		}
		left = left.filter((target) => target !== soonest.target);
		const answer = await tryTarget(run, soonest.target, waited);
		if (answer !== null) return answer;
		waited = 0;
	}
	return null;
}

async function tryTarget<T>(
	run: ChainRun<T>,
	target: AttemptTarget,
	delayMs: number,
): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	if (run.options.signal?.aborted) throw createAbortError(run.options.signal);
	if (!isWithinDeadline(run, 0)) throw createDeadlineError(run.lastError);
	const answer = await runTarget(run, target, delayMs);
	run.finishedTargets.add(target);
	if (answer === null) return null;
	return {
		value: answer.value,
		model: target.model,
		usedFallback: target.model !== run.chain[0]?.model,
		attempts: countCalls(run.history),
		totalTime: clock.monotonic() - run.startedAt,
		errors: run.errors,
		history: run.history,
	};
}

/** Epoch milliseconds from which the target may be asked. As a last resort only a time the provider told and an open circuit hold. */
function getReadyAt(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	{ isLastResort }: { isLastResort: boolean },
): number {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const cooldown = cooldowns.get(target.key, now);
	const rests = cooldown !== undefined && (cooldown.isFromProvider || !isLastResort) ? cooldown.until : 0;
	return Math.max(
		rests,
		breaker.availableAt(target.key, now),
		providerLimitHoldsUntil(run, target, { isLastResort, now }),
	);
}

/** A limit that is counted, not met: as a last resort it is waited for where that is worth it, else the provider may decide. */
function providerLimitHoldsUntil(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	{ isLastResort, now }: { isLastResort: boolean; now: number },
): number {
	const until = providerLimitResetAt(run, target);
	return isLastResort && until - now > run.policy.maxDelayMs ? 0 : until;
}

/** When a limit of which the provider has told before it was hit lets the next call through. */
function providerLimitResetAt(run: ChainRun<unknown>, { model, deployment }: AttemptTarget): number {
	return run.options.availableAt?.(model, deployment) ?? 0;
}

function explainCooldown(run: ChainRun<unknown>, target: AttemptTarget, cooldown: Cooldown | undefined): string {
	if (cooldown !== undefined) return `because of its last failure (${cooldown.failure})`;
	const isLimited = providerLimitResetAt(run, target) > run.ports.clock.now();
	return isLimited ? 'because its provider has said that the limit is used up' : 'because its calls kept failing';
}

function recordCooldownSkip(run: ChainRun<unknown>, target: AttemptTarget, availableAt: number): void {
	const { clock, cooldowns } = run.ports;
	const cooldown = cooldowns.get(target.key, clock.now());
	const cause = explainCooldown(run, target, cooldown);
	const message = `Not asked until ${new Date(availableAt).toISOString()}, ${cause}.`;
	recordSkip(run, target, cooldown === undefined ? { message } : { message, failure: cooldown.failure });
}

/** What this very request has learned keeps it from asking in vain. */
function isRuledOut(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const { model, deployment } = target;
	const window = run.options.getContextWindow?.(model);
	if (window !== undefined && window < run.minContextWindow) {
		const message = `The request does not fit the ${window} tokens of ${model}.`;
		recordSkip(run, target, { message, failure: 'context-too-long' });
		return true;
	}
	const credential = run.options.getCredential?.(model, deployment);
	if (credential === undefined || !run.refusedCredentials.has(credential)) return false;
	const message = `The credential or quota of ${credential} failed earlier in this request.`;
	recordSkip(run, target, { message, failure: 'authentication' });
	return true;
}

function throwChainFailure(run: ChainRun<unknown>): never {
	if (!isWithinDeadline(run, 0)) throw createDeadlineError(run.lastError);
	throw new AllModelsFailedError(run.history, run.lastError);
}

/** A target's answer, or `null` when the next one's turn has come. `delayMs` is the wait that came before. @throws the error of a failure that nothing else would cure. */
async function runTarget<T>(run: ChainRun<T>, target: AttemptTarget, delayMs: number): Promise<{ value: T } | null> {
	let delay = delayMs;
	for (let made = 1; ; made += 1) {
		const end = await runAttempt(run, target, delay);
		if (end.kind === 'answered') return { value: end.value };
		if (end.kind === 'passed-over') return null;
		const other = hasOtherDeployment(run, target);
		const wait = other ? null : getRetryWait(run, { ...end, target }, made);
		startCooldownAfter(run, { ...end, target }, wait);
		if (end.failure.action === 'give-up' && !(other && end.failure.kind === 'not-found')) throw end.error;
		if (wait === null) {
			giveUpTarget(run, { ...end, target });
			return null;
		}
		run.retriesLeft -= 1;
		await sleepUnlessAborted(run, wait);
		delay = wait;
	}
}

/** Waits, unless the caller leaves. @throws RequestAbortedError */
async function sleepUnlessAborted(run: ChainRun<unknown>, waitMs: number): Promise<void> {
	const { signal } = run.options;
	try {
		await run.ports.clock.sleep(waitMs, signal);
	} catch (error) {
		throw signal?.aborted ? createAbortError(signal) : error;
	}
}

/** Failures of a credential or its account, not of one model. A 403 may be about the model, and is not counted. */
const ACCOUNT_FAILURES: ReadonlySet<FailureKind> = new Set(['authentication', 'quota-exhausted']);

type Failed = Extract<AttemptResult<unknown>, { kind: 'failed' }> & { target: AttemptTarget };

/** The same model is served elsewhere, ready now: going there at once beats waiting here. */
function hasOtherDeployment(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const isReady = ({ model, deployment, key }: AttemptTarget): boolean =>
		cooldowns.get(key, now) === undefined &&
		breaker.availableAt(key, now) <= now &&
		(run.options.availableAt?.(model, deployment) ?? 0) <= now;
	const later = run.chain.slice(run.chain.indexOf(target) + 1);
	return later.some((other) => other.model === target.model && !run.finishedTargets.has(other) && isReady(other));
}

/** Milliseconds to wait before the same target is asked again; `null` when it should not be. */
function getRetryWait(run: ChainRun<unknown>, { failure, target }: Failed, made: number): number | null {
	const { policy, ports } = run;
	if (failure.action !== 'retry' || made >= policy.attemptsPerModel || run.retriesLeft <= 0) return null;
	const wait = getRetryDelay(failure, getBackoffDelay(made, policy, ports.random), ports.random);
	const isTooLong = wait > policy.maxDelayMs || !isWithinDeadline(run, wait);
	const isOpen = ports.breaker.availableAt(target.key, ports.clock.now()) > 0;
	return isTooLong || isOpen ? null : wait;
}

/** A provider that names a time is believed; for anything but a limit, backoff may be longer. A time of 0 is none. */
function getRetryDelay({ kind, retryAfterMs = 0 }: ClassifiedFailure, backoff: number, random: RandomSource): number {
	if (retryAfterMs <= 0) return backoff;
	const told = addJitter(retryAfterMs, random);
	return kind === 'rate-limit' ? told : Math.max(told, backoff);
}

/** A limit without a time rests the target for the backoff while this request retries it, and for long once it is left. */
function startCooldownAfter(run: ChainRun<unknown>, { failure, target, error }: Failed, wait: number | null): void {
	if (failure.cooldownMs === undefined) return;
	const restMs = failure.retryAfterMs === undefined && wait !== null ? wait : failure.cooldownMs;
	startCooldown(run, target, { failure, restMs, message: getFailureMessage(error) });
}

function giveUpTarget(run: ChainRun<unknown>, { failure, attempt, target }: Failed): void {
	run.abandoned = { model: attempt.model, attempt };
	if (ACCOUNT_FAILURES.has(failure.kind) && failure.status !== 403) {
		const credential = run.options.getCredential?.(target.model, target.deployment);
		if (credential !== undefined) run.refusedCredentials.add(credential);
	}
	if (failure.action !== 'next-larger-context') return;
	const tooSmall = run.options.getContextWindow?.(attempt.model) ?? 0;
	run.minContextWindow = Math.max(run.minContextWindow, tooSmall + 1);
}
