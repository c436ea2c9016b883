import { CharacterKinds } from './character-kinds.ts';
import type { CompiledLexicon, EntryIndex, LexiconEntry } from './compiled-lexicon.ts';
import { isUnspaced, stemWord } from './normalise-text.ts';

/** A word as the lexicon knows it. */
export interface KnownWord {
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

const SHORTEST_BEGINNING = 4;
const LONGEST_BEGINNING = 12;
/** Characters that stand before an ending at least. */
const BEFORE_ENDING = 2;
/** Longer runs of letters are data; no word of a language is that long. */
const LONGEST_WORD = 48;
/** Words remembered at most. @default 8192 */
const CAPACITY = 8192;
/** Longer words are rarely words, and a slice of a text longer than this keeps the whole text in memory. */
const LONGEST_REMEMBERED = 12;
const NO_ENTRIES: readonly LexiconEntry[] = [];

/** What the lexicon knows of each word; frequent words are looked up once. */
export class WordBook {
	readonly lexicon: CompiledLexicon;
	readonly characters: CharacterKinds = new CharacterKinds();
	readonly #words = new Map<string, KnownWord>();

	constructor(lexicon: CompiledLexicon) {
		this.lexicon = lexicon;
	}

	/** @param word normalised */
	find(word: string): KnownWord {
		const remembered = this.#words.get(word);
		if (remembered !== undefined) return remembered;
		const known = this.#read(word);
		if (word.length > LONGEST_REMEMBERED) return known;
		// Beginning anew is cheaper than keeping an order, and no result depends on it.
		if (this.#words.size >= CAPACITY) this.#words.clear();
		this.#words.set(word, known);
		return known;
	}

	#read(word: string): KnownWord {
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
		if (word.length > LONGEST_WORD) return NO_ENTRIES;
		const entries: LexiconEntry[] = [];
		const longest = Math.min(word.length, LONGEST_BEGINNING);
		for (let length = SHORTEST_BEGINNING; length <= longest; length += 1)
			pushAll(entries, byBeginning, word.slice(0, length));
		const latest = word.length - SHORTEST_BEGINNING;
		for (let start = BEFORE_ENDING; start <= latest; start += 1) pushAll(entries, byEnding, word.slice(start));
		return entries.length === 0 ? NO_ENTRIES : entries;
	}
}

function pushAll(entries: LexiconEntry[], index: EntryIndex, text: string): void {
	const found = index.get(text);
	if (found !== undefined) entries.push(...found);
}
