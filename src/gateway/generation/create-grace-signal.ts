import type { Clock } from '../../contracts/index.ts';
import { isRouterError } from '../../errors/index.ts';

/**
 * A signal for a request whose answer is stored for its idempotency key. A caller that leaves (a lost connection, an
 * impatient client) comes back with the same key, so the answer may be completed within the grace period instead of being
 * paid for in part, and then once again. Call `dispose` when the request is over.
 */
export function createGraceSignal(
	departure: AbortSignal,
	{ clock, gracePeriodMs }: { clock: Clock; gracePeriodMs: number },
): { signal: AbortSignal; dispose(): void } {
	const controller = new AbortController();
	const timer = new AbortController();
	const onDeparture = (): void => {
		// The gateway aborted the request because it stops: there is no process left to come back to.
		if (isRouterError(departure.reason)) {
			controller.abort(departure.reason);
			return;
		}
		clock.sleep(gracePeriodMs, timer.signal).then(
			() => controller.abort(departure.reason),
			// Disposed of before: there is nothing left to abort.
			() => {},
		);
	};
	if (departure.aborted) onDeparture();
	else departure.addEventListener('abort', onDeparture, { once: true });
	return {
		signal: controller.signal,
		dispose: () => {
			departure.removeEventListener('abort', onDeparture);
			timer.abort();
		},
	};
}
