import type { Lexicon, LexiconWord } from './lexicon.ts';

/** One word of a text, or a run of characters of a script without spaces. */
export interface WordToken {
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
export class Tokenizer {
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
