import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds between two looks at the clock. */
const RESOLUTION_MS = 20;
const NANO_PER_SECOND = 1e9;
const MS_PER_SECOND = 1000;

/** How late the event loop is, between one reading and the next. Measured from the first reading on: who asks pays. */
export class LoopLag {
	#histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

	/** Seconds of lag by quantile since the reading before; nothing at the first. */
	read(): ReadonlyArray<readonly [labels: string[], seconds: number]> {
		if (this.#histogram === null) {
			this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
			this.#histogram.enable();
			return [];
		}
		const histogram = this.#histogram;
		if (histogram.count === 0) return [];
		// What is measured is the time between two looks: the part beyond the resolution is lag.
		const lag = (nanoseconds: number) => Math.max(0, nanoseconds / NANO_PER_SECOND - RESOLUTION_MS / MS_PER_SECOND);
		const samples = [50, 90, 99].map((percent): [string[], number] => [
			[String(percent / 100)],
			lag(histogram.percentile(percent)),
		]);
		samples.push([['1'], lag(histogram.max)]);
		histogram.reset();
		return samples;
	}

	/** Measures no more. */
	close(): void {
		this.#histogram?.disable();
		this.#histogram = null;
	}
}
