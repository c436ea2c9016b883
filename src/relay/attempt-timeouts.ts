import { resolveLatency } from '../catalog/index.ts';
import type { Clock, ModelProfile } from '../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError, StreamInterruptedError } from '../errors/index.ts';
import type { UpstreamTarget } from '../providers/index.ts';
import { startTimer } from '../util/index.ts';
import {
	getFirstOutputMs,
	getThinkingMs,
	LATENCY_TIMEOUT_FACTOR,
	type PatienceOptions,
	type ThinkingEffort,
} from './patience.ts';

/** How long an answer may stay silent, in milliseconds. */
export interface AttemptTimeouts {
	/** Until the first output. */
	firstOutputMs: number;
	/** Between two signs of life after it. */
	idleMs: number;
	/** Called once with the milliseconds that the first output took. */
	onFirstOutput?: ((waitedMs: number) => void) | undefined;
}

/** The configured timeouts of streams, in milliseconds. */
export interface StreamTimeouts {
	firstOutputTimeoutMs: number;
	idleTimeoutMs: number;
}

/** Milliseconds a connection may stay open after its answer is complete. */
const STREAM_END_GRACE_MS = 2_000;

/** The timeouts of a streamed attempt: the configured ones, longer for slow and for thinking models and for long prompts. */
export function resolveStreamTimeouts(
	profile: ModelProfile,
	{ firstOutputTimeoutMs, idleTimeoutMs }: StreamTimeouts,
	options: PatienceOptions,
): AttemptTimeouts {
	return { firstOutputMs: getFirstOutputMs(profile, options, firstOutputTimeoutMs), idleMs: idleTimeoutMs };
}

/** The timeouts of an attempt whose answer comes in one piece: it may take as long as writing the expected tokens takes. */
export function resolveWholeTimeouts(
	profile: ModelProfile,
	task: { outputTokens: number; effort: ThinkingEffort },
	limits: { attemptTimeoutMs: number; idleTimeoutMs: number },
): AttemptTimeouts {
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const writingMs = (task.outputTokens / outputTokensPerSecond) * 1000;
	const thinkingMs = getThinkingMs(profile, task.effort, limits.attemptTimeoutMs);
	return {
		firstOutputMs: Math.max(limits.attemptTimeoutMs, LATENCY_TIMEOUT_FACTOR * (ttftMs + writingMs), thinkingMs),
		idleMs: Math.max(limits.idleTimeoutMs, limits.attemptTimeoutMs),
	};
}

/** What was waited for in vain. */
export type InactivityKind = 'first-output' | 'idle';

/**
 * Watches that an answer begins and goes on. A touch only notes the time, and the timer looks at it when it fires: a stream
 * starts a few timers, however many events it has.
 */
export class InactivityTimer {
	readonly #clock: Clock;
	readonly #timeouts: AttemptTimeouts;
	readonly #onTimeout: (kind: InactivityKind, waitedMs: number) => void;
	readonly #startedAt: number;
	#touchedAt = 0;
	#hasOutput = false;
	#isEnding = false;
	#isStopped = false;
	/** Stops the timer of the latest wait. */
	#stopTimer: (() => void) | null = null;

	constructor(clock: Clock, timeouts: AttemptTimeouts, onTimeout: (kind: InactivityKind, waitedMs: number) => void) {
		this.#clock = clock;
		this.#timeouts = timeouts;
		this.#onTimeout = onTimeout;
		this.#startedAt = clock.monotonic();
		this.#wait(timeouts.firstOutputMs);
	}

	/** Something arrived. `isOutput`: it was output, so from now on the idle timeout counts. */
	touch(isOutput: boolean): void {
		this.#touchedAt = this.#clock.monotonic();
		if (!isOutput || this.#hasOutput) return;
		this.#hasOutput = true;
		this.#timeouts.onFirstOutput?.(this.#touchedAt - this.#startedAt);
		// The timer that runs may still wait for the first output for longer than this.
		if (this.#timeouts.idleMs < this.#timeouts.firstOutputMs) this.#wait(this.#timeouts.idleMs);
	}

	/** The answer is complete: trailing events (usage, an end marker) are waited for briefly. */
	startGracePeriod(): void {
		this.#touchedAt = this.#clock.monotonic();
		this.#hasOutput = true;
		this.#isEnding = true;
		this.#wait(this.#idleMs());
	}

	/** Stops watching. */
	stop(): void {
		this.#isStopped = true;
		this.#stopTimer?.();
	}

	#idleMs(): number {
		return this.#isEnding ? Math.min(STREAM_END_GRACE_MS, this.#timeouts.idleMs) : this.#timeouts.idleMs;
	}

	#wait(ms: number): void {
		if (ms === Number.POSITIVE_INFINITY || this.#isStopped) return;
		this.#stopTimer?.();
		this.#stopTimer = startTimer(this.#clock, ms, () => this.#check());
	}

	#check(): void {
		const since = this.#hasOutput ? this.#touchedAt : this.#startedAt;
		const allowedMs = this.#hasOutput ? this.#idleMs() : this.#timeouts.firstOutputMs;
		const silentMs = this.#clock.monotonic() - since;
		// Timers may fire a little early: what is left is waited for.
		if (silentMs < allowedMs) this.#wait(Math.max(1, allowedMs - silentMs));
		else this.#onTimeout(this.#hasOutput ? 'idle' : 'first-output', silentMs);
	}
}

/** Who answers a stream, as errors name it. */
export interface StreamSource {
	target: UpstreamTarget;
	/** The catalog's name of the model. */
	modelName: string;
}

/** A stream that ended before its answer was complete. `what` follows the provider's name. */
export function createInterruptedError(
	{ modelName, target }: StreamSource,
	what: string,
	options: { cause?: unknown; isSilence?: boolean } = {},
): StreamInterruptedError {
	return new StreamInterruptedError(`${target.provider} ${what} (${modelName}).`, options);
}

/** The error of an inactivity timeout; while the reader has taken nothing, the silence is the reader's. */
export function createSilenceError(
	source: StreamSource,
	{ kind, waitedMs, isReaderSlow }: { kind: InactivityKind; waitedMs: number; isReaderSlow: boolean },
): Error {
	const waited = Math.round(waitedMs);
	if (isReaderSlow) return new RequestAbortedError(`The caller took nothing of its answer for ${waited} ms.`);
	if (kind === 'first-output')
		return new AttemptTimeoutError(source.modelName, waited, '"gateway.streams.firstOutputTimeoutMs"');
	const what = `went silent for ${waited} ms in the middle of its answer`;
	return createInterruptedError(source, what, { isSilence: true });
}
