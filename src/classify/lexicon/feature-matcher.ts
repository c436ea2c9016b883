import type { FeatureTarget } from './index.ts';
import { Lexicon, type LexiconEntry, type LexiconWord, normalizeText, type PhrasePart } from './lexicon.ts';

/** A phrase of the lexicon found in a text. */
export interface Feature {
	name: string;
	target: FeatureTarget;
	/** Signed contribution to its target. */
	weight: number;
}

/** Words that a phrase's `~` may skip. */
const MAX_GAP_WORDS = 3;
/** Characters that a phrase's `~` may skip in scripts without spaces. */
const MAX_GAP_CHARACTERS = 40;

/** Finds the lexicon's phrases in texts. Its buffers are reused from text to text. */
export class FeatureMatcher {
	readonly #lexicon: Lexicon;
	readonly #tokenizer: Tokenizer;
	/** By number of a stem: the last text that contains it. */
	readonly #lastText: Uint32Array;
	#text = 0;
	/** By number of an entry: its best factor in this text (saying a word twice proves nothing); 0: not found. */
	readonly #factors: Float64Array;
	/** The entries found in this text, in that order. */
	readonly #matches: LexiconEntry[] = [];

	constructor(lexicon: Lexicon = new Lexicon()) {
		this.#lexicon = lexicon;
		this.#tokenizer = new Tokenizer(lexicon);
		this.#lastText = new Uint32Array(lexicon.stemCount);
		this.#factors = new Float64Array(lexicon.size);
	}

	/** The features of a text, each phrase once, and its length in words. Takes time in proportion to the text: bound it. */
	match(text: string): { features: Feature[]; words: number } {
		const normalized = normalizeText(text);
		const tokens = this.#tokenizer.tokenize(normalized);
		this.#text = (this.#text + 1) >>> 0;
		for (const { word } of tokens) if (word.stem >= 0) this.#lastText[word.stem] = this.#text;
		let words = 0;
		for (let at = 0; at < tokens.length; at += 1) {
			const token = tokens[at];
			if (token === undefined) break;
			if (token.word.isUnspaced) this.#matchCharacters(normalized, token);
			else if (token.word.entries.length > 0) this.#matchWords(tokens, at, token);
			words += token.word.isUnspaced ? Math.ceil(token.word.text.length / 2) : 1;
		}
		return { features: this.#drain(), words };
	}

	#matchWords(tokens: readonly WordToken[], at: number, { word, factor }: WordToken): void {
		for (const entry of word.entries) {
			if (!this.#improves(entry, factor)) continue;
			if (entry.parts.length === 1 || (this.#hasSecondWord(entry) && followsWords(tokens, at, entry.parts)))
				this.#add(entry, factor);
		}
	}

	/** The second word of the phrase occurs somewhere in the text. */
	#hasSecondWord({ parts }: LexiconEntry): boolean {
		const second = parts[1]?.stem ?? -1;
		return second < 0 || this.#lastText[second] === this.#text;
	}

	#matchCharacters(text: string, { word, start, factor }: WordToken): void {
		for (let offset = 0; offset < word.text.length; offset += 1) {
			const entries = this.#lexicon.entriesAt(word.text.charAt(offset));
			if (entries === undefined) continue;
			for (const entry of entries)
				if (this.#improves(entry, factor) && standsAt(text, start + offset, entry.parts)) this.#add(entry, factor);
		}
	}

	#improves(entry: LexiconEntry, factor: number): boolean {
		return (this.#factors[entry.number] ?? 0) < factor;
	}

	/** Adds a match that improves what was found. */
	#add(entry: LexiconEntry, factor: number): void {
		if (this.#factors[entry.number] === 0) this.#matches.push(entry);
		this.#factors[entry.number] = factor;
	}

	#drain(): Feature[] {
		const features: Feature[] = [];
		for (const { name, number, weights } of this.#matches) {
			const factor = this.#factors[number] ?? 0;
			this.#factors[number] = 0;
			for (const [target, weight] of weights) features.push({ name, target, weight: weight * factor });
		}
		this.#matches.length = 0;
		return features;
	}
}

/** The other words of a phrase follow its first one, in the same sentence. */
function followsWords(tokens: readonly WordToken[], start: number, parts: readonly PhrasePart[]): boolean {
	const sentence = tokens[start]?.sentence ?? -1;
	let at = start;
	for (let index = 1; index < parts.length; index += 1) {
		const part = parts[index];
		if (part === undefined) break;
		at = findPart(tokens, at + 1, { part, sentence });
		if (at < 0) return false;
	}
	return true;
}

/** Where the part stands from an offset on, in this sentence; -1: nowhere. */
function findPart(
	tokens: readonly WordToken[],
	from: number,
	{ part, sentence }: { part: PhrasePart; sentence: number },
): number {
	const last = Math.min(from + (part.gap ? MAX_GAP_WORDS : 0), tokens.length - 1);
	for (let at = from; at <= last; at += 1) {
		const token = tokens[at];
		// Sentences follow one another: behind the end of one there is nothing more of it.
		if (token === undefined || token.sentence !== sentence) return -1;
		if (matchesPart(token, part)) return at;
	}
	return -1;
}

function matchesPart({ word }: WordToken, part: PhrasePart): boolean {
	if (part.match === 'stem') return word.stem === part.stem;
	return part.match === 'beginning' ? word.text.startsWith(part.text) : word.text.endsWith(part.text);
}

/** A phrase of a script without spaces stands at an offset of the text. */
function standsAt(text: string, start: number, parts: readonly PhrasePart[]): boolean {
	let at = start;
	for (const part of parts) {
		if (part.gap) {
			const skipped = text.slice(at, at + MAX_GAP_CHARACTERS + part.text.length).indexOf(part.text);
			if (skipped < 0) return false;
			at += skipped;
		} else if (!text.startsWith(part.text, at)) return false;
		at += part.text.length;
	}
	return true;
}

/** One word of a text, or a run of characters of a script without spaces. */
interface WordToken {
	word: LexiconWord;
	/** Offset in the normalized text. */
	start: number;
	sentence: number;
	/** Weight of the word's position: the leading verb counts most, circumstance least. */
	factor: number;
}

/** What a character can be to the tokenizer, as bits: some are several things. */
const CHARACTER_CLASS = {
	/** A Latin letter: continues a word after an apostrophe. */
	latin: 1,
	/** A Latin letter, a digit of any script or `_`. */
	word: 2,
	/** A character of a script without spaces. */
	unspaced: 4,
	/** A letter of another script. */
	other: 8,
	sentenceEnd: 16,
	comma: 32,
	/** Any letter or digit: a dot before it ends no sentence. */
	letterOrDigit: 64,
	/** The classes of this character have been looked up. */
	lookedUp: 128,
} as const;
const { latin, word: wordClass, unspaced, other, sentenceEnd, comma, letterOrDigit, lookedUp } = CHARACTER_CLASS;
const CLASS_PATTERNS: ReadonlyArray<readonly [number, RegExp]> = [
	[latin, /\p{Script=Latin}/u],
	[wordClass, /[\p{Script=Latin}\p{N}_]/u],
	[unspaced, /[々ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
	[
		other,
		/[\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/u,
	],
	[sentenceEnd, /[.!?;:\n…。！？；：]/u],
	[comma, /[,，、]/u],
	[letterOrDigit, /[\p{L}\p{N}]/u],
];
const MAX_CODE_UNIT = 0xffff;
const APOSTROPHE = 0x27;
const DOT = 0x2e;
const ELISION = /^(?:l|d|j|n|m|c|s|t)'(?=..)/;

const POSITION_FACTOR = { lead: 1.5, body: 1, circumstance: 0.6 } as const;
/** Words at the beginning of a sentence that lead it. */
const LEAD_WORDS = 2;

interface ClauseState {
	sentence: number;
	/** Words of this sentence so far, without link and light words. */
	contentWords: number;
	/** A link word stands earlier in this clause. */
	isAfterLink: boolean;
}

function readPunctuation(state: ClauseState, classes: number, isInsideName: boolean): void {
	if ((classes & comma) !== 0) state.isAfterLink = false;
	// A dot inside a file name or a number does not end a sentence.
	else if (!isInsideName) {
		if (state.contentWords > 0) state.sentence += 1;
		state.contentWords = 0;
		state.isAfterLink = false;
	}
}

function readPosition(state: ClauseState, { isLink, isLight, isUnspaced }: LexiconWord): number {
	if (isLink && state.contentWords > 0) state.isAfterLink = true;
	const { lead, body, circumstance } = POSITION_FACTOR;
	const factor = state.isAfterLink ? circumstance : state.contentWords < LEAD_WORDS ? lead : body;
	if (!isLink && !isLight) state.contentWords += 1;
	return isUnspaced ? body : factor;
}

/** The code point at an offset; of a lone surrogate its own code. */
function getCodePoint(text: string, at: number): number {
	const unit = text.charCodeAt(at);
	return unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) ?? unit) : unit;
}

/** Splits normalized texts into words. */
class Tokenizer {
	readonly #lexicon: Lexicon;
	/** Classes by UTF-16 code unit, looked up when a character first occurs; 64 KiB. */
	readonly #classes = new Uint8Array(MAX_CODE_UNIT + 1);

	constructor(lexicon: Lexicon) {
		this.#lexicon = lexicon;
	}

	/** The words of a text without fillers, each weighed by its position. */
	tokenize(text: string): WordToken[] {
		const tokens: WordToken[] = [];
		const state: ClauseState = { sentence: 0, contentWords: 0, isAfterLink: false };
		let at = 0;
		while (at < text.length) {
			const code = getCodePoint(text, at);
			const classes = this.#classify(code);
			if ((classes & (wordClass | unspaced | other)) !== 0) {
				const end = this.#findTokenEnd(text, at, classes);
				const raw = text.slice(at, end);
				const word = this.#lexicon.lookUp(raw.charCodeAt(1) === APOSTROPHE ? raw.replace(ELISION, '') : raw);
				if (!word.isFiller) {
					const factor = readPosition(state, word);
					tokens.push({ word, start: at, sentence: state.sentence, factor });
				}
				at = end;
				continue;
			}
			at += code > MAX_CODE_UNIT ? 2 : 1;
			if ((classes & (sentenceEnd | comma)) !== 0) {
				const next = this.#classify(text.charCodeAt(at));
				readPunctuation(state, classes, code === DOT && (next & letterOrDigit) !== 0);
			}
		}
		weighSentences(tokens);
		return tokens;
	}

	/** The classes of a code point; 0 for `NaN`, past the end of a text. */
	#classify(code: number): number {
		const known = this.#classes[code];
		if (known !== undefined && known !== 0) return known;
		if (Number.isNaN(code)) return 0;
		const character = String.fromCodePoint(code);
		let classes: number = lookedUp;
		for (const [bit, pattern] of CLASS_PATTERNS) if (pattern.test(character)) classes |= bit;
		// Characters beyond the basic plane are too many for a table, and rare.
		if (code <= MAX_CODE_UNIT) this.#classes[code] = classes;
		return classes;
	}

	#findTokenEnd(text: string, from: number, classes: number): number {
		if ((classes & wordClass) === 0) return this.#findRunEnd(text, from, (classes & unspaced) !== 0 ? unspaced : other);
		let end = this.#findRunEnd(text, from, wordClass);
		// Letters after an apostrophe belong to the word.
		while (text.charCodeAt(end) === APOSTROPHE) {
			const next = this.#findRunEnd(text, end + 1, latin);
			if (next === end + 1) break;
			end = next;
		}
		return end;
	}

	/** Where a run of characters of one class ends. */
	#findRunEnd(text: string, from: number, bit: number): number {
		let at = from;
		while (at < text.length) {
			// Most characters are in the table; only those that are not, or end the run, are looked at again.
			if (((this.#classes[text.charCodeAt(at)] ?? 0) & bit) !== 0) {
				at += 1;
				continue;
			}
			const code = getCodePoint(text, at);
			if ((this.#classify(code) & bit) === 0) break;
			at += code > MAX_CODE_UNIT ? 2 : 1;
		}
		return at;
	}
}

/** Lowers the factor of sentences in the middle of a long text: the request stands first or last. */
function weighSentences(tokens: readonly WordToken[]): void {
	const last = tokens.at(-1)?.sentence ?? 0;
	if (last < 3) return;
	const middle = last > 10 ? 0.25 : 0.6;
	for (const token of tokens) if (token.sentence > 1 && token.sentence < last - 1) token.factor *= middle;
}
