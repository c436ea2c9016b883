const WINDOW_MS = 60_000;
const SLOT_MS = 1000;
/** One more than the window holds: the slot in which it begins counts as a whole, so that no minute exceeds the count. */
const SLOT_COUNT = WINDOW_MS / SLOT_MS + 1;

/** The sum of the last minute (and up to a second before it) in constant memory. Times must not go back. */
export class SlidingWindow {
	readonly #slots = new Float64Array(SLOT_COUNT);
	#newest = 0;
	#total = 0;

	/** Adds an amount and returns its slot, for `correct`. */
	add(amount: number, now: number): number {
		this.#advance(now);
		this.#change(this.#newest, amount);
		return this.#newest;
	}

	/** Replaces an estimate by the actual amount. Where its slot has left the window, the excess counts from now on. */
	correct(change: { slot: number; counted: number; actual: number }, now: number): void {
		this.#advance(now);
		const difference = change.actual - change.counted;
		if (change.slot > this.#newest - SLOT_COUNT) this.#change(change.slot, difference);
		else if (difference > 0) this.#change(this.#newest, difference);
	}

	/** Milliseconds until `amount` more fits under the limit; 0 when it fits now. More than the whole limit never fits: `Infinity`. */
	waitFor(amount: number, limit: number, now: number): number {
		this.#advance(now);
		let left = this.#total;
		if (left + amount <= limit) return 0;
		for (let slot = this.#newest - SLOT_COUNT + 1; slot <= this.#newest; slot += 1) {
			left -= this.#slots[slotIndex(slot)] ?? 0;
			if (left + amount <= limit) return (slot + SLOT_COUNT) * SLOT_MS - now;
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
		if (slot - this.#newest >= SLOT_COUNT) {
			this.#slots.fill(0);
			this.#total = 0;
		} else {
			for (let next = this.#newest + 1; next <= slot; next += 1) this.#change(next, Number.NEGATIVE_INFINITY);
		}
		this.#newest = slot;
	}
}

function slotIndex(slot: number): number {
	return ((slot % SLOT_COUNT) + SLOT_COUNT) % SLOT_COUNT;
}
