import type { Clock, ModelName } from '../contracts/index.ts';
import { AttemptTimeoutError, RequestAbortedError } from '../errors/index.ts';

/** The limits of one call. */
export interface AttemptLimits {
	model: ModelName;
	timeoutMs: number;
	/** End of the whole request on the monotonic clock; `Infinity` when it has none. */
	deadlineAt: number;
	/** The caller's. */
	signal?: AbortSignal;
}

/** Why a timer ended early; made once, for an error's stack takes as long as a small request. */
const ENDED = new Error('The call is over.');

/** The caller's abort as this package's error. */
export function requestAborted(signal: AbortSignal): RequestAbortedError {
	return new RequestAbortedError('The request was aborted by its caller.', { cause: signal.reason });
}

/** The end of the request's time as this package's error. */
export function deadlinePassed(cause?: unknown): RequestAbortedError {
	return new RequestAbortedError(
		'The deadline of the request passed before a model answered. Allow it more time, or fewer models.',
		{ cause },
	);
}

/**
 * Makes one call and ends with it, with its timeout, with the request's deadline or with the caller's abort,
 * whichever is first. The call's signal aborts in the last three; what the call does after that is ignored.
 * @throws AttemptTimeoutError, RequestAbortedError, or what the call threw.
 */
export async function attemptCall<T>(
	call: (signal: AbortSignal) => Promise<T>,
	limits: AttemptLimits,
	clock: Clock,
): Promise<T> {
	const { signal } = limits;
	if (signal?.aborted) throw requestAborted(signal);
	const remaining = limits.deadlineAt - clock.monotonic();
	if (remaining <= 0) throw deadlinePassed();
	const cut = new AbortController();
	const timer = new AbortController();
	// A combined signal, not a listener: a stream that outlives the call still hears its caller leave.
	const callSignal = signal === undefined ? cut.signal : AbortSignal.any([signal, cut.signal]);
	const leave = Promise.withResolvers<never>();
	const onAbort = () => {
		if (signal !== undefined) leave.reject(requestAborted(signal));
	};
	signal?.addEventListener('abort', onAbort, { once: true });
	let isOver = false;
	const onExpiry = () => {
		if (isOver) return;
		const error =
			remaining < limits.timeoutMs ? deadlinePassed() : new AttemptTimeoutError(limits.model, limits.timeoutMs);
		leave.reject(error);
		cut.abort(error);
	};
	const limit = Math.min(limits.timeoutMs, remaining);
	// A rejected sleep is the timer being cancelled below: the call ended first.
	if (limit !== Number.POSITIVE_INFINITY) clock.sleep(limit, timer.signal).then(onExpiry, () => undefined);
	try {
		// `race` listens to the call to its end, so that a late rejection is never unhandled.
		return await Promise.race([leave.promise, startCall(call, callSignal)]);
	} catch (error) {
		throw signal?.aborted ? requestAborted(signal) : error;
	} finally {
		isOver = true;
		timer.abort(ENDED);
		signal?.removeEventListener('abort', onAbort);
	}
}

/** A function that throws instead of rejecting is no exception. */
async function startCall<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
	return await call(signal);
}
