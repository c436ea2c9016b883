import type { CompiledLexicon, LexiconEntry, PhrasePart } from './compiled-lexicon.ts';
import type { SignTarget } from './lexicon/index.ts';
import { isUnspaced, normaliseText, tokenizeWords, type WordToken, weighSentences } from './word-tokens.ts';

/** A sign found in a text. */
export interface Sign {
	name: string;
	target: SignTarget;
	/** Signed contribution to its target. */
	weight: number;
}

/** Words a phrase's `~` may skip. */
const GAP_WORDS = 3;
/** Characters a phrase's `~` may skip in scripts without spaces. */
const GAP_CHARACTERS = 40;
const SHORTEST_BEGINNING = 4;
const LONGEST_BEGINNING = 12;
/** Longer runs of letters are data; no word of a language is that long. */
const LONGEST_WORD = 48;

interface Reading {
	text: string;
	tokens: readonly WordToken[];
	/** The best factor with which each entry was found: saying a word twice proves nothing. */
	found: Map<LexiconEntry, number>;
}

function fits(token: WordToken | undefined, part: PhrasePart): boolean {
	if (token === undefined) return false;
	if (part.match === 'beginning') return token.word.startsWith(part.text);
	if (part.match === 'ending') return token.word.endsWith(part.text);
	return token.stem === part.text;
}

function matchesFrom(tokens: readonly WordToken[], start: number, parts: readonly PhrasePart[]): boolean {
	const sentence = tokens[start]?.sentence;
	let at = start;
	for (const part of parts.slice(1)) {
		const furthest = at + 1 + (part.gap ? GAP_WORDS : 0);
		let next = at + 1;
		while (next <= furthest && !(tokens[next]?.sentence === sentence && fits(tokens[next], part))) next += 1;
		if (next > furthest) return false;
		at = next;
	}
	return true;
}

function keep(found: Map<LexiconEntry, number>, entry: LexiconEntry, factor: number): void {
	const before = found.get(entry);
	if (before === undefined || before < factor) found.set(entry, factor);
}

function tryEntries(reading: Reading, at: number, entries: readonly LexiconEntry[] | undefined): void {
	if (entries === undefined) return;
	const factor = reading.tokens[at]?.factor ?? 0;
	for (const entry of entries)
		if (entry.parts.length === 1 || matchesFrom(reading.tokens, at, entry.parts)) keep(reading.found, entry, factor);
}

function matchWord(reading: Reading, at: number, token: WordToken, lexicon: CompiledLexicon): void {
	const exact = lexicon.byStem.get(token.stem);
	// A word one language lists in full is not counted again for another's beginning of it.
	if (exact !== undefined) {
		tryEntries(reading, at, exact);
		return;
	}
	if (token.word.length > LONGEST_WORD) return;
	const longest = Math.min(token.word.length, LONGEST_BEGINNING);
	for (let length = SHORTEST_BEGINNING; length <= longest; length += 1)
		tryEntries(reading, at, lexicon.byBeginning.get(token.word.slice(0, length)));
	for (let start = 2; start <= token.word.length - SHORTEST_BEGINNING; start += 1)
		tryEntries(reading, at, lexicon.byEnding.get(token.word.slice(start)));
}

function matchesUnspaced(text: string, start: number, parts: readonly PhrasePart[]): boolean {
	let at = start;
	for (const part of parts) {
		const limit = at + (part.gap ? GAP_CHARACTERS : 0);
		const foundAt = text.slice(at, limit + part.text.length).indexOf(part.text);
		if (foundAt < 0) return false;
		at += foundAt + part.text.length;
	}
	return true;
}

function matchRun(reading: Reading, token: WordToken, lexicon: CompiledLexicon): void {
	for (let offset = 0; offset < token.word.length; offset += 1)
		for (const entry of lexicon.byCharacter.get(token.word.charAt(offset)) ?? [])
			if (matchesUnspaced(reading.text, token.start + offset, entry.parts)) keep(reading.found, entry, token.factor);
}

/** Every sign of the lexicon in a text, each phrase once. Time grows with the text; bound it before. */
export function matchSigns(text: string, lexicon: CompiledLexicon): { signs: Sign[]; words: number } {
	const normalised = normaliseText(text);
	const tokens = tokenizeWords(normalised, lexicon.clause);
	weighSentences(tokens);
	const reading: Reading = { text: normalised, tokens, found: new Map() };
	let words = 0;
	for (const [at, token] of tokens.entries()) {
		if (isUnspaced(token.word)) {
			matchRun(reading, token, lexicon);
			words += Math.ceil(token.word.length / 2);
		} else {
			matchWord(reading, at, token, lexicon);
			words += 1;
		}
	}
	const signs: Sign[] = [];
	for (const [entry, factor] of reading.found)
		for (const [target, weight] of entry.weights) signs.push({ name: entry.name, target, weight: weight * factor });
	return { signs, words };
}

/** Sum of what the signs say about one thing. */
export function sumSigns(signs: readonly Sign[], target: SignTarget): number {
	let sum = 0;
	for (const sign of signs) if (sign.target === target) sum += sign.weight;
	return sum;
}
