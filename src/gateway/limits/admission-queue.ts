import type { Clock } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { clamp } from '../../util/index.ts';

/** What one process takes on at once. */
export interface QueueLimits {
	/** Requests served at once. */
	maxConcurrent: number;
	/** Requests that wait at most; more are refused. */
	maxQueued: number;
	/** Milliseconds a request waits at most. */
	queueTimeoutMs: number;
}

/** How a request waits. */
export interface AcquireOptions {
	/** 1 to 5, 5 first. @default 3 */
	priority?: number | undefined;
	/** The caller went away: the request leaves the queue. */
	signal?: AbortSignal | undefined;
	/** Milliseconds it waits at most, where that is less than the queue's. */
	timeoutMs?: number | undefined;
}

/** A place among the requests that are served. */
export interface Permit {
	readonly waitedMs: number;
	/** Gives the place to the next. Only the first call does anything. */
	release(): void;
}

interface Waiter extends Ranked {
	arrivedAt: number;
	admit(permit: Permit): void;
	refuse(error: Error): void;
}

const DEFAULT_PRIORITY = 3;
const HIGHEST_PRIORITY = 5;
const SHORTEST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;
/** Weight of the newest request in the mean time that one is served. */
const NEWEST_WEIGHT = 0.1;

/**
 * Lets in so many requests at once; the others wait, by priority and then by arrival. A step of priority is worth a
 * fifth of the longest wait: who has waited four fifths of it is before everyone who comes later, so nobody starves.
 */
export class AdmissionQueue {
	#limits: QueueLimits;
	readonly #clock: Clock;
	readonly #waiting = new RankedQueue<Waiter>();
	#running = 0;
	#arrivals = 0;
	#meanServedMs = SHORTEST_RETRY_MS;
	#isClosed = false;

	constructor(limits: QueueLimits, clock: Clock) {
		this.#limits = limits;
		this.#clock = clock;
	}

	/** Requests served now. */
	get running(): number {
		return this.#running;
	}

	/** It lets nobody in any more. */
	get isClosed(): boolean {
		return this.#isClosed;
	}

	/** Requests that wait now. */
	get waiting(): number {
		return this.#waiting.size;
	}

	/** A place when one is free and nobody waits for it; `null` else: then `enter`. */
	tryAcquire(): Permit | null {
		if (this.#isClosed || this.#running >= this.#limits.maxConcurrent) return null;
		return this.#permit(0);
	}

	/**
	 * A place, at once or after a wait. Release it in a `finally`.
	 * @throws RequestRefusedError (`ROUTER_OVERLOADED`) with the time to wait, when too many wait or the wait was too long
	 * @throws the signal's reason
	 */
	async acquire(options: AcquireOptions = {}): Promise<Permit> {
		options.signal?.throwIfAborted();
		this.rejectWhenFull();
		return this.tryAcquire() ?? (await this.#wait(options));
	}

	/** Refuses who could not even wait now, before anything is done for it. @throws RequestRefusedError (`ROUTER_OVERLOADED`) */
	rejectWhenFull(): void {
		if (this.#isClosed) throw this.#refusal('This gateway is about to stop.');
		const { maxConcurrent, maxQueued } = this.#limits;
		if (this.#running < maxConcurrent || this.#waiting.size < maxQueued) return;
		throw this.#refusal(`${maxConcurrent} requests are served and ${maxQueued} wait, the most this gateway takes on.`);
	}

	/** Other limits, from now on; nobody who is in or waits is sent away. */
	configure(limits: QueueLimits): void {
		this.#limits = limits;
		this.#admitWaiting();
	}

	/** Nobody is let in any more, who waits is refused; who is in goes on. */
	close(): void {
		this.#isClosed = true;
		for (let waiter = this.#waiting.shift(); waiter !== undefined; waiter = this.#waiting.shift())
			waiter.refuse(this.#refusal('This gateway is about to stop.'));
	}

	async #wait(options: AcquireOptions): Promise<Permit> {
		const { queueTimeoutMs } = this.#limits;
		const priority = clamp(options.priority ?? DEFAULT_PRIORITY, 1, HIGHEST_PRIORITY);
		const arrivedAt = this.#clock.monotonic();
		const { promise, resolve, reject } = Promise.withResolvers<Permit>();
		const waiter: Waiter = {
			rank: arrivedAt - (priority * queueTimeoutMs) / HIGHEST_PRIORITY,
			order: this.#arrivals++,
			index: -1,
			arrivedAt,
			admit: resolve,
			refuse: reject,
		};
		this.#waiting.push(waiter);
		const timeoutMs = Math.min(queueTimeoutMs, options.timeoutMs ?? queueTimeoutMs);
		const timer = new AbortController();
		const leave = () => {
			if (this.#waiting.remove(waiter)) reject(options.signal?.reason);
		};
		options.signal?.addEventListener('abort', leave, { once: true });
		this.#clock.sleep(timeoutMs, timer.signal).then(
			() => {
				if (this.#waiting.remove(waiter))
					reject(this.#refusal(`No place became free within ${Math.round(timeoutMs)} ms.`));
			},
			// aborted below, when the wait is over
			() => {},
		);
		try {
			return await promise;
		} finally {
			timer.abort();
			options.signal?.removeEventListener('abort', leave);
		}
	}

	#permit(waitedMs: number): Permit {
		this.#running += 1;
		const startedAt = this.#clock.monotonic();
		let isReleased = false;
		return {
			waitedMs,
			release: () => {
				if (isReleased) return;
				isReleased = true;
				this.#running -= 1;
				const servedMs = this.#clock.monotonic() - startedAt;
				this.#meanServedMs += (servedMs - this.#meanServedMs) * NEWEST_WEIGHT;
				this.#admitWaiting();
			},
		};
	}

	#admitWaiting(): void {
		while (this.#running < this.#limits.maxConcurrent) {
			const next = this.#waiting.shift();
			if (next === undefined) return;
			next.admit(this.#permit(this.#clock.monotonic() - next.arrivedAt));
		}
	}

	/** Those who wait take about this long; whoever comes back earlier is refused again. */
	#refusal(happened: string): RequestRefusedError {
		const turns = (this.#waiting.size + 1) / Math.max(1, this.#limits.maxConcurrent);
		const retryAfterMs = Math.ceil(clamp(turns * this.#meanServedMs, SHORTEST_RETRY_MS, LONGEST_RETRY_MS));
		const message = `${happened} Ask again in ${Math.ceil(retryAfterMs / 1000)} s.`;
		return new RequestRefusedError('ROUTER_OVERLOADED', message, { retryAfterMs });
	}
}

/** Something that stands in a `RankedQueue`. */
export interface Ranked {
	/** Lowest first. */
	readonly rank: number;
	/** Decides between equal ranks, lowest first; unique. */
	readonly order: number;
	/** Its place; kept by the queue, -1 outside. */
	index: number;
}

function isBefore(a: Ranked, b: Ranked): boolean {
	return a.rank < b.rank || (a.rank === b.rank && a.order < b.order);
}

/** A binary heap whose members can leave from the middle: every change costs log n steps. */
class RankedQueue<Member extends Ranked> {
	readonly #members: Member[] = [];

	get size(): number {
		return this.#members.length;
	}

	push(member: Member): void {
		this.#place(member, this.#members.length);
		this.#rise(member);
	}

	/** Takes out the first; `undefined` when nobody is there. */
	shift(): Member | undefined {
		const first = this.#members[0];
		if (first !== undefined) this.remove(first);
		return first;
	}

	/** Takes a member out; false when it is not there. */
	remove(member: Member): boolean {
		const { index } = member;
		if (this.#members[index] !== member) return false;
		member.index = -1;
		const last = this.#members.pop();
		if (last === undefined || last === member) return true;
		this.#place(last, index);
		this.#rise(last);
		this.#sink(last);
		return true;
	}

	#place(member: Member, index: number): void {
		this.#members[index] = member;
		member.index = index;
	}

	#swap(one: Member, other: Member): void {
		const { index } = one;
		this.#place(one, other.index);
		this.#place(other, index);
	}

	#rise(member: Member): void {
		while (member.index > 0) {
			const parent = this.#members[(member.index - 1) >> 1];
			if (parent === undefined || !isBefore(member, parent)) return;
			this.#swap(member, parent);
		}
	}

	#sink(member: Member): void {
		for (;;) {
			const left = this.#members[member.index * 2 + 1];
			const right = this.#members[member.index * 2 + 2];
			const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
			if (child === undefined || !isBefore(child, member)) return;
			this.#swap(child, member);
		}
	}
}
