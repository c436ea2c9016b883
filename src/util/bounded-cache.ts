import { createDropOldest } from './drop-oldest.ts';

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
