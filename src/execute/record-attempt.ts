import type { Attempt, FailureKind, ModelName } from '../contracts/index.ts';
import { maskSecrets } from '../util/index.ts';
import type { AttemptTarget } from './attempt-target.ts';
import type { ChainRun } from './chain-run.ts';
import type { ClassifiedFailure } from './classify-failure.ts';
import { type Cooldown, isLimit, toRateLimitInfo } from './cooldowns.ts';
import { readText } from './read-property.ts';

const MAX_MESSAGE = 300;

/** The first line of a failure's message, short and without secrets. */
export function failureMessage(error: unknown): string {
	const text = readText(error, 'message') ?? (typeof error === 'string' ? error : 'The call failed without a message.');
	return maskSecrets((text.split('\n', 1)[0] ?? '').slice(0, 4 * MAX_MESSAGE)).slice(0, MAX_MESSAGE);
}

/** Adds what happened to the history and says so. */
export function recordAttempt(run: ChainRun<unknown>, attempt: Attempt): void {
	run.history.push(attempt);
	run.ports.emit({ type: 'attempt-end', decisionId: run.options.decisionId ?? null, attempt });
}

/** The target as an attempt names it. */
export function namesOf({ model, deployment }: AttemptTarget): Pick<Attempt, 'model' | 'deployment'> {
	return deployment === null ? { model } : { model, deployment };
}

/** A target that was passed over, and the sentence that says why. */
export function recordSkip(
	run: ChainRun<unknown>,
	target: AttemptTarget,
	reason: { message: string; failure?: FailureKind },
): void {
	const startedAt = run.ports.clock.now();
	const at = { number: run.history.length + 1, startedAt, durationMs: 0, delayMs: 0 };
	const attempt: Attempt = { ...at, ...namesOf(target), outcome: 'skipped', ...reason };
	recordAttempt(run, attempt);
	run.left = { model: target.model, attempt };
}

/** The request goes on with another model: says so once, when that model is really called. */
export function recordFallback(run: ChainRun<unknown>, to: ModelName): void {
	const { left } = run;
	run.left = null;
	if (left === null || left.model === to) return;
	const decisionId = run.options.decisionId ?? null;
	run.ports.emit({ type: 'fallback-triggered', decisionId, from: left.model, to, attempt: left.attempt });
}

/** Lets a target rest as its failure asks, and says so when a limit was met. `restMs`: how long. */
export function restTarget(
	run: Pick<ChainRun<unknown>, 'ports' | 'options'>,
	target: AttemptTarget,
	rest: { failure: ClassifiedFailure; restMs: number; message: string },
): Cooldown {
	const { clock, cooldowns, emit } = run.ports;
	const now = clock.now();
	const { kind, limit = Number.NaN, remaining = 0 } = rest.failure;
	const isTold = rest.failure.retryAfterMs !== undefined;
	const cooldown: Cooldown = { since: now, until: now + rest.restMs, failure: kind, isTold, limit, remaining };
	cooldowns.rest(target.key, cooldown, now);
	if (isLimit(cooldown)) {
		const decisionId = run.options.decisionId ?? null;
		emit({ type: 'rate-limit-hit', decisionId, limit: toRateLimitInfo(target.model, cooldown), message: rest.message });
	}
	return cooldown;
}
