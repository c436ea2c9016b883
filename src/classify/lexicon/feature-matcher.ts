import {
	type CompiledLexicon,
	compileLexicon,
	type LexiconEntry,
	normalizeText,
	type PhrasePart,
} from './compiled-lexicon.ts';
import type { FeatureTarget } from './index.ts';
import { tokenizeWords, Vocabulary, type WordToken, weighSentences } from './tokenize-words.ts';

/** Words a phrase's `~` may skip. */
const GAP_WORDS = 3;
/** Characters a phrase's `~` may skip in scripts without spaces. */
const GAP_CHARACTERS = 40;

function matchesPart({ known }: WordToken, part: PhrasePart): boolean {
	if (part.match === 'stem') return known.stem === part.stem;
	return part.match === 'beginning' ? known.word.startsWith(part.text) : known.word.endsWith(part.text);
}

/** Where the part stands from here on, in this sentence; -1 when it does not. */
function findPart(tokens: readonly WordToken[], from: number, look: { part: PhrasePart; sentence: number }): number {
	const furthest = Math.min(from + (look.part.gap ? GAP_WORDS : 0), tokens.length - 1);
	for (let at = from; at <= furthest; at += 1) {
		const token = tokens[at];
		// Sentences follow one another: behind the end of one there is nothing more of it.
		if (token === undefined || token.sentence !== look.sentence) return -1;
		if (matchesPart(token, look.part)) return at;
	}
	return -1;
}

/** The phrase's other words follow its first. */
function matchesWords(tokens: readonly WordToken[], start: number, parts: readonly PhrasePart[]): boolean {
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

function matchesCharacters(text: string, start: number, parts: readonly PhrasePart[]): boolean {
	let at = start;
	for (const part of parts) {
		if (part.gap) {
			const foundAt = text.slice(at, at + GAP_CHARACTERS + part.text.length).indexOf(part.text);
			if (foundAt < 0) return false;
			at += foundAt;
		} else if (!text.startsWith(part.text, at)) return false;
		at += part.text.length;
	}
	return true;
}

/** Finds the lexicon's signs in texts, one text after the other. */
export class FeatureMatcher {
	readonly #lexicon: CompiledLexicon;
	readonly #book: Vocabulary;
	readonly #found: MatchCollector;
	/** By the number of a stem: the last text that holds it. */
	readonly #lastSeen: Uint32Array;
	#text = 0;

	constructor(lexicon: CompiledLexicon = compileLexicon()) {
		this.#lexicon = lexicon;
		this.#book = new Vocabulary(lexicon);
		this.#found = new MatchCollector(lexicon.size);
		this.#lastSeen = new Uint32Array(lexicon.stems.size);
	}

	/** Every sign of the lexicon in a text, each phrase once. Time grows with the text; bound it before. */
	match(text: string): { features: Feature[]; words: number } {
		const normalised = normalizeText(text);
		const tokens = tokenizeWords(normalised, this.#book);
		weighSentences(tokens);
		this.#noteStems(tokens);
		let words = 0;
		let at = 0;
		for (const token of tokens) {
			if (token.known.isUnspaced) {
				this.#matchRun(normalised, token);
				words += Math.ceil(token.known.word.length / 2);
			} else {
				if (token.known.entries.length > 0) this.#matchWord(tokens, at, token);
				words += 1;
			}
			at += 1;
		}
		return { features: this.#found.drain(), words };
	}

	#noteStems(tokens: readonly WordToken[]): void {
		this.#text = (this.#text + 1) >>> 0;
		for (const { known } of tokens) if (known.stem >= 0) this.#lastSeen[known.stem] = this.#text;
	}

	#matchWord(tokens: readonly WordToken[], at: number, { known, factor }: WordToken): void {
		for (const entry of known.entries) {
			if (!this.#found.improves(entry, factor)) continue;
			if (entry.parts.length === 1 || (this.#canStand(entry) && matchesWords(tokens, at, entry.parts)))
				this.#found.add(entry, factor);
		}
	}

	/** The phrase's second word occurs in the text at all. */
	#canStand({ parts }: LexiconEntry): boolean {
		const second = parts[1]?.stem ?? -1;
		return second < 0 || this.#lastSeen[second] === this.#text;
	}

	#matchRun(text: string, { known, start, factor }: WordToken): void {
		for (let offset = 0; offset < known.word.length; offset += 1) {
			const entries = this.#lexicon.byCharacter.get(known.word.charAt(offset));
			if (entries === undefined) continue;
			for (const entry of entries)
				if (this.#found.improves(entry, factor) && matchesCharacters(text, start + offset, entry.parts))
					this.#found.add(entry, factor);
		}
	}
}

/** A sign found in a text. */
export interface Feature {
	name: string;
	target: FeatureTarget;
	/** Signed contribution to its target. */
	weight: number;
}

/** The entries found in a text, each with its best factor: saying a word twice proves nothing. Used again for the next text. */
export class MatchCollector {
	/** By the entry's number; 0 for one that was not found. */
	readonly #factors: Float64Array;
	#entries: LexiconEntry[] = [];

	constructor(size: number) {
		this.#factors = new Float64Array(size);
	}

	/** True when finding the entry with this factor would say something new. */
	improves(entry: LexiconEntry, factor: number): boolean {
		return (this.#factors[entry.number] ?? 0) < factor;
	}

	add(entry: LexiconEntry, factor: number): void {
		const before = this.#factors[entry.number];
		if (before === 0) this.#entries.push(entry);
		if (before === undefined || before < factor) this.#factors[entry.number] = factor;
	}

	/** The signs of what was found, in that order; forgets it. */
	drain(): Feature[] {
		const features: Feature[] = [];
		for (const entry of this.#entries) {
			const factor = this.#factors[entry.number] ?? 0;
			this.#factors[entry.number] = 0;
			for (const [target, weight] of entry.weights)
				features.push({ name: entry.name, target, weight: weight * factor });
		}
		this.#entries = [];
		return features;
	}
}
