/** Least-recently-used cache with a time to live; never holds more than `capacity` entries. */
export class BoundedCache<Key, Value> {
	readonly #entries = new Map<Key, { value: Value; expiresAt: number }>();
	readonly #dropOldest = createDropOldest(this.#entries);
	readonly #capacity: number;
	readonly #ttlMs: number;

	/** `ttlMs` counts from the last `set`; `Infinity` never expires. */
	constructor(capacity: number, ttlMs: number = Number.POSITIVE_INFINITY) {
		this.#capacity = capacity;
		this.#ttlMs = ttlMs;
	}

	get size(): number {
		return this.#entries.size;
	}

	get(key: Key, now: number): Value | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined) return undefined;
		this.#entries.delete(key);
		if (entry.expiresAt <= now) return undefined;
		this.#entries.set(key, entry);
		return entry.value;
	}

	set(key: Key, value: Value, now: number): void {
		this.#entries.delete(key);
		this.#entries.set(key, { value, expiresAt: now + this.#ttlMs });
		if (this.#entries.size > this.#capacity) this.#dropOldest();
	}

	delete(key: Key): boolean {
		return this.#entries.delete(key);
	}

	clear(): void {
		this.#entries.clear();
	}
}

/**
 * A function that removes a map's oldest entry and answers it, again and again in constant time: a walk from the map's
 * beginning would pass every deleted entry the map has not yet tidied away, thousands at a steady size. An iterator
 * that is kept passes each once. An entry that was deleted and set again counts as new.
 */
export function createDropOldest<Key, Value>(map: Map<Key, Value>): () => [Key, Value] | undefined {
	let entries = map.entries();
	return () => {
		let next = entries.next();
		if (next.done) {
			// an iterator that came to the end stays there, whatever is added later
			entries = map.entries();
			next = entries.next();
		}
		if (next.done) return undefined;
		map.delete(next.value[0]);
		return next.value;
	};
}
