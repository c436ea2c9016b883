import type { LexiconEntry } from './compiled-lexicon.ts';
import type { SignTarget } from './lexicon/index.ts';

/** A sign found in a text. */
export interface Sign {
	name: string;
	target: SignTarget;
	/** Signed contribution to its target. */
	weight: number;
}

/** The entries found in a text, each with its best factor: saying a word twice proves nothing. Used again for the next text. */
export class FoundEntries {
	/** By the entry's number; 0 for one that was not found. */
	readonly #factors: Float64Array;
	#entries: LexiconEntry[] = [];

	constructor(size: number) {
		this.#factors = new Float64Array(size);
	}

	/** True when finding the entry with this factor would say something new. */
	isNews(entry: LexiconEntry, factor: number): boolean {
		return (this.#factors[entry.number] ?? 0) < factor;
	}

	keep(entry: LexiconEntry, factor: number): void {
		const before = this.#factors[entry.number];
		if (before === 0) this.#entries.push(entry);
		if (before === undefined || before < factor) this.#factors[entry.number] = factor;
	}

	/** The signs of what was found, in that order; forgets it. */
	takeSigns(): Sign[] {
		const signs: Sign[] = [];
		for (const entry of this.#entries) {
			const factor = this.#factors[entry.number] ?? 0;
			this.#factors[entry.number] = 0;
			for (const [target, weight] of entry.weights) signs.push({ name: entry.name, target, weight: weight * factor });
		}
		this.#entries = [];
		return signs;
	}
}
