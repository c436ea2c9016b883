import type { Clock } from '../contracts/index.ts';

/** How long an answer may stay silent, in milliseconds. */
export interface Patience {
	/** Until the first output. */
	firstOutputMs: number;
	/** Between two signs of life after it. */
	idleMs: number;
}

/** Milliseconds a complete answer's connection is given to end. */
const LAST_WORD_MS = 2_000;

/** Why a wait ended early; made once, for an error's stack takes as long as a small request. */
const STOPPED = new Error('The answer is over.');

/**
 * Watches that an answer begins and goes on. A sign of life only notes the time: one timer runs at a time, however many
 * events a stream has.
 */
export class Watchdog {
	readonly #clock: Clock;
	readonly #patience: Patience;
	readonly #timer = new AbortController();
	readonly #onSilence: (kind: 'first-output' | 'idle', waitedMs: number) => void;
	readonly #startedAt: number;
	#lastSign = 0;
	#hasOutput = false;
	#isEnding = false;

	constructor(clock: Clock, patience: Patience, onSilence: (kind: 'first-output' | 'idle', waitedMs: number) => void) {
		this.#clock = clock;
		this.#patience = patience;
		this.#onSilence = onSilence;
		this.#startedAt = clock.monotonic();
		this.#wait(patience.firstOutputMs);
	}

	/** The answer goes on; `isOutput`: with output. */
	sign(isOutput: boolean): void {
		this.#lastSign = this.#clock.monotonic();
		this.#hasOutput ||= isOutput;
	}

	/** The answer is whole: what may still come (usage, a last word) is waited for a moment only. */
	hurry(): void {
		this.#lastSign = this.#clock.monotonic();
		this.#hasOutput = true;
		this.#isEnding = true;
		this.#wait(LAST_WORD_MS);
	}

	/** It is over. */
	stop(): void {
		this.#timer.abort(STOPPED);
	}

	#idleMs(): number {
		return this.#isEnding ? Math.min(LAST_WORD_MS, this.#patience.idleMs) : this.#patience.idleMs;
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
