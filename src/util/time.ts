/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clock, in the shape of the `Clock` port. A sleep over 24.8 days ends then. */
export const MACHINE_CLOCK: {
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
