import { resolveLatency } from '../../catalog/index.ts';
import type { GatewayStreamConfig } from '../../config/index.ts';
import type { Clock, ModelProfile, TaskDescriptor } from '../../contracts/index.ts';

/** How long an answer may stay silent, in milliseconds. */
export interface AttemptTimeouts {
	/** Until the first output. */
	firstOutputMs: number;
	/** Between two signs of life after it. */
	idleMs: number;
}

/** Milliseconds a complete answer's connection is given to end. */
const STREAM_END_GRACE_MS = 2_000;

/** Why a wait ended early; made once, for an error's stack takes as long as a small request. */
const STOPPED = new Error('The answer is over.');

/**
 * Watches that an answer begins and goes on. A sign of life only notes the time: one timer runs at a time, however many
 * events a stream has.
 */
export class InactivityTimer {
	readonly #clock: Clock;
	readonly #patience: AttemptTimeouts;
	readonly #timer = new AbortController();
	readonly #onSilence: (kind: 'first-output' | 'idle', waitedMs: number) => void;
	readonly #startedAt: number;
	#lastSign = 0;
	#hasOutput = false;
	#isEnding = false;

	constructor(
		clock: Clock,
		patience: AttemptTimeouts,
		onSilence: (kind: 'first-output' | 'idle', waitedMs: number) => void,
	) {
		this.#clock = clock;
		this.#patience = patience;
		this.#onSilence = onSilence;
		this.#startedAt = clock.monotonic();
		this.#wait(patience.firstOutputMs);
	}

	/** The answer goes on; `isOutput`: with output. */
	touch(isOutput: boolean): void {
		this.#lastSign = this.#clock.monotonic();
		this.#hasOutput ||= isOutput;
	}

	/** The answer is whole: what may still come (usage, a last word) is waited for a moment only. */
	startGracePeriod(): void {
		this.#lastSign = this.#clock.monotonic();
		this.#hasOutput = true;
		this.#isEnding = true;
		this.#wait(STREAM_END_GRACE_MS);
	}

	/** It is over. */
	stop(): void {
		this.#timer.abort(STOPPED);
	}

	#idleMs(): number {
		return this.#isEnding ? Math.min(STREAM_END_GRACE_MS, this.#patience.idleMs) : this.#patience.idleMs;
	}

	#wait(ms: number): void {
		if (ms === Number.POSITIVE_INFINITY) return;
		this.#clock.sleep(ms, this.#timer.signal).then(
			() => this.#look(),
			// Only `stop` ends a wait early: nobody is listening any more.
			() => undefined,
		);
	}

	#look(): void {
		if (this.#timer.signal.aborted) return;
		const since = this.#hasOutput ? this.#lastSign : this.#startedAt;
		const patience = this.#hasOutput ? this.#idleMs() : this.#patience.firstOutputMs;
		const silentMs = this.#clock.monotonic() - since;
		// Timers may fire a little early: what is left is waited for.
		if (silentMs < patience) this.#wait(Math.max(1, patience - silentMs));
		else this.#onSilence(this.#hasOutput ? 'idle' : 'first-output', silentMs);
	}
}

/** How many times its usual time a model is given before it counts as silent. */
const TTFT_TIMEOUT_FACTOR = 3;
/** Milliseconds a model that was asked to think is given before its first output: some think unseen. */
const THINKING_FIRST_OUTPUT_MS = 120_000;

/** How long one attempt may stay silent. A whole answer comes at once: it is given the time its writing takes. */
export function resolveTimeouts(
	profile: ModelProfile,
	task: { descriptor: TaskDescriptor; isStream: boolean; asksToThink: boolean; maxOutputTokens: number | undefined },
	limits: { streams: GatewayStreamConfig; attemptTimeoutMs: number },
): AttemptTimeouts {
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const { firstOutputTimeoutMs, idleTimeoutMs } = limits.streams;
	const thinkingMs = task.asksToThink ? THINKING_FIRST_OUTPUT_MS : 0;
	if (task.isStream) {
		return {
			firstOutputMs: Math.max(firstOutputTimeoutMs, TTFT_TIMEOUT_FACTOR * ttftMs, thinkingMs),
			idleMs: idleTimeoutMs,
		};
	}
	const expected = task.descriptor.outputTokensInterval?.high ?? task.descriptor.estimatedOutputTokens;
	const tokens = Math.min(task.maxOutputTokens ?? Number.POSITIVE_INFINITY, expected);
	const writingMs = (tokens / outputTokensPerSecond) * 1000;
	const wholeMs = Math.max(limits.attemptTimeoutMs, TTFT_TIMEOUT_FACTOR * (ttftMs + writingMs), thinkingMs);
	return { firstOutputMs: wholeMs, idleMs: Math.max(idleTimeoutMs, limits.attemptTimeoutMs) };
}
