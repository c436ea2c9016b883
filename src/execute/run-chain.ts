import type { FailureKind, FallbackResult, RandomSource } from '../contracts/index.ts';
import { AllModelsFailedError } from '../errors/index.ts';
import { toAbortSignal } from '../util/index.ts';
import type { ClassifiedFailure } from './classify-failure.ts';
import { addJitter, getBackoffDelay } from './retry-delay.ts';
import {
	type AttemptResult,
	type AttemptTarget,
	type ChainRun,
	createAbortError,
	createDeadlineError,
	getFailureMessage,
	recordSkip,
	runAttempt,
	startCooldown,
} from './run-attempt.ts';

/** Tries one target after the other; those in cooldown come last, and are waited for only when nothing else is left. */
export async function runChain<T>(run: ChainRun<T>): Promise<FallbackResult<T>> {
	const coolingDown: AttemptTarget[] = [];
	for (const target of run.chain) {
		if (isRuledOut(run, target)) continue;
		const availableAt = getReadyAt(run, target, { isLastResort: false });
		if (availableAt > run.ports.clock.now()) {
			recordCooldownSkip(run, target, availableAt);
			coolingDown.push(target);
			continue;
		}
		const answer = await tryTarget(run, target, 0);
		if (answer !== null) return answer;
	}
	return (await tryCoolingDown(run, coolingDown)) ?? throwChainFailure(run);
}

/** Tries targets as their cooldowns end, the soonest first; all waits together take at most `maxDelayMs`. */
async function tryCoolingDown<T>(
	run: ChainRun<T>,
	targets: readonly AttemptTarget[],
): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	const waitUntil = clock.monotonic() + run.policy.maxDelayMs;
	let waited = 0;
	let remaining = targets;
	while (remaining.length > 0) {
		remaining = remaining.filter((target) => !isRuledOut(run, target));
		const now = clock.now();
		const [soonest] = remaining
			.map((target) => ({ target, at: getReadyAt(run, target, { isLastResort: true }) }))
			.sort((a, b) => a.at - b.at);
		if (soonest === undefined) return null;
		const wait = soonest.at - now;
		if (wait > 0) {
			if (clock.monotonic() + wait > waitUntil || !isWithinDeadline(run, wait)) return null;
			await sleepUnlessAborted(run, wait);
			waited += wait;
			continue;
		}
		remaining = remaining.filter((target) => target !== soonest.target);
		const answer = await tryTarget(run, soonest.target, waited);
		if (answer !== null) return answer;
		waited = 0;
	}
	return null;
}

/**
 * Epoch milliseconds from which the target may be called. As a last resort, cooldowns of our own guess no longer count,
 * only those the provider asked for and open circuits.
 */
function getReadyAt(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	{ isLastResort }: { isLastResort: boolean },
): number {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const cooldown = cooldowns.get(target.key, now);
	const cooldownUntil = cooldown !== undefined && (cooldown.isFromProvider || !isLastResort) ? cooldown.until : 0;
	const resetAt = providerLimitResetAt(run, target);
	// As a last resort a limit that resets later than `maxDelayMs` from now does not count either: the provider decides.
	const limitUntil = isLastResort && resetAt - now > run.policy.maxDelayMs ? 0 : resetAt;
	return Math.max(cooldownUntil, breaker.availableAt(target.key, now), limitUntil);
}

/** When the rate-limit headers of earlier responses allow the next call (epoch ms; 0: now), though no 429 was met yet. */
function providerLimitResetAt(run: ChainRun<unknown>, { model, deployment }: AttemptTarget): number {
	return run.options.availableAt?.(model, deployment) ?? 0;
}

function recordCooldownSkip(run: ChainRun<unknown>, target: AttemptTarget, availableAt: number): void {
	const now = run.ports.clock.now();
	const cooldown = run.ports.cooldowns.get(target.key, now);
	const isLimited = providerLimitResetAt(run, target) > now;
	const cause = isLimited ? 'its provider has said that the limit is used up' : 'its calls kept failing';
	const because = cooldown === undefined ? `because ${cause}` : `because of its last failure (${cooldown.failure})`;
	const message = `Not asked until ${new Date(availableAt).toISOString()}, ${because}.`;
	recordSkip(run, target, { message, failure: cooldown?.failure });
}

/**
 * The target may not be called for this request, or what failed earlier in it would fail again: a window that is too
 * small, a refused credential.
 */
function isRuledOut(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const { model, deployment } = target;
	if (isExcluded(run, target)) return true;
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

/** The model may not be called for this request at this moment. */
function isExcluded(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const exclusion = run.options.getExclusion?.(target.model) ?? null;
	if (exclusion === null) return false;
	recordSkip(run, target, { message: exclusion });
	return true;
}

function throwChainFailure(run: ChainRun<unknown>): never {
	if (!isWithinDeadline(run, 0)) throw createDeadlineError(run.lastError);
	throw new AllModelsFailedError(run.history, run.lastError);
}

/**
 * Calls a target, again after each failure that is worth a retry. `null`: the chain goes on with the next target.
 * @param delayMs wait before the first call
 * @throws the error of a failure that no other model would cure, or of a request that was aborted or has no time left
 */
async function tryTarget<T>(
	run: ChainRun<T>,
	target: AttemptTarget,
	delayMs: number,
): Promise<FallbackResult<T> | null> {
	if (run.options.signal?.aborted) throw createAbortError(run.options.signal);
	if (!isWithinDeadline(run, 0)) throw createDeadlineError(run.lastError);
	let delay = delayMs;
	for (let attempts = 1; ; attempts += 1) {
		const end = await runAttempt(run, target, delay);
		if (end.kind === 'answered') return toResult(run, target, end.value);
		if (end.kind === 'passed-over') break;
		const other = hasOtherDeployment(run, target);
		const wait = other ? null : getRetryWait(run, { ...end, target }, attempts);
		startCooldownAfter(run, { ...end, target }, wait);
		if (end.failure.action === 'give-up') throw toGivenUp(run, end);
		if (wait === null) {
			giveUpTarget(run, { ...end, target });
			break;
		}
		run.retriesLeft -= 1;
		await sleepUnlessAborted(run, wait);
		delay = wait;
		if (isExcluded(run, target)) break;
	}
	run.finishedTargets.add(target);
	return null;
}

function toResult<T>(run: ChainRun<T>, { model }: AttemptTarget, value: T): FallbackResult<T> {
	return {
		value,
		model,
		usedFallback: model !== run.chain[0]?.model,
		attempts: run.history.filter(({ outcome }) => outcome !== 'skipped').length,
		totalTime: run.ports.clock.monotonic() - run.startedAt,
		errors: run.errors,
		history: run.history,
	};
}

/**
 * The failure that no other model would cure. One of a fallback that was asked because the conversation is too long for the
 * first model hides nothing of that: shortening it is what the caller can do.
 */
function toGivenUp(
	run: ChainRun<unknown>,
	{ error, failure }: Extract<AttemptResult<unknown>, { kind: 'failed' }>,
): unknown {
	const [first] = run.history.filter(({ outcome }) => outcome !== 'skipped');
	const isFollowing = failure.kind === 'invalid-request' && first?.failure === 'context-too-long';
	return isFollowing ? new AllModelsFailedError(run.history, error) : error;
}

/** @throws RequestAbortedError when the caller aborts meanwhile */
async function sleepUnlessAborted(run: ChainRun<unknown>, waitMs: number): Promise<void> {
	const { signal } = run.options;
	try {
		await run.ports.clock.sleep(waitMs, signal && toAbortSignal(signal));
	} catch (error) {
		throw signal?.aborted ? createAbortError(signal) : error;
	}
}

/** Failures of a credential or its account, not of one model. A 403 does not count: it may be about the model. */
const ACCOUNT_FAILURES: ReadonlySet<FailureKind> = new Set(['authentication', 'quota-exhausted']);

type Failed = Extract<AttemptResult<unknown>, { kind: 'failed' }> & { target: AttemptTarget };

/** Another deployment of the same model is ready now: going on there at once beats waiting here. */
function hasOtherDeployment(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const now = run.ports.clock.now();
	const isReady = (other: AttemptTarget): boolean => getReadyAt(run, other, { isLastResort: false }) <= now;
	const later = run.chain.slice(run.chain.indexOf(target) + 1);
	return later.some((other) => other.model === target.model && !run.finishedTargets.has(other) && isReady(other));
}

/** Calls of one target in one request that may be billed and bring nothing. */
const MAX_BILLED_ATTEMPTS = 2;

/** Milliseconds to wait before the same target is asked again; `null` when it should not be. */
function getRetryWait(run: ChainRun<unknown>, { failure, target }: Failed, attempts: number): number | null {
	const { policy, ports } = run;
	const most =
		failure.isBilled === true ? Math.min(policy.attemptsPerModel, MAX_BILLED_ATTEMPTS) : policy.attemptsPerModel;
	if (failure.action !== 'retry' || attempts >= most || run.retriesLeft <= 0) return null;
	const wait = getRetryDelay(failure, getBackoffDelay(attempts, policy, ports.random), ports.random);
	const isTooLong = wait > policy.maxDelayMs || !isWithinDeadline(run, wait);
	const isOpen = ports.breaker.availableAt(target.key, ports.clock.now()) > 0;
	return isTooLong || isOpen ? null : wait;
}

/** The provider's Retry-After where it names one (0 is none); except after a rate limit, never less than the backoff. */
function getRetryDelay({ kind, retryAfterMs = 0 }: ClassifiedFailure, backoff: number, random: RandomSource): number {
	if (retryAfterMs <= 0) return backoff;
	const retryAfter = addJitter(retryAfterMs, random);
	return kind === 'rate-limit' ? retryAfter : Math.max(retryAfter, backoff);
}

/**
 * Starts the cooldown a failure asks for. Where the provider named no time, it lasts as long as the backoff while this
 * request retries the target, and `cooldownMs` once the request gives it up.
 */
function startCooldownAfter(run: ChainRun<unknown>, { failure, target, error }: Failed, wait: number | null): void {
	if (failure.cooldownMs === undefined) return;
	const durationMs = failure.retryAfterMs === undefined && wait !== null ? wait : failure.cooldownMs;
	startCooldown(run, target, { failure, durationMs, message: getFailureMessage(error) });
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

/** True when a wait ends before the deadline of the request. */
function isWithinDeadline(run: ChainRun<unknown>, waitMs: number): boolean {
	return run.ports.clock.monotonic() + waitMs < run.deadlineAt;
}
