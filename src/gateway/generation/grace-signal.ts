import type { Clock } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';

/** How long an answer is worked on for a caller that has left. */
export interface GraceSignalOptions {
	clock: Clock;
	lingerMs: number;
}

/**
 * A signal for a request whose answer is kept: a caller that leaves (a lost connection, an impatient client) comes back
 * for it, so that it is completed in `lingerMs` more instead of being paid for in part, and then once again. `end` when it is over.
 */
export function createGraceSignal(
	leaves: AbortSignal,
	{ clock, lingerMs }: GraceSignalOptions,
): { signal: AbortSignal; end(): void } {
	const cancel = new AbortController();
	const timer = new AbortController();
	const linger = (): void => {
		// The gateway cut it because it stops: nobody is left to complete it for.
		if (isRouterError(leaves.reason)) {
			cancel.abort(leaves.reason);
			return;
		}
		clock.sleep(lingerMs, timer.signal).then(
			() => cancel.abort(leaves.reason),
			// ended before: there is nothing left to cancel
			() => {},
		);
	};
	if (leaves.aborted) linger();
	else leaves.addEventListener('abort', linger, { once: true });
	return {
		signal: cancel.signal,
		end: () => {
			leaves.removeEventListener('abort', linger);
			timer.abort();
		},
	};
}
