import type { Clock } from '../contracts/index.ts';

/** The machine's clock. */
export const SYSTEM_CLOCK: Clock = {
	now: () => Date.now(),
	monotonic: () => performance.now(),
	sleep: (ms, signal) =>
		new Promise((resolve, reject) => {
			if (signal?.aborted) return reject(signal.reason);
			const finish = () => {
				signal?.removeEventListener('abort', cancel);
				resolve();
			};
			const timer = setTimeout(finish, ms);
			const cancel = () => {
				clearTimeout(timer);
				reject(signal?.reason);
			};
			signal?.addEventListener('abort', cancel, { once: true });
		}),
};
