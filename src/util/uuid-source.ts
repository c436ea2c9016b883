const VERSION_7 = 0x70;
const VARIANT_RFC = 0x80;

const RANDOM_BYTES = 10;
/** Ids whose random bits are drawn at once: a draw costs much the same for one as for all of them. */
const POOLED = 128;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/**
 * Makes UUIDs of version 7 (RFC 9562): 48 bits of time, so that they sort by it, and 74 random bits.
 * `now` gives epoch milliseconds.
 */
export function createUuidSource(now: () => number): { next(): string } {
	const pool = new Uint8Array(POOLED * RANDOM_BYTES);
	let used = POOLED;
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
			const time = Math.max(0, Math.floor(now())).toString(16).padStart(12, '0').slice(-12);
			let random = '';
			for (const byte of bytes) random += HEX[byte];
			return `${time.slice(0, 8)}-${time.slice(8)}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`;
		},
	};
}
