/**
 * The value stands in an object of its own, which is emptied when the entry goes. V8 replaces the table of a map as entries come and
 * go, and each replaced table refers to the next one: one that a full collection has moved to the old generation keeps all that
 * follow alive until the next full collection, with whatever was in them when they were replaced.
 */
interface Entry<Value> {
	/** `undefined` once the entry is gone. */
	value: Value | undefined;
	/** On the caller's clock; `Infinity` without a time to live. */
	expiresAt: number;
}

/** Changes, beside as many as there are entries, after which the iterator for evictions is dropped. */
const CHANGES_BETWEEN_EVICTIONS = 64;

/**
 * A map of at most `capacity` entries, optionally with a time to live: one entry more evicts the least recently used.
 * Time comes from the caller (`now`, milliseconds of any clock) and matters only where `ttlMs` is given.
 */
export class BoundedMap<Key, Value> {
	readonly #entries = new Map<Key, Entry<Value>>();
	readonly #capacity: number;
	readonly #ttlMs: number;
	/**
	 * Kept between evictions: a new iterator would walk over every deleted entry that the engine has not yet removed from
	 * the map, thousands of them at a steady size. Dropped when nothing is evicted for long: it keeps alive every table that
	 * the engine has replaced since it was last moved, so that a map that never fills would grow for ever.
	 */
	#oldestFirst: Iterator<[Key, Entry<Value>]> | null = null;
	/** Entries added and removed since the iterator was moved. */
	#changes = 0;
	/** The most recently used entry, which has its place: most maps are asked for the same key again and again. */
	#newest: Entry<Value> | null = null;

	/** `ttlMs` counts from the last `set`. `Infinity` as `capacity`: the owner evicts with `evictOldest`. */
	constructor(capacity: number, ttlMs: number = Number.POSITIVE_INFINITY) {
		this.#capacity = capacity;
		this.#ttlMs = ttlMs;
	}

	get size(): number {
		return this.#entries.size;
	}

	has(key: Key): boolean {
		return this.#entries.has(key);
	}

	/** The value, which becomes the most recently used; `undefined` when there is none or it has expired. */
	get(key: Key, now = 0): Value | undefined {
		const entry = this.#entries.get(key);
		if (entry === undefined) return undefined;
		const isExpired = entry.expiresAt <= now;
		if (entry === this.#newest && !isExpired) return entry.value;
		this.#entries.delete(key);
		this.#countChange();
		if (isExpired) {
			entry.value = undefined;
			return undefined;
		}
		this.#entries.set(key, entry);
		this.#newest = entry;
		return entry.value;
	}

	/** The value whatever its age, without counting as a use. */
	peek(key: Key): Value | undefined {
		return this.#entries.get(key)?.value;
	}

	/** Adds or replaces an entry, which becomes the most recently used. Returns the entry evicted for it. */
	set(key: Key, value: Value, now = 0): [Key, Value] | undefined {
		const expiresAt = now + this.#ttlMs;
		const known = this.#entries.get(key);
		if (known !== undefined && known === this.#newest) {
			known.value = value;
			known.expiresAt = expiresAt;
			return undefined;
		}
		if (known !== undefined) {
			this.#entries.delete(key);
			known.value = undefined;
		}
		this.#newest = { value, expiresAt };
		this.#entries.set(key, this.#newest);
		this.#countChange();
		return this.#entries.size > this.#capacity ? this.evictOldest() : undefined;
	}

	/** Replaces the value of an entry that is there; its place and its time to live stay. */
	update(key: Key, value: Value): void {
		const entry = this.#entries.get(key);
		if (entry !== undefined) entry.value = value;
	}

	delete(key: Key): boolean {
		const entry = this.#entries.get(key);
		if (entry === undefined) return false;
		this.#countChange();
		entry.value = undefined;
		return this.#entries.delete(key);
	}

	clear(): void {
		this.#oldestFirst = null;
		this.#newest = null;
		this.#entries.clear();
	}

	/** Removes and returns the least recently used entry; constant time. */
	evictOldest(): [Key, Value] | undefined {
		this.#changes = 0;
		this.#oldestFirst ??= this.#entries.entries();
		let next = this.#oldestFirst.next();
		if (next.done) {
			// An iterator that has reached the end stays there, whatever is added later.
			this.#oldestFirst = this.#entries.entries();
			next = this.#oldestFirst.next();
		}
		if (next.done) return undefined;
		const [key, entry] = next.value;
		// an entry that is in the map has its value
		const value = entry.value as Value;
		this.#entries.delete(key);
		entry.value = undefined;
		return [key, value];
	}

	#countChange(): void {
		this.#changes += 1;
		if (this.#changes <= this.#entries.size + CHANGES_BETWEEN_EVICTIONS) return;
		this.#changes = 0;
		this.#oldestFirst = null;
	}

	/** Keys, least recently used first. */
	keys(): IterableIterator<Key> {
		return this.#entries.keys();
	}

	/** Values, least recently used first. */
	*values(): Generator<Value> {
		for (const { value } of this.#entries.values()) yield value as Value; // as above
	}

	/** Entries, least recently used first. */
	*[Symbol.iterator](): Generator<[Key, Value]> {
		for (const [key, { value }] of this.#entries) yield [key, value as Value]; // as above
	}
}

/**
 * Things that are under way, each for a short time. In place of a `Set` that lives for long, whose replaced tables would keep what was
 * in them alive (see `Entry`).
 */
export class LiveSet<Item extends object> {
	readonly #places: Array<Item | null> = [];
	readonly #free: number[] = [];

	get size(): number {
		return this.#places.length - this.#free.length;
	}

	/** Answers the item's place, by which it is removed. */
	add(item: Item): number {
		const place = this.#free.pop() ?? this.#places.length;
		this.#places[place] = item;
		return place;
	}

	/** False when the item is not there any more. */
	delete(item: Item, place: number): boolean {
		if (this.#places[place] !== item) return false;
		this.#places[place] = null;
		this.#free.push(place);
		return true;
	}

	/** Those that are there now. */
	values(): Item[] {
		return this.#places.filter((item) => item !== null);
	}
}
