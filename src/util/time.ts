/** Milliseconds in a second, a minute, an hour and a day (of 24 hours: days of a time zone may be longer or shorter). */
export const SECOND_MS = 1000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clock, in the shape of the `Clock` port. A sleep over 24.8 days ends then. */
export const SYSTEM_CLOCK: {
	now(): number;
	monotonic(): number;
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
} = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	sleep: (ms, signal) =>
		new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const cancel = () => {
				clearTimeout(timer);
				reject(signal?.reason);
			};
			const timer = setTimeout(
				() => {
					signal?.removeEventListener('abort', cancel);
					resolve();
				},
				Math.min(ms, LONGEST_TIMER_MS),
			);
			signal?.addEventListener('abort', cancel, { once: true });
		}),
};
