import { TASK_TYPES, type TaskType } from '../contracts/index.ts';
import type { FeatureTarget } from './lexicon/index.ts';
import type { PastedMaterial } from './read-task.ts';
import { finishHash, HashIndex, hashCharacters, type TextMarks, type TextReader } from './text-reader.ts';

const TYPES = TASK_TYPES.length;
/** Keeps n-grams of one kind apart from those of another with the same characters. */
const SALT = { word: 1, pair: 2, firstFour: 3, firstSix: 4, lastThree: 5, characters: 6, sign: 7 } as const;
const SENTENCE_START = 0x5e;
const NUMBER = 0x30;
/** Characters of a script without spaces that are read together at most. */
const MAX_RUN = 3;
/** N-grams of one text at most. */
const CAPACITY = 1 << 13;
/** A span of the text is kept as start × this + end. */
const SPAN_FACTOR = 1 << 13;
/** Lengths of texts are told apart up to so many doublings. */
const MAX_LENGTH_SIGN = 6;

/** What a text shows beside its words. */
export const TEXT_SIGNS = [
	'a question',
	'a question at the end',
	'options to choose from',
	'mathematics',
	'code in the text',
	'a list of words',
	'arithmetic',
	'listed points',
	'pasted error output',
	'pasted diff',
	'pasted code',
] as const;
/** One of the things a text shows beside its words. */
export type TextSign = (typeof TEXT_SIGNS)[number];

const CODE_EXTENSION =
	/\.(?:ts|tsx|js|jsx|mjs|py|go|rs|java|kt|rb|php|cs|cpp|c|h|swift|sql|sh|ya?ml|json|html|css|vue)\b/y;
/** The name before an extension; at most 60 characters of it are looked at. */
const FILE_NAME = /\b[\w-]{1,60}$/;
const NAME_CHARACTERS = 61;
const QUOTED = /`[^`\n]+`/;
const ARITHMETIC = /\d\s?(?:[+*×÷/^]|%\s+of)\s?\d/;
const LIST_ITEM = /[^\S\n]*(?:[-*•]|\d{1,2}[.)])[^\S\n]+\S/y;
const SMALL_THEN_CAPITAL = /[a-z][A-Z]/g;
const LIST_MARK = /[-*•\d]/;

/** Features of a text's shape. */
export interface TextShape {
	/** A call, a file of code, a word in backticks or a camelCase name. */
	hasCode: boolean;
	hasArithmetic: boolean;
	/** List items and numbered lines. */
	items: number;
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isWordCharacter = (code: number): boolean => isLower(code) || isUpper(code) || isDigit(code) || code === 0x5f;

/** `name()` */
function hasCall(text: string): boolean {
	for (let at = text.indexOf('()', 1); at >= 0; at = text.indexOf('()', at + 2))
		if (isWordCharacter(text.charCodeAt(at - 1))) return true;
	return false;
}

/** `name.ts` */
function hasCodeFile(text: string): boolean {
	for (let at = text.indexOf('.', 1); at >= 0; at = text.indexOf('.', at + 1)) {
		if (!isLower(text.charCodeAt(at + 1))) continue;
		CODE_EXTENSION.lastIndex = at;
		if (CODE_EXTENSION.test(text) && FILE_NAME.test(text.slice(Math.max(0, at - NAME_CHARACTERS), at))) return true;
	}
	return false;
}

/** `camelCase`: a word that begins with lower-case letters and continues with a capital. */
function hasCamelCase(text: string): boolean {
	SMALL_THEN_CAPITAL.lastIndex = 0;
	for (let found = SMALL_THEN_CAPITAL.exec(text); found !== null; found = SMALL_THEN_CAPITAL.exec(text)) {
		let before = found.index - 1;
		while (isLower(text.charCodeAt(before))) before -= 1;
		if (!isWordCharacter(text.charCodeAt(before))) return true;
	}
	return false;
}

/** Lines that begin with a mark of a list. Tried once a line: blank lines are not read again from each of them. */
function countListItems(text: string): number {
	let items = 0;
	let at = 0;
	do {
		LIST_ITEM.lastIndex = at;
		if (LIST_ITEM.test(text)) items += 1;
		at = text.indexOf('\n', at) + 1;
	} while (at > 0);
	return items;
}

/** The shape of a text, which has these characters. Takes time in proportion to the text: bound it. */
export function readShape(text: string, { hasSign, hasDigit, hasCamelCase: isCamelCase }: TextMarks): TextShape {
	const hasCodeSign = hasSign && ((text.includes('`') && QUOTED.test(text)) || hasCall(text));
	return {
		hasCode: hasCodeSign || (isCamelCase && hasCamelCase(text)) || hasCodeFile(text),
		hasArithmetic: hasDigit && ARITHMETIC.test(text),
		items: LIST_MARK.test(text) ? countListItems(text) : 0,
	};
}

/** What a window of an ask shows beside its words. */
export function listSigns(
	window: string,
	{ words, commas, marks }: TextReader,
	{ pasted, shape }: { pasted: PastedMaterial; shape: TextShape },
): TextSign[] {
	const signs: TextSign[] = [];
	const question = Math.max(window.lastIndexOf('?'), window.lastIndexOf('？'));
	if (question >= 0) signs.push(question >= window.length - 2 ? 'a question at the end' : 'a question');
	if (hasOptions(window)) signs.push('options to choose from');
	if (marks.hasSign && (window.includes('\\') || /\$[^$]{1,80}\$/.test(window))) signs.push('mathematics');
	if (commas >= 4 && words <= 3 * commas) signs.push('a list of words');
	if (shape.hasCode) signs.push('code in the text');
	if (shape.hasArithmetic) signs.push('arithmetic');
	if (shape.items >= 3) signs.push('listed points');
	if (pasted.trace) signs.push('pasted error output');
	if (pasted.diff) signs.push('pasted diff');
	if (pasted.code) signs.push('pasted code');
	return signs;
}

/** "A) … B) … C) …" in any of the usual forms. */
function hasOptions(text: string): boolean {
	for (const marks of OPTION_MARKS) {
		let at = -1;
		const found = marks.every((mark) => {
			at = text.indexOf(mark, at + 1);
			return at >= 0;
		});
		if (found) return true;
	}
	return false;
}

const OPTION_MARKS = [
	['A)', 'B)', 'C)'],
	['a)', 'b)', 'c)'],
	['A. ', 'B. ', 'C. '],
	['A: ', 'B: ', 'C: '],
];

/**
 * The n-grams of a text: each word whole, with its beginnings and its ending, pairs of neighbours, up to three characters
 * of scripts without spaces, and signs. Its columns are reused from text to text.
 */
export class NgramList {
	/** Hashes of whole words. */
	readonly words: Int32Array = new Int32Array(CAPACITY);
	readonly wordSpans: Int32Array = new Int32Array(CAPACITY);
	/** By word: its place in the reader. */
	readonly #places = new Int32Array(CAPACITY);
	#reader: TextReader | undefined;
	wordCount = 0;
	/** Hashes of everything else. */
	readonly others: Int32Array = new Int32Array(CAPACITY);
	readonly otherSpans: Int32Array = new Int32Array(CAPACITY);
	otherCount = 0;

	/** Collects the n-grams of the text that a reader has read last. */
	collect(reader: TextReader, signs: readonly TextSign[]): void {
		this.#reader = reader;
		this.wordCount = 0;
		this.otherCount = 0;
		let previous = -1;
		for (let place = 0; place < reader.count; place += 1) {
			if (previous >= 0 && reader.sentences[place] !== reader.sentences[previous]) previous = -1;
			if (reader.isUnspaced[place] === 1) this.#addRun(reader, place);
			else this.#addWord(reader, place, previous);
			previous = reader.isUnspaced[place] === 1 ? -1 : place;
		}
		this.#addOther(finishHash(Math.min(MAX_LENGTH_SIGN, 31 - Math.clz32(reader.words + 1)), SALT.sign), 0);
		for (const sign of signs) this.#addOther(finishHash(16 + TEXT_SIGNS.indexOf(sign), SALT.sign), 0);
	}

	#addWord(reader: TextReader, place: number, previous: number): void {
		const start = reader.starts[place] as number;
		const end = reader.ends[place] as number;
		const hash = hashWord(reader, place);
		this.words[this.wordCount] = finishHash(hash, SALT.word);
		this.wordSpans[this.wordCount] = start * SPAN_FACTOR + end;
		this.#places[this.wordCount] = place;
		this.wordCount += 1;
		const before = previous < 0 ? SENTENCE_START : hashWord(reader, previous);
		const from = previous < 0 ? start : (reader.starts[previous] as number);
		this.#addOther(finishHash(Math.imul(before, 0x01000193) ^ hash, SALT.pair), from * SPAN_FACTOR + end);
	}

	/** Hashes of the first four and six characters of a word of the text that was collected last, and of its last three; 0 where it is too short. */
	hashParts(word: number): [firstFour: number, firstSix: number, lastThree: number] {
		const reader = this.#reader;
		const place = this.#places[word] as number;
		if (reader === undefined || hashWord(reader, place) === NUMBER) return [0, 0, 0];
		const start = reader.starts[place] as number;
		const end = reader.ends[place] as number;
		const length = end - start;
		return [
			length < 5 ? 0 : finishHash(hashCharacters(reader.characters, start, start + 4), SALT.firstFour),
			length < 7 ? 0 : finishHash(hashCharacters(reader.characters, start, start + 6), SALT.firstSix),
			length < 6 ? 0 : finishHash(hashCharacters(reader.characters, end - 3, end), SALT.lastThree),
		];
	}

	#addRun(reader: TextReader, place: number): void {
		const end = reader.ends[place] as number;
		for (let start = reader.starts[place] as number; start < end; start += 1)
			for (let to = start + 1; to <= end && to <= start + MAX_RUN; to += 1)
				this.#addOther(
					finishHash(hashCharacters(reader.characters, start, to), SALT.characters),
					start * SPAN_FACTOR + to,
				);
	}

	#addOther(hash: number, span: number): void {
		if (this.otherCount === CAPACITY) return;
		this.others[this.otherCount] = hash;
		this.otherSpans[this.otherCount] = span;
		this.otherCount += 1;
	}
}

/** All numbers are one word. */
function hashWord(reader: TextReader, place: number): number {
	const first = reader.characters[reader.starts[place] as number] as number;
	return isDigit(first & 0xffff) ? NUMBER : (reader.hashes[place] as number);
}

/** What a table of a trained model holds. */
export interface NgramTable {
	/** Of the data and the method, as in the card. */
	version: string;
	/** Weight of what the lexicon says in the sum. */
	lexiconWeight: number;
	/** Divides the sum before it becomes probabilities. */
	temperature: number;
	/** Per type, in the order of `TASK_TYPES`. */
	bias: Float32Array;
	/** What one step of a weight is worth. */
	step: number;
	hashes: Int32Array;
	/** Per n-gram one weight for each type. */
	weights: Int8Array;
}

/** What the file of a table begins with, and the version of its layout. */
const MAGIC = 'SYTYPES1';
const VERSION_BYTES = 24;
const COUNT_AT = MAGIC.length + VERSION_BYTES;
const FIXED_BYTES = COUNT_AT + 4 * (4 + TYPES);

/** The bytes of a table's file: little-endian, n-grams in the order of their hashes. */
export function encodeTable({
	version,
	lexiconWeight,
	temperature,
	bias,
	step,
	hashes,
	weights,
}: NgramTable): Uint8Array {
	const bytes = new Uint8Array(FIXED_BYTES + hashes.length * (4 + TYPES));
	const view = new DataView(bytes.buffer);
	new TextEncoder().encodeInto(MAGIC + version, bytes.subarray(0, COUNT_AT));
	view.setInt32(COUNT_AT, hashes.length, true);
	for (const [index, value] of [lexiconWeight, temperature, step, ...bias].entries())
		view.setFloat32(COUNT_AT + 4 * (index + 1), value, true);
	for (const [index, hash] of hashes.entries()) view.setInt32(FIXED_BYTES + 4 * index, hash, true);
	bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.length), FIXED_BYTES + 4 * hashes.length);
	return bytes;
}

/** @throws Error for bytes that are no table of this layout */
export function decodeTable(bytes: Uint8Array): NgramTable {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const head = bytes.length < FIXED_BYTES ? '' : new TextDecoder().decode(bytes.subarray(0, COUNT_AT));
	const count = head.startsWith(MAGIC) ? view.getInt32(COUNT_AT, true) : -1;
	if (bytes.length !== FIXED_BYTES + count * (4 + TYPES))
		throw new Error(
			`The table of the task classifier is damaged: ${bytes.length} bytes that are no such table. Install the package again.`,
		);
	const readFloat = (index: number): number => view.getFloat32(COUNT_AT + 4 * (index + 1), true);
	const bias = Float32Array.from({ length: TYPES }, (_, type) => readFloat(3 + type));
	const hashes = Int32Array.from({ length: count }, (_, index) => view.getInt32(FIXED_BYTES + 4 * index, true));
	const weights = new Int8Array(bytes.buffer, bytes.byteOffset + FIXED_BYTES + 4 * count, count * TYPES).slice();
	const [lexiconWeight, temperature, step] = [readFloat(0), readFloat(1), readFloat(2)];
	return {
		version: head.slice(MAGIC.length).replace(/\0+$/, ''),
		lexiconWeight,
		temperature,
		bias,
		step,
		hashes,
		weights,
	};
}

/** Weights of one row that share a number of 32 bits, each above zero by `WEIGHT_ZERO`. */
const PACKED = 4;
const PACKED_NUMBERS = Math.ceil(TYPES / PACKED);
const WEIGHT_ZERO = 128;
/** Every second of the packed weights, with room for the sum of so many. */
const SUM_LANES = 0x00ff00ff;
const MAX_LANE_ROWS = 256;

/** Words that a model remembers the rows of, less one. */
const MEMO_MASK = 0x7ff;
/** Rows a word adds at most: one for each of its parts. */
const ROWS_OF_WORD = 3;
const UNKNOWN = -1;
const NEVER_READ = -2;

/** The rows of a table with four weights in a number: so they are added up four times as fast. */
function packWeights(weights: Int8Array): Int32Array {
	const rows = weights.length / TYPES;
	const packed = new Int32Array(rows * PACKED_NUMBERS);
	for (let row = 0; row < rows; row += 1)
		for (let type = 0; type < TYPES; type += 1) {
			const at = row * PACKED_NUMBERS + Math.floor(type / PACKED);
			const weight = (weights[row * TYPES + type] as number) + WEIGHT_ZERO;
			packed[at] = (packed[at] as number) | (weight << (8 * (type % PACKED)));
		}
	return packed;
}

/** An n-gram that speaks for a type: where it stands, and its weight in steps. */
interface Strong {
	span: number;
	weight: number;
}

/** Multinomial logistic model over the n-grams of a text. */
export class NgramModel {
	readonly table: NgramTable;
	readonly #index: HashIndex;
	readonly #packed: Int32Array;
	/** By n-gram: the last text that it was found in (saying a thing twice proves nothing). */
	readonly #lastText: Uint32Array;
	#text = 0;
	/** By the end of a word's hash: the hash, and the rows that the word adds. Words return from text to text. */
	readonly #memo = new Int32Array((MEMO_MASK + 1) * (1 + ROWS_OF_WORD)).fill(NEVER_READ);
	readonly #rows = new Int32Array(2 * CAPACITY);
	readonly #spans = new Int32Array(2 * CAPACITY);
	/** How many n-grams of this text are known. */
	#known = 0;
	readonly #sums = new Float64Array(PACKED * PACKED_NUMBERS);
	#scale = 0;

	constructor(table: NgramTable) {
		this.table = table;
		this.#index = new HashIndex(table.hashes);
		this.#packed = packWeights(table.weights);
		this.#lastText = new Uint32Array(table.hashes.length);
	}

	/** Adds to `sums` what the n-grams say for each type, in the order of `TASK_TYPES`, times `factor`. */
	addScores(ngrams: NgramList, sums: Float64Array, factor = 1): void {
		this.#text = (this.#text + 1) >>> 0;
		this.#known = 0;
		for (let word = 0; word < ngrams.wordCount; word += 1) {
			const span = ngrams.wordSpans[word] as number;
			const memo = this.#findWord(ngrams, word);
			for (let part = memo + 1; part <= memo + ROWS_OF_WORD; part += 1) this.#addRow(this.#memo[part] as number, span);
		}
		for (let place = 0; place < ngrams.otherCount; place += 1)
			this.#addRow(this.#index.find(ngrams.others[place] as number), ngrams.otherSpans[place] as number);
		this.#sumRows();
		this.#scale = this.table.step / Math.sqrt(Math.max(1, this.#known));
		for (let type = 0; type < TYPES; type += 1)
			sums[type] = (sums[type] as number) + factor * this.#scale * (this.#sums[type] as number);
	}

	/** Where the memo holds the rows of a word: its own, or those of its parts where it is unknown. */
	#findWord(ngrams: NgramList, word: number): number {
		const memo = this.#memo;
		const hash = ngrams.words[word] as number;
		const at = (hash & MEMO_MASK) * (1 + ROWS_OF_WORD);
		if (memo[at] === hash && memo[at + 1] !== NEVER_READ) return at;
		memo[at] = hash;
		memo.fill(UNKNOWN, at + 1, at + 1 + ROWS_OF_WORD);
		const row = this.#index.find(hash);
		if (row >= 0) memo[at + 1] = row;
		else
			for (const [part, partHash] of ngrams.hashParts(word).entries()) memo[at + 1 + part] = this.#index.find(partHash);
		return at;
	}

	#addRow(row: number, span: number): void {
		if (row < 0 || this.#lastText[row] === this.#text) return;
		this.#lastText[row] = this.#text;
		this.#rows[this.#known] = row;
		this.#spans[this.#known] = span;
		this.#known += 1;
	}

	#sumRows(): void {
		const rows = this.#rows;
		const sums = this.#sums;
		sums.fill(0);
		for (let from = 0; from < this.#known; from += MAX_LANE_ROWS) {
			const to = Math.min(this.#known, from + MAX_LANE_ROWS);
			const zero = WEIGHT_ZERO * (to - from);
			for (let number = 0; number < PACKED_NUMBERS; number += 1) {
				let even = 0;
				let odd = 0;
				for (let place = from; place < to; place += 1) {
					const packed = this.#packed[(rows[place] as number) * PACKED_NUMBERS + number] as number;
					even = (even + (packed & SUM_LANES)) | 0;
					odd = (odd + ((packed >>> 8) & SUM_LANES)) | 0;
				}
				const at = number * PACKED;
				sums[at] = (sums[at] as number) + (even & 0xffff) - zero;
				sums[at + 1] = (sums[at + 1] as number) + (odd & 0xffff) - zero;
				sums[at + 2] = (sums[at + 2] as number) + (even >>> 16) - zero;
				sums[at + 3] = (sums[at + 3] as number) + (odd >>> 16) - zero;
			}
		}
	}

	/** Adds the n-grams of the last text that speak most for a type, strongest first. */
	explain(
		reader: TextReader,
		type: TaskType,
		limit: number,
		sink: { note(name: string, target: FeatureTarget, weight: number): void },
	): void {
		const packed = this.#packed;
		const column = TASK_TYPES.indexOf(type);
		const number = column >> 2;
		const shift = 8 * (column & 3);
		const strongest: Strong[] = [];
		let least = 0;
		for (let place = 0; place < this.#known; place += 1) {
			const row = this.#rows[place] as number;
			const weight = (((packed[row * PACKED_NUMBERS + number] as number) >>> shift) & 0xff) - WEIGHT_ZERO;
			const span = this.#spans[place] as number;
			if (weight <= least || span === 0) continue;
			if (strongest.length < limit) strongest.push({ span, weight });
			let at = strongest.length - 1;
			for (; at > 0 && (strongest[at - 1] as Strong).weight < weight; at -= 1)
				strongest[at] = strongest[at - 1] as Strong;
			strongest[at] = { span, weight };
			if (strongest.length === limit) least = (strongest[limit - 1] as Strong).weight;
		}
		for (const { span, weight } of strongest) {
			const name = reader.textOf(Math.floor(span / SPAN_FACTOR), span % SPAN_FACTOR);
			sink.note(name, `type:${type}`, this.#scale * weight);
		}
	}
}
