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

/**
 * Aborts the controller when the signal does, until the returned function is called. In place of `AbortSignal.any`: Node
 * keeps a combined signal for good while anybody listens to it, and client libraries seldom stop listening.
 */
export function followSignal(controller: AbortController, signal: AbortSignal): () => void {
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
