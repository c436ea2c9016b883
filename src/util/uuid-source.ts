const VERSION_7 = 0x70;
const VARIANT_RFC = 0x80;

/**
 * Makes UUIDs of version 7 (RFC 9562): 48 bits of time, so that they sort by it, and 74 random bits.
 * `now` gives epoch milliseconds.
 */
export function createUuidSource(now: () => number): { next(): string } {
	const bytes = new Uint8Array(10);
	return {
		next() {
			globalThis.crypto.getRandomValues(bytes);
			bytes[0] = ((bytes[0] ?? 0) & 0x0f) | VERSION_7;
			bytes[2] = ((bytes[2] ?? 0) & 0x3f) | VARIANT_RFC;
			const time = Math.max(0, Math.floor(now())).toString(16).padStart(12, '0').slice(-12);
			let random = '';
			for (const byte of bytes) random += byte.toString(16).padStart(2, '0');
			return `${time.slice(0, 8)}-${time.slice(8)}-${random.slice(0, 4)}-${random.slice(4, 8)}-${random.slice(8)}`;
		},
	};
}
