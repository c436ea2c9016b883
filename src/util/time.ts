import { LiveSet } from './bounded-map.ts';

/** Milliseconds in a second. */
export const SECOND_MS = 1000;
/** Milliseconds in a minute. */
export const MINUTE_MS = 60_000;
/** Milliseconds in an hour. */
export const HOUR_MS = 3_600_000;
/** Milliseconds in 24 hours; a day of a time zone may be longer or shorter. */
export const DAY_MS = 86_400_000;

/** The longest delay a timer takes; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The machine's clock, in the shape of the `Clock` port. A sleep over 24.8 days ends then. */
export const SYSTEM_CLOCK: {
	now(): number;
	monotonic(): number;
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
	startTimer(ms: number, onEnd: () => void): () => void;
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
	startTimer: (ms, onEnd) => SHARED_TIMER.start(ms, onEnd),
};

/** Ends a sleep early; made once, because capturing a stack costs as much as a small request. */
const ENDED = new Error('The timer was stopped.');

/** Calls back once after `ms`, unless the returned function is called before; by the clock's own timers, else by its `sleep`. */
export function startTimer(
	clock: { sleep(ms: number, signal?: AbortSignal): Promise<void>; startTimer?: typeof SYSTEM_CLOCK.startTimer },
	ms: number,
	onEnd: () => void,
): () => void {
	if (clock.startTimer !== undefined) return clock.startTimer(ms, onEnd);
	const stop = new AbortController();
	clock.sleep(ms, stop.signal).then(
		() => {
			if (!stop.signal.aborted) onEnd();
		},
		// only the function below ends it early
		() => undefined,
	);
	return () => stop.abort(ENDED);
}

/** A timer that has not ended. `at`: on the monotonic clock. */
interface PendingTimer {
	at: number;
	onEnd: () => void;
	/** In the set. */
	place: number;
}

/**
 * The timers of this process behind one of the engine's: nearly all are stopped long before they end, as requests are answered
 * within their time. The engine's timer is set for the earliest of them, and stays when that one is stopped; none is left
 * running when no timer is pending.
 */
class SharedTimer {
	readonly #pending = new LiveSet<PendingTimer>();
	#timer: ReturnType<typeof setTimeout> | null = null;
	#firesAt = Number.POSITIVE_INFINITY;

	start(ms: number, onEnd: () => void): () => void {
		const timer = { at: performance.now() + ms, onEnd, place: -1 };
		timer.place = this.#pending.add(timer);
		if (timer.at < this.#firesAt) this.#set(timer.at);
		return () => {
			if (this.#pending.delete(timer, timer.place) && this.#pending.size === 0) this.#clear();
		};
	}

	#set(at: number): void {
		this.#clear();
		this.#firesAt = at;
		const ms = Math.min(Math.max(1, Math.ceil(at - performance.now())), LONGEST_TIMER_MS);
		this.#timer = setTimeout(() => this.#fire(), ms);
	}

	#clear(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		this.#firesAt = Number.POSITIVE_INFINITY;
	}

	#fire(): void {
		this.#clear();
		const now = performance.now();
		const ended = this.#pending
			.values()
			.filter(({ at }) => at <= now)
			.sort((one, other) => one.at - other.at);
		// another one's callback may stop it
		for (const timer of ended) if (this.#pending.delete(timer, timer.place)) callSafely(timer.onEnd);
		let next = Number.POSITIVE_INFINITY;
		for (const { at } of this.#pending.values()) next = Math.min(next, at);
		if (next < this.#firesAt) this.#set(next);
	}
}

/** Calls what others must not suffer from: an error is thrown where it is nobody's but the process's, as an event's is. */
function callSafely(call: () => void): void {
	try {
		call();
	} catch (error) {
		queueMicrotask(() => {
			throw error;
		});
	}
}

const SHARED_TIMER = new SharedTimer();

/** What ends a call early, as it is listened to here: an `AbortSignal` is one. */
interface Cancellable {
	readonly aborted: boolean;
	readonly reason: unknown;
	addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
	removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Ends a call early, as an `AbortController` does, for the tenth part of its cost: a request needs several, and nearly all end
 * unused. Listeners are called once, in the order in which they came. Where an `AbortSignal` is asked for, one is made.
 */
export class Canceller implements Cancellable {
	readonly #parent: Cancellable | null;
	#isCancelled = false;
	#reason: unknown;
	/** Each with what its parent calls. */
	readonly #listeners = new Map<() => void, () => void>();
	/** Of the signal that was asked for. */
	#controller: AbortController | null = null;
	#signal: AbortSignal | null = null;

	/** @param parent ends the call as well; it is listened to only while somebody listens here */
	constructor(parent: Cancellable | null = null) {
		this.#parent = parent;
	}

	get aborted(): boolean {
		return this.#isCancelled || this.#parent?.aborted === true;
	}

	get reason(): unknown {
		return this.#isCancelled ? this.#reason : this.#parent?.reason;
	}

	addEventListener(_type: 'abort', listener: () => void): void {
		if (this.aborted || this.#listeners.has(listener)) return;
		const call = (): void => {
			// one that was called before may have taken it away
			if (!this.#listeners.has(listener)) return;
			this.removeEventListener('abort', listener);
			callSafely(listener);
		};
		this.#listeners.set(listener, call);
		this.#parent?.addEventListener('abort', call, { once: true });
	}

	removeEventListener(_type: 'abort', listener: () => void): void {
		const call = this.#listeners.get(listener);
		if (call === undefined) return;
		this.#listeners.delete(listener);
		this.#parent?.removeEventListener('abort', call);
	}

	abort(reason: unknown): void {
		if (this.aborted) return;
		this.#isCancelled = true;
		this.#reason = reason;
		this.#controller?.abort(reason);
		for (const call of [...this.#listeners.values()]) call();
	}

	/** The same for who needs an `AbortSignal`. */
	get signal(): AbortSignal {
		this.#signal ??= this.#createSignal();
		return this.#signal;
	}

	#createSignal(): AbortSignal {
		const own = new AbortController();
		this.#controller = own;
		if (this.#isCancelled) own.abort(this.#reason);
		// combined, not followed: the parent may outlive many calls, and would keep their listeners
		return this.#parent === null ? own.signal : AbortSignal.any([toAbortSignal(this.#parent), own.signal]);
	}
}

/** The `AbortSignal` that aborts with a call's end: itself where it is one. */
export function toAbortSignal(source: Cancellable): AbortSignal {
	if (source instanceof AbortSignal) return source;
	if (source instanceof Canceller) return source.signal;
	const controller = new AbortController();
	followSignal(controller, source);
	return controller.signal;
}

/**
 * Aborts the controller when the signal does, until the returned function is called. In place of `AbortSignal.any`: Node
 * keeps a combined signal for good while anybody listens to it, and client libraries seldom stop listening.
 */
export function followSignal(controller: AbortController, signal: Cancellable): () => void {
	if (signal.aborted) {
		controller.abort(signal.reason);
		return () => {};
	}
	const follow = () => controller.abort(signal.reason);
	signal.addEventListener('abort', follow, { once: true });
	return () => signal.removeEventListener('abort', follow);
}

/** Instant (epoch ms) → what clocks in a time zone show, as the epoch ms at which UTC clocks show the same. */
export type LocalTime = (at: number) => number;

/** Readings of a time zone's clocks, daylight saving included. @throws RangeError for an unknown IANA name */
export function createLocalTime(timezone: string): LocalTime {
	// The default zone needs no formatter: the first one a process makes takes milliseconds.
	if (timezone === 'UTC') return (at) => at;
	const zone = new Intl.DateTimeFormat('en-US', {
		timeZone: timezone,
		calendar: 'gregory',
		numberingSystem: 'latn',
		hourCycle: 'h23',
		year: 'numeric',
		month: 'numeric',
		day: 'numeric',
		hour: 'numeric',
		minute: 'numeric',
		second: 'numeric',
	});
	return (at) => {
		const parts: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
		for (const part of zone.formatToParts(at)) parts[part.type] = Number(part.value);
		const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
		// The formatter stops at seconds; the rest is the same in every zone.
		return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000);
	};
}

/** The calendar day of a reading or of an instant in UTC: `2026-11-24`. */
export function toIsoDay(at: number): string {
	return new Date(at).toISOString().slice(0, 10);
}

const VERSION_7 = 0x70;
const VARIANT_RFC = 0x80;

const RANDOM_BYTES = 10;
/** Ids whose random bits are drawn at once: a draw costs much the same for one as for all of them. */
const POOLED = 128;
/** Where the digits of the time stand in an id, and the first digit of each random byte. */
const TIME_PLACES = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12];
const RANDOM_PLACES = [14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const DIGITS = Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));

/**
 * Makes UUIDs of version 7 (RFC 9562): 48 bits of time, so that they sort by it, and 74 random bits.
 * `now` gives epoch milliseconds.
 */
export function createUuidSource(now: () => number): { next(): string } {
	const pool = new Uint8Array(POOLED * RANDOM_BYTES);
	let used = POOLED;
	// Digits are replaced one by one, those of the time once a millisecond: joined texts are four times as dear.
	const codes = Array.from('00000000-0000-0000-0000-000000000000', (digit) => digit.charCodeAt(0));
	let writtenAt = 0;
	const writeTime = (at: number): void => {
		const digits = at.toString(16).padStart(TIME_PLACES.length, '0').slice(-TIME_PLACES.length);
		for (const [index, place] of TIME_PLACES.entries()) codes[place] = digits.charCodeAt(index);
		writtenAt = at;
	};
	const writeByte = (place: number, byte: number): void => {
		codes[place] = DIGITS[byte >> 4] ?? 0;
		codes[place + 1] = DIGITS[byte & 15] ?? 0;
	};
	return {
		next() {
			if (used === POOLED) {
				globalThis.crypto.getRandomValues(pool);
				used = 0;
			}
			const bytes = pool.subarray(used * RANDOM_BYTES, (used + 1) * RANDOM_BYTES);
			used += 1;
			bytes[0] = ((bytes[0] ?? 0) & 0x0f) | VERSION_7;
			bytes[2] = ((bytes[2] ?? 0) & 0x3f) | VARIANT_RFC;
			const at = Math.max(0, Math.floor(now()));
			if (at !== writtenAt) writeTime(at);
			for (let index = 0; index < RANDOM_BYTES; index += 1) writeByte(RANDOM_PLACES[index] ?? 0, bytes[index] ?? 0);
			return String.fromCharCode(...codes);
		},
	};
}
