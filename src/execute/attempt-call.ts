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
	const leave = Promise.withResolvers<never>();
	const limitMs = Math.min(limits.timeoutMs, remaining);
	const expiry = startExpiry(limitMs, clock, () => {
		const error =
			remaining < limits.timeoutMs ? deadlinePassed() : new AttemptTimeoutError(limits.model, limits.timeoutMs);
		leave.reject(error);
		return error;
	});
	const onAbort = () => {
		if (signal !== undefined) leave.reject(requestAborted(signal));
	};
	signal?.addEventListener('abort', onAbort, { once: true });
	try {
		// `race` listens to the call to its end, so that a late rejection is never unhandled.
		return await Promise.race([leave.promise, startCall(call, callSignalOf(signal, expiry))]);
	} catch (error) {
		throw signal?.aborted ? requestAborted(signal) : error;
	} finally {
		expiry?.cancel();
		signal?.removeEventListener('abort', onAbort);
	}
}

/** Time that runs for one call. */
interface Expiry {
	/** Aborts with the error when the time is up. */
	signal: AbortSignal;
	cancel(): void;
}

/** Lets the time run; `null` where there is no limit. `onExpiry` gives the error that says so. */
function startExpiry(limitMs: number, clock: Clock, onExpiry: () => Error): Expiry | null {
	if (limitMs === Number.POSITIVE_INFINITY) return null;
	const cut = new AbortController();
	const timer = new AbortController();
	let isOver = false;
	// A rejected sleep is the timer being cancelled below: the call ended first.
	clock.sleep(limitMs, timer.signal).then(
		() => {
			if (!isOver) cut.abort(onExpiry());
		},
		() => undefined,
	);
	const cancel = () => {
		isOver = true;
		timer.abort(ENDED);
	};
	return { signal: cut.signal, cancel };
}

/** What the call hears. A combined signal, not a listener: a stream that outlives the call still hears its caller leave. */
function callSignalOf(signal: AbortSignal | undefined, expiry: Expiry | null): AbortSignal {
	if (expiry === null) return signal ?? new AbortController().signal;
	return signal === undefined ? expiry.signal : AbortSignal.any([signal, expiry.signal]);
}

/** A function that throws instead of rejecting is no exception. */
async function startCall<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
	return await call(signal);
}
