import type { KeyStore } from '../../contracts/index.ts';
import { clamp, SECOND_MS } from '../../util/index.ts';

/** Keys a second that are looked up without a question: those of callers who are new here, or whose secret was changed. */
const LOOKUPS_PER_SECOND = 50;
/** Milliseconds for which a list of all ids is good, while more than that ask. */
const LIST_TTL_MS = 2000;

/**
 * Bounds the reads of the database that keys without one can cause: each stops the event loop for a moment. Beyond some a
 * second only ids that exist are looked up; what exists is listed anew every two seconds.
 */
export class LookupLimiter {
	readonly #store: () => KeyStore | Promise<KeyStore>;
	#allowance = LOOKUPS_PER_SECOND;
	#countedAt = Number.NEGATIVE_INFINITY;
	#listedAt = Number.NEGATIVE_INFINITY;
	#ids: Promise<ReadonlySet<string>> | null = null;

	constructor(store: () => KeyStore | Promise<KeyStore>) {
		this.#store = store;
	}

	/** Whether any id may be looked up now. `now`: epoch milliseconds. */
	take(now: number): boolean {
		const refill = ((now - this.#countedAt) * LOOKUPS_PER_SECOND) / SECOND_MS;
		this.#allowance = clamp(this.#allowance + Math.max(0, refill), 0, LOOKUPS_PER_SECOND);
		this.#countedAt = now;
		if (this.#allowance < 1) return false;
		this.#allowance -= 1;
		return true;
	}

	/** Whether there is a key of an id, as of the last list. @throws StorageError when ids cannot be listed */
	async exists(id: string, now: number): Promise<boolean> {
		return (await this.#listIds(now)).has(id);
	}

	/** Lists the ids anew when they are needed next: this process has made a key. */
	forget(): void {
		this.#ids = null;
	}

	#listIds(now: number): Promise<ReadonlySet<string>> {
		if (this.#ids !== null && now - this.#listedAt < LIST_TTL_MS && now >= this.#listedAt) return this.#ids;
		this.#listedAt = now;
		const ids = this.#load();
		this.#ids = ids;
		ids.catch(() => this.forget());
		return ids;
	}

	async #load(): Promise<ReadonlySet<string>> {
		const store = await this.#store();
		return new Set((await store.listIds?.()) ?? (await store.list()).map(({ id }) => id));
	}
}
