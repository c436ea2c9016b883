import type { FeatureTarget } from './index.ts';
import { Lexicon, type LexiconEntry, normalizeText, type PhrasePart } from './lexicon.ts';
import { Tokenizer, type WordToken } from './tokenizer.ts';

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
