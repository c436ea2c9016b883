/** Observations that the mean of the level before is worth: as many as learning's default (ADR 0047). */
export const PRIOR_OBSERVATIONS = 30;

interface Sums {
	sum: number;
	count: number;
}

/**
 * Means of nested cells, each shrunk to that of the cell around it: a model, the model on a type of task, on that type in one
 * workload. The outermost mean is taken as it is.
 */
export class ShrunkMeans {
	readonly #prior: number;
	readonly #all: Sums = { sum: 0, count: 0 };
	/** At most as many as the cells of what was added. */
	readonly #cells = new Map<string, Sums>();

	/** `prior`: observations that the mean of the level before is worth. @default 30 */
	constructor(prior: number = PRIOR_OBSERVATIONS) {
		this.#prior = prior;
	}

	/** Observations of a cell, those within it included; of the outermost without a path. */
	countOf(path: readonly string[] = []): number {
		return path.length === 0 ? this.#all.count : (this.#cells.get(path.join('\n'))?.count ?? 0);
	}

	/** Adds a value to a cell and to those around it. `path`: names from the outer to the inner, which hold no line break. */
	add(path: readonly string[], value: number, count = 1): void {
		this.#all.sum += count * value;
		this.#all.count += count;
		let key = '';
		for (const name of path) {
			key = key === '' ? name : `${key}\n${name}`;
			const cell = this.#cells.get(key);
			if (cell === undefined) this.#cells.set(key, { sum: count * value, count });
			else {
				cell.sum += count * value;
				cell.count += count;
			}
		}
	}

	/** The shrunk mean of a cell; 0 where nothing was added at all. */
	mean(path: readonly string[]): number {
		let mean = this.#all.count === 0 ? 0 : this.#all.sum / this.#all.count;
		let key = '';
		for (const name of path) {
			key = key === '' ? name : `${key}\n${name}`;
			const cell = this.#cells.get(key);
			if (cell === undefined) break;
			mean = (this.#prior * mean + cell.sum) / (this.#prior + cell.count);
		}
		return mean;
	}
}
