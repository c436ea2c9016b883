import type { ServerResponse } from 'node:http';
import type { GatewayConfig } from '../../config/index.ts';
import type { Cancellation, Clock } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { Canceller, clamp, LiveSet, startTimer } from '../../util/index.ts';

/** How many requests one process takes on. */
type QueueLimits = Pick<GatewayConfig['limits'], 'maxConcurrent' | 'maxQueued' | 'queueTimeoutMs'>;

/** How a request waits. */
interface AcquireOptions {
	/** 1 to 5, 5 first. @default 3 */
	priority?: number | undefined;
	/** Aborts when the caller disconnects: the request leaves the queue. */
	signal?: Cancellation | undefined;
	/** Milliseconds it waits at most; the queue's own limit holds too. */
	timeoutMs?: number | undefined;
}

/** Permission to serve one request. */
export interface Permit {
	readonly waitedMs: number;
	/** Passes it on to the next request. Idempotent. */
	release(): void;
}

interface Waiter {
	/** Lowest first. */
	rank: number;
	/** On the monotonic clock. */
	arrivedAt: number;
	admit(permit: Permit): void;
	reject(error: Error): void;
}

const DEFAULT_PRIORITY = 3;
const HIGHEST_PRIORITY = 5;
const MIN_RETRY_AFTER_MS = 1000;
const MAX_RETRY_AFTER_MS = 60_000;
/** Weight of the newest request in the moving average of service times. */
const NEWEST_SERVICE_WEIGHT = 0.1;

/**
 * Admits `maxConcurrent` requests at once; the others wait, by priority and then by arrival. One step of priority is
 * worth a fifth of the longest wait: a request that has waited four fifths of it precedes all that come later, so none
 * starves.
 */
export class AdmissionQueue {
	#limits: QueueLimits;
	readonly #clock: Clock;
	/** In the order in which they are admitted. */
	readonly #waiting: Waiter[] = [];
	#running = 0;
	#meanServiceMs = MIN_RETRY_AFTER_MS;
	#isClosed = false;

	constructor(limits: QueueLimits, clock: Clock) {
		this.#limits = limits;
		this.#clock = clock;
	}

	/** Requests served now. */
	get running(): number {
		return this.#running;
	}

	/** No request is admitted any more. */
	get isClosed(): boolean {
		return this.#isClosed;
	}

	/** Requests that wait now. */
	get waiting(): number {
		return this.#waiting.length;
	}

	/** A permit, or `null` when none is free: then `acquire`. Skips nobody: while requests wait, no permit is free. */
	tryAcquire(): Permit | null {
		if (this.#isClosed || this.#running >= this.#limits.maxConcurrent) return null;
		return this.#grant(0);
	}

	/**
	 * A permit, at once or after a wait. Release it in a `finally`.
	 * @throws RequestRefusedError (`ROUTER_OVERLOADED`) with the time to wait, when too many wait or the wait was too long
	 * @throws the signal's reason
	 */
	async acquire(options: AcquireOptions = {}): Promise<Permit> {
		if (options.signal?.aborted) throw options.signal.reason;
		this.rejectWhenFull();
		return this.tryAcquire() ?? (await this.#wait(options));
	}

	/** Rejects a request that could not even wait, before its body is read. @throws RequestRefusedError (`ROUTER_OVERLOADED`) */
	rejectWhenFull(): void {
		if (this.#isClosed) throw this.#overloaded('This gateway is about to stop.');
		const { maxConcurrent, maxQueued } = this.#limits;
		if (this.#running < maxConcurrent || this.#waiting.length < maxQueued) return;
		throw this.#overloaded(
			`${maxConcurrent} requests are served and ${maxQueued} wait, the most this gateway takes on.`,
		);
	}

	/** Replaces the limits. Requests that are served or wait already are kept, even beyond lower limits. */
	configure(limits: QueueLimits): void {
		this.#limits = limits;
		this.#admitWaiting();
	}

	/** Admits nothing more and rejects those that wait; those being served go on. */
	close(): void {
		this.#isClosed = true;
		for (const waiter of this.#waiting.splice(0)) waiter.reject(this.#overloaded('This gateway is about to stop.'));
	}

	async #wait(options: AcquireOptions): Promise<Permit> {
		const { queueTimeoutMs } = this.#limits;
		const priority = clamp(options.priority ?? DEFAULT_PRIORITY, 1, HIGHEST_PRIORITY);
		const arrivedAt = this.#clock.monotonic();
		const { promise, resolve, reject } = Promise.withResolvers<Permit>();
		const rank = arrivedAt - (priority * queueTimeoutMs) / HIGHEST_PRIORITY;
		const waiter: Waiter = { rank, arrivedAt, admit: resolve, reject };
		// behind those of the same rank, which came earlier
		this.#waiting.splice(this.#waiting.findLastIndex(({ rank }) => rank <= waiter.rank) + 1, 0, waiter);
		const timeoutMs = Math.min(queueTimeoutMs, options.timeoutMs ?? queueTimeoutMs);
		const onAbort = () => {
			if (this.#leave(waiter)) reject(options.signal?.reason);
		};
		options.signal?.addEventListener('abort', onAbort);
		const stopTimer = startTimer(this.#clock, timeoutMs, () => {
			if (this.#leave(waiter)) reject(this.#overloaded(`No place became free within ${Math.round(timeoutMs)} ms.`));
		});
		try {
			return await promise;
		} finally {
			stopTimer();
			options.signal?.removeEventListener('abort', onAbort);
		}
	}

	/** False when it was admitted or rejected before. */
	#leave(waiter: Waiter): boolean {
		const index = this.#waiting.indexOf(waiter);
		if (index !== -1) this.#waiting.splice(index, 1);
		return index !== -1;
	}

	#grant(waitedMs: number): Permit {
		this.#running += 1;
		const startedAt = this.#clock.monotonic();
		let isReleased = false;
		return {
			waitedMs,
			release: () => {
				if (isReleased) return;
				isReleased = true;
				this.#running -= 1;
				const serviceMs = this.#clock.monotonic() - startedAt;
				this.#meanServiceMs += (serviceMs - this.#meanServiceMs) * NEWEST_SERVICE_WEIGHT;
				this.#admitWaiting();
			},
		};
	}

	#admitWaiting(): void {
		while (this.#running < this.#limits.maxConcurrent) {
			const next = this.#waiting.shift();
			if (next === undefined) return;
			next.admit(this.#grant(this.#clock.monotonic() - next.arrivedAt));
		}
	}

	/** `retry-after` is about the time in which the queue ahead is served: a request before that would be rejected again. */
	#overloaded(cause: string): RequestRefusedError {
		const turns = (this.#waiting.length + 1) / Math.max(1, this.#limits.maxConcurrent);
		const retryAfterMs = Math.ceil(clamp(turns * this.#meanServiceMs, MIN_RETRY_AFTER_MS, MAX_RETRY_AFTER_MS));
		const message = `${cause} Ask again in ${Math.ceil(retryAfterMs / 1000)} s.`;
		return new RequestRefusedError('ROUTER_OVERLOADED', message, { retryAfterMs });
	}
}

/** `whole`: everything was sent; `broken`: its end is an error, whatever its status. */
type StreamEnding = 'whole' | 'broken';

/** The requests being answered, so that those that outlast the drain timeout can be aborted when the gateway stops. */
export class InFlightRequests {
	/** At most as many as there are connections. */
	readonly #requests = new LiveSet<Canceller>();
	/** How streams ended that have ended. */
	readonly #endings = new WeakMap<ServerResponse, StreamEnding>();

	get size(): number {
		return this.#requests.size;
	}

	/** How a stream ended, as soon as it is known; `undefined` for one that is under way, and for every other answer. */
	endingOf(response: ServerResponse): StreamEnding | undefined {
		return this.#endings.get(response);
	}

	/** Nothing of a stream is left to be sent: a caller that closes its connection from now on has not left. */
	end(response: ServerResponse, ending: StreamEnding): void {
		this.#endings.set(response, ending);
	}

	/** Is cancelled when the caller disconnects before the answer is sent, or with `abortAll`. */
	track(response: ServerResponse): Canceller {
		const request = new Canceller();
		// A response that is closed already emits no further `close`.
		if (response.destroyed) {
			request.abort(new Error('The caller left.'));
			return request;
		}
		const place = this.#requests.add(request);
		response.on('close', () => {
			this.#requests.delete(request, place);
			if (!response.writableFinished && !this.#endings.has(response)) request.abort(new Error('The caller left.'));
		});
		return request;
	}

	/** Aborts them all; their callers get the reason. */
	abortAll(reason: Error): void {
		for (const request of this.#requests.values()) request.abort(reason);
	}
}
