import { type CompiledLexicon, compileLexicon, type LexiconEntry, type PhrasePart } from './compiled-lexicon.ts';
import { FoundEntries, type Sign } from './found-entries.ts';
import { normaliseText } from './normalise-text.ts';
import { WordBook } from './word-book.ts';
import { tokenizeWords, type WordToken, weighSentences } from './word-tokens.ts';

/** Words a phrase's `~` may skip. */
const GAP_WORDS = 3;
/** Characters a phrase's `~` may skip in scripts without spaces. */
const GAP_CHARACTERS = 40;

function fits({ known }: WordToken, part: PhrasePart): boolean {
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
		if (fits(token, look.part)) return at;
	}
	return -1;
}

/** The phrase's other words follow its first. */
function goesOn(tokens: readonly WordToken[], start: number, parts: readonly PhrasePart[]): boolean {
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

function standsAt(text: string, start: number, parts: readonly PhrasePart[]): boolean {
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
export class SignMatcher {
	readonly #lexicon: CompiledLexicon;
	readonly #book: WordBook;
	readonly #found: FoundEntries;
	/** By the number of a stem: the last text that holds it. */
	readonly #lastSeen: Uint32Array;
	#text = 0;

	constructor(lexicon: CompiledLexicon = compileLexicon()) {
		this.#lexicon = lexicon;
		this.#book = new WordBook(lexicon);
		this.#found = new FoundEntries(lexicon.size);
		this.#lastSeen = new Uint32Array(lexicon.stems.size);
	}

	/** Every sign of the lexicon in a text, each phrase once. Time grows with the text; bound it before. */
	match(text: string): { signs: Sign[]; words: number } {
		const normalised = normaliseText(text);
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
		return { signs: this.#found.takeSigns(), words };
	}

	#noteStems(tokens: readonly WordToken[]): void {
		this.#text = (this.#text + 1) >>> 0;
		for (const { known } of tokens) if (known.stem >= 0) this.#lastSeen[known.stem] = this.#text;
	}

	#matchWord(tokens: readonly WordToken[], at: number, { known, factor }: WordToken): void {
		for (const entry of known.entries) {
			if (!this.#found.isNews(entry, factor)) continue;
			if (entry.parts.length === 1 || (this.#canStand(entry) && goesOn(tokens, at, entry.parts)))
				this.#found.keep(entry, factor);
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
				if (this.#found.isNews(entry, factor) && standsAt(text, start + offset, entry.parts))
					this.#found.keep(entry, factor);
		}
	}
}
