import type { FallbackResult } from '../contracts/index.ts';
import { AllModelsFailedError } from '../errors/index.ts';
import { deadlinePassed, requestAborted } from './attempt-call.ts';
import type { AttemptTarget } from './attempt-target.ts';
import { type ChainRun, countCalls, fitsDeadline } from './chain-run.ts';
import type { Cooldown } from './cooldowns.ts';
import { recordSkip } from './record-attempt.ts';
import { pause, runTarget } from './run-target.ts';

/** Asks one model after the other; those that rest are asked last, and waited for only when nothing else is left. */
export async function runChain<T>(run: ChainRun<T>): Promise<FallbackResult<T>> {
	const resting: AttemptTarget[] = [];
	for (const target of run.chain) {
		if (isRuledOut(run, target)) continue;
		const availableAt = readyAt(run, target, { isLastResort: false });
		if (availableAt > run.ports.clock.now()) {
			recordRest(run, target, availableAt);
			resting.push(target);
			continue;
		}
		const answer = await ask(run, target, 0);
		if (answer !== null) return answer;
	}
	return (await askResting(run, resting)) ?? fail(run);
}

/** The models that rest, the soonest first, as long as the wait is worth it. */
async function askResting<T>(run: ChainRun<T>, resting: AttemptTarget[]): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	const patience = clock.monotonic() + run.policy.maxDelayMs;
	let waited = 0;
	let left = resting;
	while (left.length > 0) {
		left = left.filter((target) => !isRuledOut(run, target));
		const now = clock.now();
		const [soonest] = left
			.map((target) => ({ target, at: readyAt(run, target, { isLastResort: true }) }))
			.sort((one, other) => one.at - other.at);
		if (soonest === undefined) return null;
		const wait = soonest.at - now;
		if (wait > 0) {
			if (clock.monotonic() + wait > patience || !fitsDeadline(run, wait)) return null;
			await pause(run, wait);
			waited += wait;
			continue;
		}
		left = left.filter((target) => target !== soonest.target);
		const answer = await ask(run, soonest.target, waited);
		if (answer !== null) return answer;
		waited = 0;
	}
	return null;
}

async function ask<T>(run: ChainRun<T>, target: AttemptTarget, delayMs: number): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	if (run.options.signal?.aborted) throw requestAborted(run.options.signal);
	if (!fitsDeadline(run, 0)) throw deadlinePassed(run.lastError);
	const answer = await runTarget(run, target, delayMs);
	run.finished.add(target);
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
function readyAt(run: ChainRun<unknown>, target: AttemptTarget, { isLastResort }: { isLastResort: boolean }): number {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const cooldown = cooldowns.find(target.key, now);
	const rests = cooldown !== undefined && (cooldown.isTold || !isLastResort) ? cooldown.until : 0;
	return Math.max(rests, breaker.availableAt(target.key, now), limitedUntil(run, target, { isLastResort, now }));
}

/** A limit that is counted, not met: as a last resort it is waited for where that is worth it, else the provider may decide. */
function limitedUntil(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	{ isLastResort, now }: { isLastResort: boolean; now: number },
): number {
	const until = toldLimit(run, target);
	return isLastResort && until - now > run.policy.maxDelayMs ? 0 : until;
}

/** When a limit of which the provider has told before it was hit lets the next call through. */
function toldLimit(run: ChainRun<unknown>, { model, deployment }: AttemptTarget): number {
	return run.options.availableAt?.(model, deployment) ?? 0;
}

function causeOfRest(run: ChainRun<unknown>, target: AttemptTarget, cooldown: Cooldown | undefined): string {
	if (cooldown !== undefined) return `because of its last failure (${cooldown.failure})`;
	const isLimited = toldLimit(run, target) > run.ports.clock.now();
	return isLimited ? 'because its provider has said that the limit is used up' : 'because its calls kept failing';
}

function recordRest(run: ChainRun<unknown>, target: AttemptTarget, availableAt: number): void {
	const { clock, cooldowns } = run.ports;
	const cooldown = cooldowns.find(target.key, clock.now());
	const cause = causeOfRest(run, target, cooldown);
	const message = `Not asked until ${new Date(availableAt).toISOString()}, ${cause}.`;
	recordSkip(run, target, cooldown === undefined ? { message } : { message, failure: cooldown.failure });
}

/** What this very request has learned keeps it from asking in vain. */
function isRuledOut(run: ChainRun<unknown>, target: AttemptTarget): boolean {
	const { model, deployment } = target;
	const window = run.options.contextWindowOf?.(model);
	if (window !== undefined && window < run.minContextWindow) {
		const message = `The request does not fit the ${window} tokens of ${model}.`;
		recordSkip(run, target, { message, failure: 'context-too-long' });
		return true;
	}
	const credential = run.options.credentialOf?.(model, deployment);
	if (credential === undefined || !run.refusedCredentials.has(credential)) return false;
	const message = `The credential or quota of ${credential} failed earlier in this request.`;
	recordSkip(run, target, { message, failure: 'authentication' });
	return true;
}

function fail(run: ChainRun<unknown>): never {
	if (!fitsDeadline(run, 0)) throw deadlinePassed(run.lastError);
	throw new AllModelsFailedError(run.history, run.lastError);
}
