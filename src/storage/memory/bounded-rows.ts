import type { TimeRange } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** The newest rows of one kind; the oldest written is evicted when there are more than `capacity`. */
export class BoundedRows<Row extends { id: string; at: number }> {
	readonly #rows: BoundedMap<string, Row>;

	constructor(capacity: number) {
		this.#rows = new BoundedMap(capacity);
	}

	/** Adds a copy; false when the id is there already. */
	add(row: Row): boolean {
		if (this.#rows.has(row.id)) return false;
		this.#rows.set(row.id, { ...row });
		return true;
	}

	get(id: string): Row | null {
		const row = this.#rows.peek(id);
		return row === undefined ? null : { ...row };
	}

	/** Changes a row that is held. */
	update(id: string, change: Partial<Row>): void {
		const row = this.#rows.peek(id);
		if (row !== undefined) this.#rows.update(id, { ...row, ...change });
	}

	/** Copies of the rows in the range, newest first. */
	newest(range: TimeRange, limit: number): Row[] {
		const inRange = this.all().filter((row) => row.at >= range.from && row.at < range.to);
		// reversed first: of rows of one moment the last written comes first
		const sorted = inRange.reverse().sort((a, b) => b.at - a.at);
		return sorted.slice(0, Math.max(0, limit)).map((row) => ({ ...row }));
	}

	/** Every row, in the order written; not copied. */
	all(): Row[] {
		return [...this.#rows.values()];
	}

	/** Removes rows older than the time; answers how many. */
	removeBefore(time: number): number {
		const before = this.#rows.size;
		for (const row of this.all()) if (row.at < time) this.#rows.delete(row.id);
		return before - this.#rows.size;
	}

	clear(): void {
		this.#rows.clear();
	}
}
