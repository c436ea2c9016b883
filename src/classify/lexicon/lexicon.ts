import { type FeatureTarget, LEXICONS, type LexiconData } from './index.ts';

/** One word of a phrase. */
export interface PhrasePart {
	text: string;
	match: 'stem' | 'beginning' | 'ending';
	/** The number of its stem: equal numbers, equal stems; -1 for a beginning or an ending. */
	stem: number;
	/** Other words may stand before this one. */
	gap: boolean;
}

/** A phrase and the weights it adds. */
export interface LexiconEntry {
	/** Its place among all entries. */
	number: number;
	name: string;
	parts: readonly PhrasePart[];
	weights: Map<FeatureTarget, number>;
}

/** A word with what the lexicon knows of it. */
export interface LexiconWord {
	/** Lower case, without accents. */
	text: string;
	/** The number of its stem; -1 when no phrase contains it. */
	stem: number;
	isFiller: boolean;
	isLink: boolean;
	isLight: boolean;
	/** A run of characters of a script without spaces. */
	isUnspaced: boolean;
	/** Entries that may begin with this word; none for an unspaced run, which is matched by character. */
	entries: readonly LexiconEntry[];
}

const MIN_AFFIX_LENGTH = 4;
const MAX_BEGINNING_LENGTH = 12;
/** Characters before an ending at least. */
const MIN_CHARACTERS_BEFORE_ENDING = 2;
/** Longer runs of letters are data: no word of a language is that long. */
const MAX_WORD_LENGTH = 48;
const MAX_CACHED_WORDS = 8192;
/** Longer words rarely occur twice, and a slice of a text that is longer than this keeps the whole text in memory. */
const MAX_CACHED_WORD_LENGTH = 12;
const NO_ENTRIES: readonly LexiconEntry[] = [];

/** The phrases of all languages, found by their first word. */
export class Lexicon {
	readonly #words: Readonly<Record<'link' | 'light' | 'filler', ReadonlySet<string>>>;
	readonly #stems = new Map<string, number>();
	readonly #byFirstWord = { stem: new Map(), beginning: new Map(), ending: new Map() } as Readonly<
		Record<PhrasePart['match'], Map<string, LexiconEntry[]>>
	>;
	readonly #byCharacter = new Map<string, LexiconEntry[]>();
	readonly #cache = new Map<string, LexiconWord>();
	/** How many entries there are. */
	readonly size: number;

	/** A phrase that two languages share keeps the weight of the first. */
	constructor(lexicons: readonly LexiconData[] = LEXICONS) {
		const collect = (field: 'linkWords' | 'lightWords' | 'fillerWords'): Set<string> =>
			new Set(lexicons.flatMap((lexicon) => normalizeText(lexicon[field]).split(' ')).filter((word) => word !== ''));
		this.#words = { link: collect('linkWords'), light: collect('lightWords'), filler: collect('fillerWords') };
		const entries = new Map<string, LexiconEntry>();
		for (const { phrase, target, weight } of listPhrases(lexicons)) {
			const parts = this.#parsePhrase(phrase);
			const [first] = parts;
			if (first === undefined) continue;
			const key = parts.map((part) => `${part.gap ? '~' : ''}${part.match}:${part.text}`).join(' ');
			let entry = entries.get(key);
			if (entry === undefined) {
				entry = { number: entries.size, name: phrase.replaceAll(' ~', ' …'), parts, weights: new Map() };
				entries.set(key, entry);
				if (isUnspaced(first.text)) append(this.#byCharacter, first.text.charAt(0), entry);
				else append(this.#byFirstWord[first.match], first.text, entry);
			}
			if (!entry.weights.has(target)) entry.weights.set(target, weight);
		}
		this.size = entries.size;
	}

	/** How many stems the phrases contain. */
	get stemCount(): number {
		return this.#stems.size;
	}

	/** Entries of scripts without spaces that begin with the character. */
	entriesAt(character: string): readonly LexiconEntry[] | undefined {
		return this.#byCharacter.get(character);
	}

	/** @param text normalized */
	lookUp(text: string): LexiconWord {
		const cached = this.#cache.get(text);
		if (cached !== undefined) return cached;
		const word = this.#read(text);
		if (text.length > MAX_CACHED_WORD_LENGTH) return word;
		// Starting again is cheaper than keeping an order, and no result depends on it.
		if (this.#cache.size >= MAX_CACHED_WORDS) this.#cache.clear();
		this.#cache.set(text, word);
		return word;
	}

	#read(text: string): LexiconWord {
		const { filler, link, light } = this.#words;
		const unspaced = isUnspaced(text);
		const stem = unspaced ? text : stemWord(text);
		return {
			text,
			stem: this.#stems.get(stem) ?? -1,
			isFiller: filler.has(text),
			isLink: link.has(text),
			isLight: light.has(text),
			isUnspaced: unspaced,
			entries: unspaced ? NO_ENTRIES : this.#findEntries(text, stem),
		};
	}

	#findEntries(text: string, stem: string): readonly LexiconEntry[] {
		const { stem: byStem, beginning, ending } = this.#byFirstWord;
		const exact = byStem.get(stem);
		// A word that one language lists in full does not count again for another language's beginning of it.
		if (exact !== undefined) return exact;
		if (text.length > MAX_WORD_LENGTH) return NO_ENTRIES;
		const entries: LexiconEntry[] = [];
		const longest = Math.min(text.length, MAX_BEGINNING_LENGTH);
		for (let length = MIN_AFFIX_LENGTH; length <= longest; length += 1)
			entries.push(...(beginning.get(text.slice(0, length)) ?? NO_ENTRIES));
		for (let start = MIN_CHARACTERS_BEFORE_ENDING; start <= text.length - MIN_AFFIX_LENGTH; start += 1)
			entries.push(...(ending.get(text.slice(start)) ?? NO_ENTRIES));
		return entries.length === 0 ? NO_ENTRIES : entries;
	}

	#parsePhrase(phrase: string): PhrasePart[] {
		const parts: PhrasePart[] = [];
		let gap = false;
		const words = phrase.split(' ');
		for (const word of words) {
			if (word === '~') gap = true;
			else if (!this.#words.filler.has(word)) {
				parts.push(this.#parsePart(word, gap && parts.length > 0));
				gap = false;
			}
		}
		// "is there" without its filler would be every "is".
		return words.length > 1 && parts.length === 1 && !words.includes('~') ? [] : parts;
	}

	#parsePart(word: string, gap: boolean): PhrasePart {
		if (word.endsWith('*')) return { text: word.slice(0, -1), match: 'beginning', stem: -1, gap };
		if (word.startsWith('*')) return { text: word.slice(1), match: 'ending', stem: -1, gap };
		const text = isUnspaced(word) ? word : stemWord(word);
		const stem = this.#stems.get(text) ?? this.#stems.size;
		this.#stems.set(text, stem);
		return { text, match: 'stem', stem, gap };
	}
}

function append(index: Map<string, LexiconEntry[]>, key: string, entry: LexiconEntry): void {
	const entries = index.get(key);
	if (entries === undefined) index.set(key, [entry]);
	else entries.push(entry);
}

/** Every phrase with its target and weight, in the order of the languages. */
function* listPhrases(
	lexicons: readonly LexiconData[],
): Generator<{ phrase: string; target: FeatureTarget; weight: number }> {
	for (const { features } of lexicons) {
		for (const line of features.trim().split('\n')) {
			const [target, weight, phrases = ''] = line.split('|');
			// The data's own words; a test holds every target to the known ones.
			const group = { target: target as FeatureTarget, weight: Number(weight) };
			for (const phrase of normalizeText(phrases).split(',')) yield { phrase, ...group };
		}
	}
}

/** From 々 over Kana and Han to the end of Hangul. */
const FIRST_UNSPACED = 0x3005;
const LAST_UNSPACED = 0xd7ff;
const VOWEL = /[aeiouy]/;

/** Lower case, Latin letters without accents. Keeps the length, so that offsets stay valid. */
export function normalizeText(text: string): string {
	return text
		.replaceAll('’', "'")
		.toLowerCase()
		.replace(/[\u00c0-\u024f]+/g, (letters) => letters.normalize('NFD').replace(/[\u0300-\u036f]/g, ''));
}

/** True for a word of a script that writes without spaces. */
function isUnspaced(word: string): boolean {
	const code = word.charCodeAt(0);
	return code >= FIRST_UNSPACED && code <= LAST_UNSPACED;
}

/** The word without plural, -ing, -ed and final e. A stem is no word: only whether two are equal means anything. */
function stemWord(word: string): string {
	if (word.length < 4 || word.includes("'")) return word;
	let stem = word;
	if (stem.endsWith('ies')) stem = `${stem.slice(0, -3)}y`;
	else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
	const bare = /^(.{3,})(?:ing|ed)$/.exec(stem)?.[1];
	if (bare !== undefined && VOWEL.test(bare)) stem = bare.replace(/([bdgmnprt])\1$/, '$1');
	return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}
