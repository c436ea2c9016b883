// Texts → features of the model, by the classifier's own reader, so that training and use cannot drift apart.

import type { LexiconData } from '../../src/classify/lexicon/index.ts';
import { readTask } from '../../src/classify/read-task.ts';
import { EvidenceGatherer } from '../../src/classify/task-classifier.ts';
import type { Row } from './data.ts';

/** A text as read: its n-grams by hash, and what the lexicon says per type. */
export interface ReadRow {
	row: Row;
	/** Each distinct word: its hash, and those of its parts. */
	words: readonly (readonly [whole: number, ...parts: number[]])[];
	others: readonly number[];
	/** Evidence of the lexicon, sharpened. */
	lexicon: Float64Array;
}

/** N-grams that occur in fewer rows are not learned. */
const MIN_ROWS = 2;

export function readRows(rows: readonly Row[], lexicons?: readonly LexiconData[]): ReadRow[] {
	const gatherer = new EvidenceGatherer(null, lexicons);
	return rows.map((row) => {
		const read = readTask(row.text);
		const { lexicon, ngrams } = gatherer.inspect(read);
		const words = new Map<number, readonly [number, ...number[]]>();
		for (let place = 0; place < ngrams.wordCount; place += 1) {
			const whole = ngrams.words[place] ?? 0;
			words.set(whole, [whole, ...ngrams.hashParts(place).filter((hash) => hash !== 0)]);
		}
		return {
			row,
			words: [...words.values()],
			others: [...new Set(ngrams.others.slice(0, ngrams.otherCount))],
			lexicon,
		};
	});
}

/** The n-grams of a set of rows that are frequent enough to learn, numbered. */
export class Vocabulary {
	readonly numbers: Map<number, number> = new Map();

	constructor(rows: readonly ReadRow[]) {
		const counts = new Map<number, number>();
		for (const { row, words, others } of rows) {
			if (row.isCopy === true) continue; // its words have been counted
			for (const hash of new Set([...words.flat(), ...others])) counts.set(hash, (counts.get(hash) ?? 0) + 1);
		}
		for (const [hash, count] of counts) if (count >= MIN_ROWS) this.numbers.set(hash, this.numbers.size);
	}

	get size(): number {
		return this.numbers.size;
	}

	/** Features with their values. A known word brings its parts with it and counts once; an unknown one is its parts. */
	encode({ words, others }: ReadRow): { features: Int32Array; values: Float32Array } {
		const counts = new Map<number, number>();
		let known = 0;
		const add = (hash: number, step: number): void => {
			const number = this.numbers.get(hash);
			if (number === undefined) return;
			counts.set(number, (counts.get(number) ?? 0) + 1);
			known += step;
		};
		for (const [whole, ...parts] of words) {
			const isKnown = this.numbers.has(whole);
			add(whole, 1);
			for (const part of parts) add(part, isKnown ? 0 : 1);
		}
		for (const hash of others) add(hash, 1);
		const scale = 1 / Math.sqrt(Math.max(1, known));
		return {
			features: Int32Array.from(counts.keys()),
			values: Float32Array.from(counts.values(), (count) => count * scale),
		};
	}
}
