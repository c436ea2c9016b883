import { type CharacterKinds, KIND } from './character-kinds.ts';
import type { KnownWord, WordBook } from './word-book.ts';

/** One word of a text, or a run of characters of a script without spaces. */
export interface WordToken {
	known: KnownWord;
	/** Offset in the normalised text. */
	start: number;
	sentence: number;
	/** How much of a request the place makes this word: the leading verb counts most, circumstance least. */
	factor: number;
}

const APOSTROPHE = 0x27;
const DOT = 0x2e;
const ELISION = /^(?:l|d|j|n|m|c|s|t)'(?=..)/;
const RUNS = KIND.word | KIND.unspaced | KIND.other;
const PUNCTUATION = KIND.sentenceEnd | KIND.comma;

/** The weight of a place in the sentence. */
const PLACE = { lead: 1.5, body: 1, circumstance: 0.6 } as const;
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
	if ((kinds & KIND.comma) !== 0) {
		state.afterLink = false;
		return;
	}
	// A dot inside a file name or a number does not end a sentence.
	if (isInsideName) return;
	if (state.contentWords > 0) state.sentence += 1;
	state.contentWords = 0;
	state.afterLink = false;
}

function placeWord(state: ClauseState, { isLink, isLight }: KnownWord): number {
	if (isLink && state.contentWords > 0) state.afterLink = true;
	const place = state.afterLink ? PLACE.circumstance : state.contentWords < LEAD_WORDS ? PLACE.lead : PLACE.body;
	if (!isLink && !isLight) state.contentWords += 1;
	return place;
}

/** The code point there; a lone half of a pair for itself. */
function codeAt(text: string, at: number): number {
	const unit = text.charCodeAt(at);
	return unit >= 0xd800 && unit <= 0xdbff ? (text.codePointAt(at) ?? unit) : unit;
}

/** Where a run of characters of this kind ends. */
function endOfRun(text: string, from: number, run: { kind: number; characters: CharacterKinds }): number {
	const { table } = run.characters;
	let at = from;
	while (at < text.length) {
		// Most characters are in the table already; those that are not, or are no part of the run, are looked at again.
		if (((table[text.charCodeAt(at)] ?? 0) & run.kind) !== 0) {
			at += 1;
			continue;
		}
		const code = codeAt(text, at);
		if ((run.characters.of(code) & run.kind) === 0) break;
		at += code > 0xffff ? 2 : 1;
	}
	return at;
}

/** Where a word that begins here ends: letters and digits, and letters after an apostrophe. */
function endOfWord(text: string, from: number, characters: CharacterKinds): number {
	let end = endOfRun(text, from, { kind: KIND.word, characters });
	while (text.charCodeAt(end) === APOSTROPHE) {
		const next = endOfRun(text, end + 1, { kind: KIND.latin, characters });
		if (next === end + 1) break;
		end = next;
	}
	return end;
}

function endOfToken(text: string, at: number, { kinds, characters }: { kinds: number; characters: CharacterKinds }) {
	if ((kinds & KIND.word) !== 0) return endOfWord(text, at, characters);
	const kind = (kinds & KIND.unspaced) !== 0 ? KIND.unspaced : KIND.other;
	return endOfRun(text, at, { kind, characters });
}

function toToken(state: ClauseState, start: number, known: KnownWord): WordToken {
	const place = placeWord(state, known);
	return { known, start, sentence: state.sentence, factor: known.isUnspaced ? PLACE.body : place };
}

/** Splits a normalised text into words; fillers are left out. */
export function tokenizeWords(normalised: string, book: WordBook): WordToken[] {
	const { characters } = book;
	const tokens: WordToken[] = [];
	const state: ClauseState = { sentence: 0, contentWords: 0, afterLink: false };
	let at = 0;
	while (at < normalised.length) {
		const code = codeAt(normalised, at);
		const kinds = characters.of(code);
		if ((kinds & RUNS) !== 0) {
			const end = endOfToken(normalised, at, { kinds, characters });
			const raw = normalised.slice(at, end);
			const known = book.find(raw.charCodeAt(1) === APOSTROPHE ? raw.replace(ELISION, '') : raw);
			if (!known.isFiller) tokens.push(toToken(state, at, known));
			at = end;
			continue;
		}
		at += code > 0xffff ? 2 : 1;
		if ((kinds & PUNCTUATION) !== 0) {
			const next = characters.of(normalised.charCodeAt(at));
			readPunctuation(state, kinds, code === DOT && (next & KIND.letterOrDigit) !== 0);
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
