/** The window's length. */
const WINDOW_MS = 60_000;
const SLOT_MS = 1000;
/** One more than fit into the window: the slot in which it begins counts whole, so that no minute ever holds more than is counted. */
const SLOTS = WINDOW_MS / SLOT_MS + 1;

/** Counts what came in the last minute (and up to a second before), in fixed memory. Times only go forward. */
export class SlidingWindow {
	readonly #slots = new Float64Array(SLOTS);
	#newest = 0;
	#total = 0;

	/** What came in the window that ends now. */
	total(now: number): number {
		this.#advance(now);
		return this.#total;
	}

	/** Counts an amount; answers its place, for `correct`. */
	add(amount: number, now: number): number {
		this.#advance(now);
		this.#change(this.#newest, amount);
		return this.#newest;
	}

	/** What was counted as `counted` was `actual` in truth. What has left the window meanwhile counts from now on, as far as it is more. */
	correct(change: { place: number; counted: number; actual: number }, now: number): void {
		this.#advance(now);
		const difference = change.actual - change.counted;
		if (change.place > this.#newest - SLOTS) this.#change(change.place, difference);
		else if (difference > 0) this.#change(this.#newest, difference);
	}

	/** Milliseconds until `amount` more fits under the limit; 0 when it fits now. More than the whole limit never fits: `Infinity`. */
	waitFor(amount: number, limit: number, now: number): number {
		this.#advance(now);
		let left = this.#total;
		if (left + amount <= limit) return 0;
		for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1) {
			left -= this.#slots[slotIndex(slot)] ?? 0;
			if (left + amount <= limit) return (slot + SLOTS) * SLOT_MS - now;
		}
		return Number.POSITIVE_INFINITY;
	}

	#change(slot: number, by: number): void {
		const index = slotIndex(slot);
		const before = this.#slots[index] ?? 0;
		const after = Math.max(0, before + by);
		this.#slots[index] = after;
		this.#total += after - before;
	}

	#advance(now: number): void {
		const slot = Math.floor(now / SLOT_MS);
		if (slot <= this.#newest) return;
		if (slot - this.#newest >= SLOTS) {
			this.#slots.fill(0);
			this.#total = 0;
		} else {
			for (let next = this.#newest + 1; next <= slot; next += 1) this.#change(next, Number.NEGATIVE_INFINITY);
		}
		this.#newest = slot;
	}
}

function slotIndex(slot: number): number {
	return ((slot % SLOTS) + SLOTS) % SLOTS;
}
