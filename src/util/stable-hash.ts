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
