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

/** JSON with keys in order: equal data, equal text. `undefined` members are left out. */
export function stableStringify(value: unknown): string {
	return (
		(JSON.stringify(value, (_key, member: unknown) => {
			if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
			if (member instanceof Map) return [...member].sort();
			if (member instanceof Set) return [...member].sort();
			return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
		}) as string | undefined) ?? 'undefined'
	);
}

/** A 53-bit hash of a text (cyrb53, public domain), as 14 hexadecimal digits. Not for secrets. */
export function hashText(text: string, seed = 0): string {
	let high = 0xdeadbeef ^ seed;
	let low = 0x41c6ce57 ^ seed;
	for (let index = 0; index < text.length; index += 1) {
		const code = text.charCodeAt(index);
		high = Math.imul(high ^ code, 2654435761);
		low = Math.imul(low ^ code, 1597334677);
	}
	high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
	low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
	return (4294967296 * (2097151 & low) + (high >>> 0)).toString(16).padStart(14, '0');
}

/** Same data, same hash, whatever the order of its keys. */
export function stableHash(value: unknown): string {
	return hashText(stableStringify(value));
}
