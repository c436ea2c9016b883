import { type CompiledLexicon, type EntryIndex, isUnspaced, type LexiconEntry, stemWord } from './compiled-lexicon.ts';

/** What a character may be to the tokeniser; some are several things. */
const CHARACTER_CLASS = {
	/** A Latin letter: goes on after an apostrophe. */
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
} as const;

/** The kinds of a character have been looked up. */
const LOOKED_UP = 128;
const MAX_CODE_UNIT = 0xffff;
const TESTS: ReadonlyArray<readonly [number, RegExp]> = [
	[CHARACTER_CLASS.latin, /\p{Script=Latin}/u],
	[CHARACTER_CLASS.word, /[\p{Script=Latin}\p{N}_]/u],
	[CHARACTER_CLASS.unspaced, /[々ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
	[
		CHARACTER_CLASS.other,
		/[\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]/u,
	],
	[CHARACTER_CLASS.sentenceEnd, /[.!?;:\n…。！？；：]/u],
	[CHARACTER_CLASS.comma, /[,，、]/u],
	[CHARACTER_CLASS.letterOrDigit, /[\p{L}\p{N}]/u],
];

function classifyCharacter(code: number): number {
	const character = String.fromCodePoint(code);
	return TESTS.reduce((kinds, [kind, test]) => (test.test(character) ? kinds | kind : kinds), LOOKED_UP);
}

/** The kinds of characters by their code, each looked up when it first occurs; 64 KiB. */
export class CharacterClasses {
	/** By the code of a character of the basic plane; 0: not yet looked up. */
	readonly table: Uint8Array = new Uint8Array(MAX_CODE_UNIT + 1);

	/** The kinds of a code point as bits of `KIND`; `NaN`, past the end of a text, is nothing. */
	get(code: number): number {
		const kinds = this.table[code];
		if (kinds !== undefined && kinds !== 0) return kinds;
		if (Number.isNaN(code)) return 0;
		const found = classifyCharacter(code);
		// Characters beyond the basic plane are too many for a table, and rare.
		if (code <= MAX_CODE_UNIT) this.table[code] = found;
		return found;
	}
}

/** One word of a text, or a run of characters of a script without spaces. */
export interface WordToken {
	known: VocabularyWord;
	/** Offset in the normalised text. */
	start: number;
	sentence: number;
	/** How much of a request the place makes this word: the leading verb counts most, circumstance least. */
	factor: number;
}

const APOSTROPHE = 0x27;
const DOT = 0x2e;
const ELISION = /^(?:l|d|j|n|m|c|s|t)'(?=..)/;
const RUNS = CHARACTER_CLASS.word | CHARACTER_CLASS.unspaced | CHARACTER_CLASS.other;
const PUNCTUATION = CHARACTER_CLASS.sentenceEnd | CHARACTER_CLASS.comma;

/** The weight of a place in the sentence. */
const POSITION_FACTOR = { lead: 1.5, body: 1, circumstance: 0.6 } as const;
/** How many words of a sentence lead it. */
const LEAD_WORDS = 2;

interface ClauseState {
	sentence: number;
	/** Words of this sentence so far, link words left out. */
	contentWords: number;
	/** A link word stood before, in this clause. */
	afterLink: boolean;
}

function readPunctuation(state: ClauseState, kinds: number, isInsideName: boolean): void {
	if ((kinds & CHARACTER_CLASS.comma) !== 0) {
		state.afterLink = false;
		return;
	}
	// A dot inside a file name or a number does not end a sentence.
	if (isInsideName) return;
	if (state.contentWords > 0) state.sentence += 1;
	state.contentWords = 0;
	state.afterLink = false;
}

function getPositionFactor(state: ClauseState, { isLink, isLight }: VocabularyWord): number {
	if (isLink && state.contentWords > 0) state.afterLink = true;
	const place = state.afterLink
		? POSITION_FACTOR.circumstance
		: state.contentWords < LEAD_WORDS
			? POSITION_FACTOR.lead
			: POSITION_FACTOR.body;
	if (!isLink && !isLight) state.contentWords += 1;
	return place;
}

/** The code point there; a lone half of a pair for itself. */
function getCodePoint(text: string, at: number): number {
	const unit = text.charCodeAt(at);
	return unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) ?? unit) : unit;
}

/** Where a run of characters of this kind ends. */
function findRunEnd(text: string, from: number, run: { kind: number; characters: CharacterClasses }): number {
	const { table } = run.characters;
	let at = from;
	while (at < text.length) {
		// Most characters are in the table already; those that are not, or are no part of the run, are looked at again.
		if (((table[text.charCodeAt(at)] ?? 0) & run.kind) !== 0) {
			at += 1;
			continue;
		}
		const code = getCodePoint(text, at);
		if ((run.characters.get(code) & run.kind) === 0) break;
		at += code > 0xffff ? 2 : 1;
	}
	return at;
}

/** Where a word that begins here ends: letters and digits, and letters after an apostrophe. */
function findWordEnd(text: string, from: number, characters: CharacterClasses): number {
	let end = findRunEnd(text, from, { kind: CHARACTER_CLASS.word, characters });
	while (text.charCodeAt(end) === APOSTROPHE) {
		const next = findRunEnd(text, end + 1, { kind: CHARACTER_CLASS.latin, characters });
		if (next === end + 1) break;
		end = next;
	}
	return end;
}

function findTokenEnd(
	text: string,
	at: number,
	{ kinds, characters }: { kinds: number; characters: CharacterClasses },
) {
	if ((kinds & CHARACTER_CLASS.word) !== 0) return findWordEnd(text, at, characters);
	const kind = (kinds & CHARACTER_CLASS.unspaced) !== 0 ? CHARACTER_CLASS.unspaced : CHARACTER_CLASS.other;
	return findRunEnd(text, at, { kind, characters });
}

function toToken(state: ClauseState, start: number, known: VocabularyWord): WordToken {
	const place = getPositionFactor(state, known);
	return { known, start, sentence: state.sentence, factor: known.isUnspaced ? POSITION_FACTOR.body : place };
}

/** Splits a normalised text into words; fillers are left out. */
export function tokenizeWords(normalised: string, book: Vocabulary): WordToken[] {
	const { characters } = book;
	const tokens: WordToken[] = [];
	const state: ClauseState = { sentence: 0, contentWords: 0, afterLink: false };
	let at = 0;
	while (at < normalised.length) {
		const code = getCodePoint(normalised, at);
		const kinds = characters.get(code);
		if ((kinds & RUNS) !== 0) {
			const end = findTokenEnd(normalised, at, { kinds, characters });
			const raw = normalised.slice(at, end);
			const known = book.lookUp(raw.charCodeAt(1) === APOSTROPHE ? raw.replace(ELISION, '') : raw);
			if (!known.isFiller) tokens.push(toToken(state, at, known));
			at = end;
			continue;
		}
		at += code > 0xffff ? 2 : 1;
		if ((kinds & PUNCTUATION) !== 0) {
			const next = characters.get(normalised.charCodeAt(at));
			readPunctuation(state, kinds, code === DOT && (next & CHARACTER_CLASS.letterOrDigit) !== 0);
		}
	}
	return tokens;
}

/** Lowers the factor of sentences in the middle of a long text: the request stands first or last. */
export function weighSentences(tokens: WordToken[]): void {
	const last = tokens.at(-1)?.sentence ?? 0;
	if (last < 3) return;
	const middle = last > 10 ? 0.25 : 0.6;
	for (const token of tokens) if (token.sentence > 1 && token.sentence < last - 1) token.factor *= middle;
}

/** A word as the lexicon knows it. */
export interface VocabularyWord {
	/** Lower case, accents dropped. */
	word: string;
	/** The number of the word's stem among the stems of all phrases; -1 for one that stands in none. */
	stem: number;
	isFiller: boolean;
	isLink: boolean;
	isLight: boolean;
	/** A run of characters of a script without spaces. */
	isUnspaced: boolean;
	/** Entries that may begin with this word; none for a run without spaces, which is read by character. */
	entries: readonly LexiconEntry[];
}

const MIN_PREFIX_LENGTH = 4;
const MAX_PREFIX_LENGTH = 12;
/** Characters that stand before an ending at least. */
const MIN_CHARACTERS_BEFORE_SUFFIX = 2;
/** Longer runs of letters are data; no word of a language is that long. */
const MAX_WORD_LENGTH = 48;
/** Words remembered at most. @default 8192 */
const MAX_CACHED_WORDS = 8192;
/** Longer words are rarely words, and a slice of a text longer than this keeps the whole text in memory. */
const MAX_CACHED_WORD_LENGTH = 12;
const NO_ENTRIES: readonly LexiconEntry[] = [];

/** What the lexicon knows of each word; frequent words are looked up once. */
export class Vocabulary {
	readonly lexicon: CompiledLexicon;
	readonly characters: CharacterClasses = new CharacterClasses();
	readonly #words = new Map<string, VocabularyWord>();

	constructor(lexicon: CompiledLexicon) {
		this.lexicon = lexicon;
	}

	/** @param word normalised */
	lookUp(word: string): VocabularyWord {
		const remembered = this.#words.get(word);
		if (remembered !== undefined) return remembered;
		const known = this.#read(word);
		if (word.length > MAX_CACHED_WORD_LENGTH) return known;
		// Beginning anew is cheaper than keeping an order, and no result depends on it.
		if (this.#words.size >= MAX_CACHED_WORDS) this.#words.clear();
		this.#words.set(word, known);
		return known;
	}

	#read(word: string): VocabularyWord {
		const { clause, stems } = this.lexicon;
		const unspaced = isUnspaced(word);
		const stem = unspaced ? word : stemWord(word);
		return {
			word,
			stem: stems.get(stem) ?? -1,
			isFiller: clause.filler.has(word),
			isLink: clause.link.has(word),
			isLight: clause.light.has(word),
			isUnspaced: unspaced,
			entries: unspaced ? NO_ENTRIES : this.#entriesOf(word, stem),
		};
	}

	#entriesOf(word: string, stem: string): readonly LexiconEntry[] {
		const { byStem, byBeginning, byEnding } = this.lexicon;
		const exact = byStem.get(stem);
		// A word one language lists in full is not counted again for another's beginning of it.
		if (exact !== undefined) return exact;
		if (word.length > MAX_WORD_LENGTH) return NO_ENTRIES;
		const entries: LexiconEntry[] = [];
		const longest = Math.min(word.length, MAX_PREFIX_LENGTH);
		for (let length = MIN_PREFIX_LENGTH; length <= longest; length += 1)
			pushAll(entries, byBeginning, word.slice(0, length));
		const latest = word.length - MIN_PREFIX_LENGTH;
		for (let start = MIN_CHARACTERS_BEFORE_SUFFIX; start <= latest; start += 1)
			pushAll(entries, byEnding, word.slice(start));
		return entries.length === 0 ? NO_ENTRIES : entries;
	}
}

function pushAll(entries: LexiconEntry[], index: EntryIndex, text: string): void {
	const found = index.get(text);
	if (found !== undefined) entries.push(...found);
}
