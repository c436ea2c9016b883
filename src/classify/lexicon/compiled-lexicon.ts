import { type FeatureTarget, LEXICONS, type LexiconData } from './index.ts';

/** One word of a phrase as it is matched. */
export interface PhrasePart {
	text: string;
	match: 'stem' | 'beginning' | 'ending';
	/** The number of its stem; equal numbers, equal stems. */
	stem: number;
	/** Other words may stand before this one. */
	gap: boolean;
}

/** A phrase and what it speaks for. */
export interface LexiconEntry {
	/** Its place among all entries. */
	number: number;
	name: string;
	parts: readonly PhrasePart[];
	weights: Map<FeatureTarget, number>;
}

/** Entries by what their first word is found by. */
export type EntryIndex = Map<string, LexiconEntry[]>;

/** Words that shape a clause, whatever the language. */
interface ClauseWords {
	link: ReadonlySet<string>;
	light: ReadonlySet<string>;
	filler: ReadonlySet<string>;
}

/** The lexicon as the matcher reads it: every entry is found by its first word. */
export interface CompiledLexicon {
	clause: ClauseWords;
	/** How many entries there are. */
	size: number;
	/** Every stem that stands in a phrase, and its number. */
	stems: Map<string, number>;
	byStem: EntryIndex;
	byBeginning: EntryIndex;
	byEnding: EntryIndex;
	/** Scripts without spaces: by the first character. */
	byCharacter: EntryIndex;
}

function getStemNumber(stem: string, stems: Map<string, number>): number {
	const known = stems.get(stem);
	if (known !== undefined) return known;
	stems.set(stem, stems.size);
	return stems.size - 1;
}

function parsePart(word: string, gap: boolean, stems: Map<string, number>): PhrasePart {
	if (word.endsWith('*')) return { text: word.slice(0, -1), match: 'beginning', stem: -1, gap };
	if (word.startsWith('*')) return { text: word.slice(1), match: 'ending', stem: -1, gap };
	const text = isUnspaced(word) ? word : stemWord(word);
	return { text, match: 'stem', stem: getStemNumber(text, stems), gap };
}

function parsePhrase(phrase: string, { clause: { filler }, stems }: CompiledLexicon): PhrasePart[] {
	const parts: PhrasePart[] = [];
	let gap = false;
	const words = phrase.split(' ');
	for (const word of words) {
		if (word === '~') gap = true;
		else if (!filler.has(word)) {
			parts.push(parsePart(word, gap && parts.length > 0, stems));
			gap = false;
		}
	}
	// "is there" without its filler would be every "is".
	return words.length > 1 && parts.length === 1 && !words.includes('~') ? [] : parts;
}

function getEntryIndex(compiled: CompiledLexicon, first: PhrasePart): EntryIndex {
	if (isUnspaced(first.text)) return compiled.byCharacter;
	if (first.match === 'beginning') return compiled.byBeginning;
	return first.match === 'ending' ? compiled.byEnding : compiled.byStem;
}

function collectWords(
	lexicons: readonly LexiconData[],
	field: 'linkWords' | 'lightWords' | 'fillerWords',
): Set<string> {
	return new Set(lexicons.flatMap((lexicon) => normalizeText(lexicon[field]).split(' ')).filter((word) => word !== ''));
}

function getPhraseKey(parts: readonly PhrasePart[]): string {
	return parts.map((part) => `${part.gap ? '~' : ''}${part.match}:${part.text}`).join(' ');
}

/** One phrase with its target and weight, in all languages' order. */
function* listPhrases(
	lexicons: readonly LexiconData[],
): Generator<{ phrase: string; target: FeatureTarget; weight: number }> {
	for (const { features } of lexicons) {
		for (const line of features.trim().split('\n')) {
			const [target, weight, phrases = ''] = line.split(' | ');
			// The data's own words; a test holds every target to the known ones.
			const group = { target: target as FeatureTarget, weight: Number(weight) };
			for (const phrase of normalizeText(phrases).split(', ')) yield { phrase, ...group };
		}
	}
}

/** Builds the indexes; a phrase two languages share keeps the weight of the first. */
export function compileLexicon(lexicons: readonly LexiconData[] = LEXICONS): CompiledLexicon {
	const compiled: CompiledLexicon = {
		clause: {
			link: collectWords(lexicons, 'linkWords'),
			light: collectWords(lexicons, 'lightWords'),
			filler: collectWords(lexicons, 'fillerWords'),
		},
		size: 0,
		stems: new Map(),
		byStem: new Map(),
		byBeginning: new Map(),
		byEnding: new Map(),
		byCharacter: new Map(),
	};
	const entries = new Map<string, LexiconEntry>();
	for (const { phrase, target, weight } of listPhrases(lexicons)) {
		const parts = parsePhrase(phrase, compiled);
		const first = parts[0];
		if (first === undefined) continue;
		const key = getPhraseKey(parts);
		let entry = entries.get(key);
		if (entry === undefined) {
			entry = { number: entries.size, name: phrase.replaceAll(' ~', ' …'), parts, weights: new Map() };
			entries.set(key, entry);
			const index = getEntryIndex(compiled, first);
			const at = index === compiled.byCharacter ? first.text.charAt(0) : first.text;
			const there = index.get(at);
			if (there === undefined) index.set(at, [entry]);
			else there.push(entry);
		}
		if (!entry.weights.has(target)) entry.weights.set(target, weight);
	}
	compiled.size = entries.size;
	return compiled;
}

/** From 々 over Kana and Han to the end of Hangul. */
const FIRST_UNSPACED = 0x3005;
const LAST_UNSPACED = 0xd7ff;
const VOWEL = /[aeiouy]/;

/** Lower case, Latin letters without accents. Keeps the length, so that offsets hold. */
export function normalizeText(text: string): string {
	return text
		.replaceAll('’', "'")
		.toLowerCase()
		.replace(/[\u00c0-\u024f]+/g, (letters) => letters.normalize('NFD').replace(/[\u0300-\u036f]/g, ''));
}

/** True for a word of a script that writes without spaces. */
export function isUnspaced(word: string): boolean {
	const code = word.charCodeAt(0);
	return code >= FIRST_UNSPACED && code <= LAST_UNSPACED;
}

/** The word without plural, -ing, -ed and final e; only equality of stems means anything. */
export function stemWord(word: string): string {
	if (word.length < 4 || word.includes("'")) return word;
	let stem = word;
	if (stem.endsWith('ies')) stem = `${stem.slice(0, -3)}y`;
	else if (stem.endsWith('s') && !/(?:ss|us|is)$/.test(stem)) stem = stem.slice(0, -1);
	const bare = /^(.{3,})(?:ing|ed)$/.exec(stem)?.[1];
	if (bare !== undefined && VOWEL.test(bare)) stem = bare.replace(/([bdgmnprt])\1$/, '$1');
	return stem.length > 3 && stem.endsWith('e') ? stem.slice(0, -1) : stem;
}
