import { finishHash, HashIndex, hashCharacters, TextReader, WORD_KIND } from '../text-reader.ts';
import { type FeatureTarget, LEXICONS, type LexiconData } from './index.ts';

/** Takes the phrases found in a text, each with its signed contribution to a target. */
export interface FeatureSink {
	add(name: string, target: FeatureTarget, weight: number): void;
}

/** A phrase and the weights it adds. */
interface Phrase {
	/** Its place among all phrases. */
	number: number;
	name: string;
	/** The number of each word; empty in scripts without spaces. */
	words: readonly number[];
	/** The characters of each part in scripts without spaces. */
	parts: readonly Int32Array[];
	/** Other words may stand before the word or part at the same place. */
	gaps: readonly boolean[];
	weights: { target: FeatureTarget; weight: number }[];
}

/** Words that a phrase's `~` may skip. */
const MAX_GAP_WORDS = 3;
/** Characters that a phrase's `~` may skip in scripts without spaces. */
const MAX_GAP_CHARACTERS = 40;
const MIN_AFFIX_LENGTH = 4;
/** Characters before an ending at least. */
const MIN_CHARACTERS_BEFORE_ENDING = 2;
/** Longer runs of letters are data: no word of a language is that long. */
const MAX_WORD_LENGTH = 48;
/** Words of the lexicon have lower numbers: two of them make one small integer. */
const MAX_NUMBERS = 1 << 14;
/** Words that a matcher remembers the numbers of, less one. */
const MEMO_MASK = 0x7ff;
const NEVER_READ = -2;
const NO_PHRASES: readonly Phrase[] = [];
const NO_AFFIXES: readonly Affix[] = [];

/** The beginning or the ending of words, with the number that stands for all of them. */
interface Affix {
	codes: Int32Array;
	number: number;
}

/** Affixes by the hash of the four characters that all words with them share. */
class AffixIndex {
	readonly #index: HashIndex;
	readonly #affixes: readonly (readonly Affix[])[];

	/** Of several that a word has the longest counts. */
	constructor(affixes: readonly Affix[], hash: (codes: Int32Array) => number) {
		const groups = Map.groupBy(affixes, ({ codes }) => hash(codes));
		this.#index = new HashIndex([...groups.keys()]);
		this.#affixes = [...groups.values()].map((group) => group.sort((a, b) => b.codes.length - a.codes.length));
	}

	find(hash: number): readonly Affix[] {
		const place = this.#index.find(hash);
		return place < 0 ? NO_AFFIXES : (this.#affixes[place] ?? NO_AFFIXES);
	}
}

/** Phrases by a number that they share. */
class PhraseIndex {
	readonly #index: HashIndex;
	readonly #phrases: readonly (readonly Phrase[])[];

	constructor(phrases: ReadonlyMap<number, readonly Phrase[]>) {
		// finishHash gives different numbers for different numbers
		this.#index = new HashIndex(Array.from(phrases.keys(), (key) => finishHash(key, 0)));
		this.#phrases = [...phrases.values()];
	}

	find(key: number): readonly Phrase[] {
		const place = this.#index.find(finishHash(key, 0));
		return place < 0 ? NO_PHRASES : (this.#phrases[place] ?? NO_PHRASES);
	}
}

/** Finds the lexicon's phrases in texts. Its buffers are reused from text to text. */
export class FeatureMatcher {
	/** The text that was matched last, word by word. */
	readonly reader: TextReader;
	/** Numbers of words by the hash of their stem. */
	readonly #stems: HashIndex;
	readonly #stemNumbers: readonly number[];
	readonly #beginnings: AffixIndex;
	readonly #endings: AffixIndex;
	/** By number of a word: the phrases that consist of it. */
	readonly #single: readonly (readonly Phrase[])[];
	/** Phrases of several words, by the numbers of the first two. */
	readonly #pairs: PhraseIndex;
	readonly #isFirst: Uint8Array;
	readonly #isSecond: Uint8Array;
	/** Phrases of scripts without spaces, by their first character. */
	readonly #byCharacter: PhraseIndex;
	/** By the end of a word's hash: the hash and its two numbers. Words return from text to text. */
	readonly #memo = new Int32Array(3 * (MEMO_MASK + 1)).fill(NEVER_READ);
	/** By place of a word in the text: its number by stem, and by beginning or ending; -1: none. */
	readonly #numbers: Int32Array;
	readonly #affixNumbers: Int32Array;
	/** By number of a phrase: its best factor in this text (saying a word twice proves nothing); 0: not found. */
	readonly #factors: Float64Array;
	/** The phrases found in this text, in that order. */
	readonly #matches: Phrase[] = [];

	/** A phrase that two languages share keeps the weight of the first. */
	constructor(lexicons: readonly LexiconData[] = LEXICONS) {
		this.reader = new TextReader(listFunctionWords(lexicons));
		const compiler = new PhraseCompiler(this.reader);
		for (const { phrase, target, weight } of listPhrases(lexicons)) compiler.add(phrase, target, weight);
		const { phrases, stems, beginnings, endings, size } = compiler;
		this.#stems = new HashIndex([...stems.keys()]);
		this.#stemNumbers = [...stems.values()];
		this.#beginnings = new AffixIndex(beginnings, (codes) => hashCharacters(codes, 0, MIN_AFFIX_LENGTH));
		this.#endings = new AffixIndex(endings, (codes) =>
			hashCharacters(codes, codes.length - MIN_AFFIX_LENGTH, codes.length),
		);
		const single: Phrase[][] = Array.from({ length: size }, () => []);
		this.#isFirst = new Uint8Array(size);
		this.#isSecond = new Uint8Array(size);
		const pairs = new Map<number, Phrase[]>();
		const byCharacter = new Map<number, Phrase[]>();
		for (const phrase of phrases) {
			const [first, second] = phrase.words;
			const [part] = phrase.parts;
			if (part !== undefined) append(byCharacter, part[0] ?? 0, phrase);
			else if (first === undefined) continue;
			else if (second === undefined) single[first]?.push(phrase);
			else {
				append(pairs, first * MAX_NUMBERS + second, phrase);
				this.#isFirst[first] = 1;
				this.#isSecond[second] = 1;
			}
		}
		this.#single = single;
		this.#pairs = new PhraseIndex(pairs);
		this.#byCharacter = new PhraseIndex(byCharacter);
		this.#factors = new Float64Array(phrases.length);
		this.#numbers = new Int32Array(this.reader.starts.length);
		this.#affixNumbers = new Int32Array(this.reader.starts.length);
	}

	/** Finds the features of a text, each phrase once. Takes time in proportion to the text: bound it. */
	match(text: string, sink: FeatureSink): void {
		const { reader } = this;
		reader.read(text);
		for (let place = 0; place < reader.count; place += 1) this.#recognise(place);
		for (let place = 0; place < reader.count; place += 1) {
			if (reader.isUnspaced[place] === 1) this.#matchCharacters(place);
			else this.#matchWords(place);
		}
		this.#drain(sink);
	}

	/** Which words of the lexicon the word at this place is. */
	#recognise(place: number): void {
		const { reader } = this;
		if (reader.isUnspaced[place] === 1) {
			this.#numbers[place] = -1;
			this.#affixNumbers[place] = -1;
			return;
		}
		const memo = this.#memo;
		const hash = reader.hashes[place] as number;
		const at = (hash & MEMO_MASK) * 3;
		if (memo[at] !== hash || memo[at + 1] === NEVER_READ) {
			const stem = this.#stems.find(reader.hashStem(place));
			memo[at] = hash;
			memo[at + 1] = stem < 0 ? -1 : (this.#stemNumbers[stem] as number);
			memo[at + 2] = this.#findAffix(place, stem >= 0);
		}
		this.#numbers[place] = memo[at + 1] as number;
		this.#affixNumbers[place] = memo[at + 2] as number;
	}

	/** The number of the longest beginning, or of an ending where the word has no number of its own; -1: none. */
	#findAffix(place: number, isKnown: boolean): number {
		const { characters, starts, ends } = this.reader;
		const start = starts[place] as number;
		const end = ends[place] as number;
		if (end - start < MIN_AFFIX_LENGTH || end - start > MAX_WORD_LENGTH) return -1;
		for (const { codes, number } of this.#beginnings.find(hashCharacters(characters, start, start + MIN_AFFIX_LENGTH)))
			if (standsAt(characters, start, codes, end)) return number;
		if (isKnown || end - start < MIN_AFFIX_LENGTH + MIN_CHARACTERS_BEFORE_ENDING) return -1;
		for (const { codes, number } of this.#endings.find(hashCharacters(characters, end - MIN_AFFIX_LENGTH, end))) {
			const from = end - codes.length;
			if (from >= start + MIN_CHARACTERS_BEFORE_ENDING && standsAt(characters, from, codes, end)) return number;
		}
		return -1;
	}

	#matchWords(place: number): void {
		const byStem = this.#numbers[place] as number;
		// A word that one language lists in full does not count again for another language's beginning of it.
		const number = byStem >= 0 && this.#begins(byStem) ? byStem : (this.#affixNumbers[place] as number);
		if (number < 0) return;
		const factor = this.reader.factors[place] as number;
		const single = this.#single[number] as readonly Phrase[];
		for (let at = 0; at < single.length; at += 1) this.#add(single[at] as Phrase, factor);
		if (this.#isFirst[number] === 0) return;
		const { sentences, count } = this.reader;
		const last = Math.min(place + 1 + MAX_GAP_WORDS, count - 1);
		for (let at = place + 1; at <= last && sentences[at] === sentences[place]; at += 1) {
			this.#matchPair(number, this.#numbers[at] as number, place, at);
			this.#matchPair(number, this.#affixNumbers[at] as number, place, at);
		}
	}

	#begins(number: number): boolean {
		return this.#isFirst[number] === 1 || (this.#single[number] as readonly Phrase[]).length > 0;
	}

	#matchPair(first: number, second: number, place: number, at: number): void {
		if (second < 0 || this.#isSecond[second] === 0) return;
		const phrases = this.#pairs.find(first * MAX_NUMBERS + second);
		for (let index = 0; index < phrases.length; index += 1) {
			const phrase = phrases[index] as Phrase;
			if ((at === place + 1 || phrase.gaps[1] === true) && this.#follows(phrase, at))
				this.#add(phrase, this.reader.factors[place] as number);
		}
	}

	/** The words of a phrase behind its second, which stands at this place, follow in the same sentence. */
	#follows({ words, gaps }: Phrase, second: number): boolean {
		const { sentences, count } = this.reader;
		let at = second;
		for (let index = 2; index < words.length; index += 1) {
			const last = Math.min(at + 1 + (gaps[index] === true ? MAX_GAP_WORDS : 0), count - 1);
			let found = at + 1;
			while (found <= last && this.#numbers[found] !== words[index] && this.#affixNumbers[found] !== words[index])
				found += 1;
			if (found > last || sentences[found] !== sentences[second]) return false;
			at = found;
		}
		return true;
	}

	#matchCharacters(place: number): void {
		const { characters, starts, ends, factors } = this.reader;
		const end = ends[place] ?? 0;
		const factor = factors[place] ?? 0;
		for (let at = starts[place] ?? 0; at < end; at += 1)
			for (const phrase of this.#byCharacter.find(characters[at] ?? 0))
				if (findsParts(characters, at, phrase)) this.#add(phrase, factor);
	}

	/** Adds a match that improves what was found. */
	#add(phrase: Phrase, factor: number): void {
		const known = this.#factors[phrase.number] ?? 0;
		if (known >= factor) return;
		if (known === 0) this.#matches.push(phrase);
		this.#factors[phrase.number] = factor;
	}

	#drain(sink: FeatureSink): void {
		const matches = this.#matches;
		for (let at = 0; at < matches.length; at += 1) {
			const { name, number, weights } = matches[at] as Phrase;
			const factor = this.#factors[number] as number;
			this.#factors[number] = 0;
			for (let each = 0; each < weights.length; each += 1) {
				const { target, weight } = weights[each] as Phrase['weights'][number];
				sink.add(name, target, weight * factor);
			}
		}
		matches.length = 0;
	}
}

function append(index: Map<number, Phrase[]>, key: number, phrase: Phrase): void {
	const phrases = index.get(key);
	if (phrases === undefined) index.set(key, [phrase]);
	else phrases.push(phrase);
}

/** The characters stand at an offset of the text, before its end. */
function standsAt(text: Int32Array, start: number, codes: Int32Array, end: number): boolean {
	if (start + codes.length > end) return false;
	for (let at = 0; at < codes.length; at += 1) if (text[start + at] !== codes[at]) return false;
	return true;
}

/** The parts of a phrase of a script without spaces stand at an offset of the text and behind it. */
function findsParts(text: Int32Array, start: number, { parts, gaps }: Phrase): boolean {
	let at = start;
	for (const [index, part] of parts.entries()) {
		let skipped = 0;
		const limit = gaps[index] === true ? MAX_GAP_CHARACTERS : 0;
		while (skipped <= limit && !standsAt(text, at + skipped, part, text.length)) skipped += 1;
		if (skipped > limit) return false;
		at += skipped + part.length;
	}
	return true;
}

/** Scripts without spaces, and Korean, begin with Thai; what is written with an alphabet stands before. */
const BEYOND_ALPHABETS = /[\u0e00-\uffff]/;

/** Reads the phrases of the lexicons and numbers their words. */
class PhraseCompiler {
	readonly #reader: TextReader;
	readonly #phrases = new Map<string, Phrase>();
	/** Numbers by the hash of a stem. */
	readonly stems = new Map<number, number>();
	readonly beginnings: Affix[] = [];
	readonly endings: Affix[] = [];
	/** Words as the phrases have them, most of which stand in several; `null`: a filler. */
	readonly #words = new Map<string, Affix | null>();
	/** How many words have a number. */
	size = 0;

	constructor(reader: TextReader) {
		this.#reader = reader;
	}

	get phrases(): readonly Phrase[] {
		return [...this.#phrases.values()];
	}

	add(text: string, target: FeatureTarget, weight: number): void {
		const words: number[] = [];
		const parts: Int32Array[] = [];
		const gaps: boolean[] = [];
		let gap = false;
		for (const word of text.split(' ')) {
			if (word === '~') gap = true;
			else if (this.#addWord(word, words, parts)) {
				gaps.push(gap && gaps.length > 0);
				gap = false;
			}
		}
		// "is there" without its filler would be every "is".
		if (gaps.length === 0 || (gaps.length === 1 && text.includes(' ') && !text.includes('~'))) return;
		const isUnspaced = parts[0] !== undefined && this.#isUnspaced(text);
		const key = isUnspaced ? text : `${words.join(' ')} ${gaps.join(' ')}`;
		let phrase = this.#phrases.get(key);
		if (phrase === undefined) {
			const name = text.replaceAll(' ~', ' …');
			phrase = { number: this.#phrases.size, name, words, parts: isUnspaced ? parts : [], gaps, weights: [] };
			this.#phrases.set(key, phrase);
		}
		if (!phrase.weights.some((known) => known.target === target)) phrase.weights.push({ target, weight });
	}

	#isUnspaced(text: string): boolean {
		if (!BEYOND_ALPHABETS.test(text)) return false;
		this.#reader.read(text);
		return this.#reader.isUnspaced[0] === 1;
	}

	/** @returns whether the word is one: fillers are not. */
	#addWord(word: string, words: number[], parts: Int32Array[]): boolean {
		let known = this.#words.get(word);
		if (known === undefined) {
			known = this.#readWord(word);
			this.#words.set(word, known);
		}
		if (known === null) return false;
		parts.push(known.codes);
		words.push(known.number);
		return true;
	}

	#readWord(word: string): Affix | null {
		const reader = this.#reader;
		reader.read(word.replace('*', ''));
		if (reader.count === 0) return null;
		const codes = reader.characters.slice(reader.starts[0], reader.ends[0]);
		if (word.endsWith('*')) return this.#numberAffix(this.beginnings, codes);
		if (word.startsWith('*')) return this.#numberAffix(this.endings, codes);
		return { codes, number: this.#numberStem(reader.hashStem(0)) };
	}

	#numberStem(hash: number): number {
		const number = this.stems.get(hash) ?? this.size;
		if (number === this.size) this.size += 1;
		this.stems.set(hash, number);
		return number;
	}

	#numberAffix(affixes: Affix[], codes: Int32Array): Affix {
		const known = affixes.find((affix) => isSame(affix.codes, codes));
		if (known !== undefined) return known;
		const affix = { codes, number: this.size };
		affixes.push(affix);
		this.size += 1;
		return affix;
	}
}

function isSame(one: Int32Array, other: Int32Array): boolean {
	return one.length === other.length && standsAt(one, 0, other, one.length);
}

function listFunctionWords(lexicons: readonly LexiconData[]): Map<string, number> {
	const kinds = new Map<string, number>();
	const reader = new TextReader();
	const add = (list: string, kind: number): void => {
		for (const word of list.split(' ').filter((text) => text !== '')) {
			reader.read(word);
			const folded = reader.textOf(reader.starts[0] ?? 0, reader.ends[0] ?? 0);
			kinds.set(folded, (kinds.get(folded) ?? 0) | kind);
		}
	};
	for (const { fillerWords, linkWords, lightWords } of lexicons) {
		add(fillerWords, WORD_KIND.filler);
		add(linkWords, WORD_KIND.link);
		add(lightWords, WORD_KIND.light);
	}
	return kinds;
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
			for (const phrase of phrases.split(',')) yield { phrase, ...group };
		}
	}
}
