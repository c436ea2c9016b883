import type { FallbackResult, ModelName } from '../contracts/index.ts';
import { AllModelsFailedError } from '../errors/index.ts';
import { deadlinePassed, requestAborted } from './attempt-call.ts';
import { type ChainRun, countCalls, fitsDeadline } from './chain-run.ts';
import { recordSkip } from './record-attempt.ts';
import { pause, runModel } from './run-model.ts';

/** Asks one model after the other; those that rest are asked last, and waited for only when nothing else is left. */
export async function runChain<T>(run: ChainRun<T>): Promise<FallbackResult<T>> {
	const resting: ModelName[] = [];
	for (const model of run.chain) {
		if (isRuledOut(run, model)) continue;
		const availableAt = readyAt(run, model, { isLastResort: false });
		if (availableAt > run.ports.clock.now()) {
			recordRest(run, model, availableAt);
			resting.push(model);
			continue;
		}
		const answer = await askModel(run, model, 0);
		if (answer !== null) return answer;
	}
	return (await askResting(run, resting)) ?? fail(run);
}

/** The models that rest, the soonest first, as long as the wait is worth it. */
async function askResting<T>(run: ChainRun<T>, resting: ModelName[]): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	const patience = clock.monotonic() + run.policy.maxDelayMs;
	let waited = 0;
	let left = resting;
	while (left.length > 0) {
		left = left.filter((model) => !isRuledOut(run, model));
		const now = clock.now();
		const [soonest] = left
			.map((model) => ({ model, at: readyAt(run, model, { isLastResort: true }) }))
			.sort((one, other) => one.at - other.at);
		if (soonest === undefined) return null;
		const wait = soonest.at - now;
		if (wait > 0) {
			if (clock.monotonic() + wait > patience || !fitsDeadline(run, wait)) return null;
			await pause(run, wait);
			waited += wait;
			continue;
		}
		left = left.filter((model) => model !== soonest.model);
		const answer = await askModel(run, soonest.model, waited);
		if (answer !== null) return answer;
		waited = 0;
	}
	return null;
}

async function askModel<T>(run: ChainRun<T>, model: ModelName, delayMs: number): Promise<FallbackResult<T> | null> {
	const { clock } = run.ports;
	if (run.options.signal?.aborted) throw requestAborted(run.options.signal);
	if (!fitsDeadline(run, 0)) throw deadlinePassed(run.lastError);
	const answer = await runModel(run, model, delayMs);
	if (answer === null) return null;
	return {
		value: answer.value,
		model,
		usedFallback: model !== run.chain[0],
		attempts: countCalls(run.history),
		totalTime: clock.monotonic() - run.startedAt,
		errors: run.errors,
		history: run.history,
	};
}

/** Epoch milliseconds from which the model may be asked. As a last resort only a time the provider told and an open circuit hold. */
function readyAt(run: ChainRun<unknown>, model: ModelName, { isLastResort }: { isLastResort: boolean }): number {
	const { breaker, clock, cooldowns } = run.ports;
	const now = clock.now();
	const cooldown = cooldowns.find(model, now);
	const rests = cooldown !== undefined && (cooldown.isTold || !isLastResort) ? cooldown.until : 0;
	return Math.max(rests, breaker.availableAt(model, now));
}

function recordRest(run: ChainRun<unknown>, model: ModelName, availableAt: number): void {
	const { clock, cooldowns } = run.ports;
	const cooldown = cooldowns.find(model, clock.now());
	const cause =
		cooldown === undefined ? 'because its calls kept failing' : `because of its last failure (${cooldown.failure})`;
	const message = `Not asked until ${new Date(availableAt).toISOString()}, ${cause}.`;
	recordSkip(run, model, cooldown === undefined ? { message } : { message, failure: cooldown.failure });
}

/** What this very request has learned keeps it from asking a model in vain. */
function isRuledOut(run: ChainRun<unknown>, model: ModelName): boolean {
	const window = run.options.contextWindowOf?.(model);
	if (window !== undefined && window < run.minContextWindow) {
		const message = `The request does not fit the ${window} tokens of ${model}.`;
		recordSkip(run, model, { message, failure: 'context-too-long' });
		return true;
	}
	const provider = run.options.providerOf?.(model);
	if (provider === undefined || !run.refusedProviders.has(provider)) return false;
	const message = `The credential or quota of ${provider} failed earlier in this request.`;
	recordSkip(run, model, { message, failure: 'authentication' });
	return true;
}

function fail(run: ChainRun<unknown>): never {
	if (!fitsDeadline(run, 0)) throw deadlinePassed(run.lastError);
	throw new AllModelsFailedError(run.history, run.lastError);
}
