import type { Cancellation, Clock } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';
import { Canceller, startTimer } from '../../util/index.ts';

/**
 * A signal for a request whose answer is stored for its idempotency key. A caller that leaves (a lost connection, an
 * impatient client) comes back with the same key, so the answer may be completed within the grace period instead of being
 * paid for in part, and then once again. Call `dispose` when the request is over.
 */
export function createGraceSignal(
	departure: Cancellation,
	{ clock, gracePeriodMs }: { clock: Clock; gracePeriodMs: number },
): { signal: Cancellation; dispose(): void } {
	const request = new Canceller();
	let stopTimer: (() => void) | null = null;
	const onDeparture = (): void => {
		const abort = (): void => request.abort(departure.reason);
		// The gateway aborted the request because it stops: there is no process left to come back to.
		if (isRouterError(departure.reason)) abort();
		else stopTimer = startTimer(clock, gracePeriodMs, abort);
	};
	if (departure.aborted) onDeparture();
	else departure.addEventListener('abort', onDeparture, { once: true });
	return {
		signal: request,
		dispose: () => {
			departure.removeEventListener('abort', onDeparture);
			stopTimer?.();
		},
	};
}
