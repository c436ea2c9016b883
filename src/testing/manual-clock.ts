import { setImmediate as runPending } from 'node:timers/promises';
import type { Clock } from '../contracts/index.ts';

interface Sleeper {
	dueAt: number;
	wake: () => void;
}

/** More wake-ups than a wait needs: beyond this `settle` throws instead of hanging the test. */
const MAX_STEPS = 100_000;

/**
 * A clock that stands still until a test moves it. Sleepers wake in the order of their time, then of their arrival, and
 * what one of them starts has run before the next one wakes.
 */
export class ManualClock implements Clock {
	readonly #sleepers = new Set<Sleeper>();
	#wallOffset: number;
	#elapsed = 0;

	/** `startAt` in epoch milliseconds. */
	constructor(startAt: number = Date.UTC(2026, 0, 1)) {
		this.#wallOffset = startAt;
	}

	now(): number {
		return this.#wallOffset + this.#elapsed;
	}

	monotonic(): number {
		return this.#elapsed;
	}

	/** Sleepers now: 0 after a request means that it left no timer behind. */
	get sleeping(): number {
		return this.#sleepers.size;
	}

	/** Sets the wall clock without time passing, as a correction of the machine's clock does. */
	setNow(epochMs: number): void {
		this.#wallOffset = epochMs - this.#elapsed;
	}

	sleep(ms: number, signal?: AbortSignal): Promise<void> {
		return new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const cancel = () => {
				this.#sleepers.delete(sleeper);
				reject(signal?.reason);
			};
			const sleeper: Sleeper = {
				dueAt: this.#elapsed + Math.max(0, ms),
				wake: () => {
					signal?.removeEventListener('abort', cancel);
					this.#sleepers.delete(sleeper);
					resolve();
				},
			};
			this.#sleepers.add(sleeper);
			signal?.addEventListener('abort', cancel, { once: true });
		});
	}

	/** Lets `ms` pass, waking everyone whose time comes. @throws RangeError for a time that cannot pass. */
	async advance(ms: number): Promise<void> {
		if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError(`Time cannot pass by ${ms} ms. Give 0 or more.`);
		const until = this.#elapsed + ms;
		await runPending();
		for (let next = this.#first(); next !== null && next.dueAt <= until; next = this.#first()) await this.#wake(next);
		this.#elapsed = until;
	}

	/**
	 * Lets as much time pass as the promise needs, and answers what it answers.
	 * @throws Error when the promise waits for something other than this clock.
	 */
	async settle<Value>(promise: Promise<Value>): Promise<Value> {
		let isSettled = false;
		const end = () => {
			isSettled = true;
		};
		promise.then(end, end);
		for (let step = 0; step < MAX_STEPS; step += 1) {
			await runPending();
			if (isSettled) return await promise;
			const next = this.#first();
			if (next === null) throw new Error('The promise is not settled and nobody sleeps on this clock.');
			await this.#wake(next);
		}
		throw new Error(`The promise is not settled after ${MAX_STEPS} wake-ups.`);
	}

	#first(): Sleeper | null {
		let first: Sleeper | null = null;
		for (const sleeper of this.#sleepers) if (first === null || sleeper.dueAt < first.dueAt) first = sleeper;
		return first;
	}

	async #wake(sleeper: Sleeper): Promise<void> {
		this.#elapsed = Math.max(this.#elapsed, sleeper.dueAt);
		sleeper.wake();
		await runPending();
	}
}
