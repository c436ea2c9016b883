// Rows → a table, and what it scores on rows that did not train it.

import type { NgramTable } from '../../src/classify/ngram-model.ts';
import { TASK_TYPES } from '../../src/contracts/index.ts';
import { type Example, fitWeights, sumExample, toProbabilities, type Weights } from './fit.ts';
import { type ReadRow, Vocabulary } from './vocabulary.ts';

const TYPES = TASK_TYPES.length;
/** Weight of the lexicon's evidence in the sum; this much of it does best on sources that did not train. */
export const LEXICON_WEIGHT = 0.6;
const PASSES = 5;
const RATE = 0.5;
const PENALTY = 3e-3;
/** How far rare types and small sources are raised: 1 makes all equal. */
const TYPE_BALANCE = 1;
const SOURCE_BALANCE = 0.8;
/** A source of so many rows has weight 1. */
const COMMON_SOURCE_ROWS = 300;
/** Sources that were written to train: not weighed down by their number. */
const OWN_SOURCES = new Set(['own asks', 'own asks in context', 'own phrases', 'lexicon', 'labelled asks']);

export interface Trained {
	vocabulary: Vocabulary;
	weights: Weights;
	lexiconWeight: number;
}

function toExample(row: ReadRow, vocabulary: Vocabulary, lexiconWeight: number): Example {
	const offsets = row.lexicon.map((evidence) => evidence * lexiconWeight);
	return { ...vocabulary.encode(row), type: TASK_TYPES.indexOf(row.row.type), offsets, weight: row.row.weight };
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
	const counts = new Map<string, number>();
	for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
	return counts;
}

export function train(rows: readonly ReadRow[], lexiconWeight: number = LEXICON_WEIGHT): Trained {
	const vocabulary = new Vocabulary(rows);
	const byType = countBy(rows, ({ row }) => row.type);
	const bySource = countBy(rows, ({ row }) => row.source);
	const average = rows.length / TYPES;
	const examples = rows.map((read): Example => {
		const { type, source } = read.row;
		const example = toExample(read, vocabulary, lexiconWeight);
		const ofType = (average / (byType.get(type) ?? 1)) ** TYPE_BALANCE;
		const ofSource = OWN_SOURCES.has(source) ? 1 : (COMMON_SOURCE_ROWS / (bySource.get(source) ?? 1)) ** SOURCE_BALANCE;
		return { ...example, weight: example.weight * ofType * ofSource };
	});
	const options = { types: TYPES, features: vocabulary.size, passes: PASSES, rate: RATE, penalty: PENALTY };
	return { vocabulary, weights: fitWeights(examples, options), lexiconWeight };
}

/** One judged row: sums per type before the temperature. */
export interface Judged {
	read: ReadRow;
	sums: Float64Array;
}

export function judge(rows: readonly ReadRow[], { vocabulary, weights, lexiconWeight }: Trained): Judged[] {
	return rows.map((read) => ({ read, sums: sumExample(toExample(read, vocabulary, lexiconWeight), weights) }));
}

/** Sources that are left out together: benchmarks of one kind are one. */
function foldOf({ row: { source } }: ReadRow): string {
	if (!source.startsWith('benchmark ')) return source;
	return /gsm8k|math|mgsm|logicgrid/.test(source) ? 'benchmarks to work out' : 'benchmarks of knowledge';
}

/** Each row, judged by a model that saw no row of its source; `always` trains every one. */
export function judgeLeftOut(
	rows: readonly ReadRow[],
	always: readonly ReadRow[],
	lexiconWeight: number = LEXICON_WEIGHT,
): Judged[] {
	return [...Map.groupBy(rows, foldOf)].flatMap(([fold, judged]) => {
		const others = rows.filter((read) => foldOf(read) !== fold);
		return judge(judged, train([...others, ...always], lexiconWeight));
	});
}

/** The temperature with the least log loss. */
export function fitTemperature(judged: readonly Judged[]): number {
	const loss = (temperature: number): number => {
		let total = 0;
		for (const { read, sums } of judged) {
			const chance = toProbabilities(sums.slice(), temperature)[TASK_TYPES.indexOf(read.row.type)] ?? 0;
			total -= Math.log(Math.max(chance, 1e-9));
		}
		return total;
	};
	const candidates = Array.from({ length: 41 }, (_, index) => Math.round((0.5 + index * 0.05) * 100) / 100);
	return candidates.reduce((best, one) => (loss(one) < loss(best) ? one : best));
}

/** N-grams whose weights all lie below this many steps of 127 say nothing. */
const MIN_WEIGHT_STEPS = 3;
/** Share of weights that are not cut off at the largest step. */
const KEPT_SHARE = 0.9995;

/** The table that ships: a word with its parts in one row, in 8 bits, sorted by hash. */
export function toTable(
	rows: readonly ReadRow[],
	{ vocabulary, weights, lexiconWeight }: Trained,
	{ temperature, version }: { temperature: number; version: string },
): NgramTable {
	const parts = new Map<number, readonly number[]>();
	for (const { words } of rows) for (const [whole, ...ofWord] of words) parts.set(whole, ofWord);
	const sumRow = (hash: number): Float64Array => {
		const sums = new Float64Array(TYPES);
		for (const part of [hash, ...(parts.get(hash) ?? [])]) {
			const number = vocabulary.numbers.get(part);
			if (number === undefined) continue;
			for (let type = 0; type < TYPES; type += 1)
				sums[type] = (sums[type] as number) + (weights.weights[number * TYPES + type] as number);
		}
		const mean = sums.reduce((all, one) => all + one, 0) / TYPES;
		return sums.map((sum) => sum - mean);
	};
	const folded = [...vocabulary.numbers.keys()].map((hash) => ({ hash, sums: sumRow(hash) }));
	const sizes = folded.map(({ sums }) => Math.max(...sums.map(Math.abs))).sort((a, b) => a - b);
	const step = (sizes[Math.floor(sizes.length * KEPT_SHARE)] ?? 1) / 127;
	const kept = folded
		.filter(({ sums }) => sums.some((sum) => Math.abs(sum) >= MIN_WEIGHT_STEPS * step))
		.sort((a, b) => a.hash - b.hash);
	const toStep = (sum: number): number => Math.max(-127, Math.min(127, Math.round(sum / step)));
	return {
		version,
		lexiconWeight,
		temperature,
		bias: Float32Array.from(weights.bias),
		step,
		hashes: Int32Array.from(kept, ({ hash }) => hash),
		weights: Int8Array.from(kept.flatMap(({ sums }) => Array.from(sums, toStep))),
	};
}
