import { LEXICONS, type LexiconData, type SignTarget } from './lexicon/index.ts';
import { type ClauseWords, isUnspaced, normaliseText, stemWord } from './word-tokens.ts';

/** One word of a phrase as it is matched. */
export interface PhrasePart {
	text: string;
	match: 'stem' | 'beginning' | 'ending';
	/** Other words may stand before this one. */
	gap: boolean;
}

/** A phrase and what it speaks for. */
export interface LexiconEntry {
	name: string;
	parts: readonly PhrasePart[];
	weights: Map<SignTarget, number>;
}

type EntryIndex = Map<string, LexiconEntry[]>;

/** The lexicon as the matcher reads it: every entry is found by its first word. */
export interface CompiledLexicon {
	clause: ClauseWords;
	byStem: EntryIndex;
	byBeginning: EntryIndex;
	byEnding: EntryIndex;
	/** Scripts without spaces: by the first character. */
	byCharacter: EntryIndex;
}

function parsePart(word: string, gap: boolean): PhrasePart {
	if (word.endsWith('*')) return { text: word.slice(0, -1), match: 'beginning', gap };
	if (word.startsWith('*')) return { text: word.slice(1), match: 'ending', gap };
	return { text: isUnspaced(word) ? word : stemWord(word), match: 'stem', gap };
}

function parsePhrase(phrase: string, filler: ReadonlySet<string>): PhrasePart[] {
	const parts: PhrasePart[] = [];
	let gap = false;
	const words = phrase.split(' ');
	for (const word of words) {
		if (word === '~') gap = true;
		else if (!filler.has(word)) {
			parts.push(parsePart(word, gap && parts.length > 0));
			gap = false;
		}
	}
	// "is there" without its filler would be every "is".
	return words.length > 1 && parts.length === 1 && !words.includes('~') ? [] : parts;
}

function indexFor(compiled: CompiledLexicon, first: PhrasePart): EntryIndex {
	if (isUnspaced(first.text)) return compiled.byCharacter;
	if (first.match === 'beginning') return compiled.byBeginning;
	return first.match === 'ending' ? compiled.byEnding : compiled.byStem;
}

function wordsOf(lexicons: readonly LexiconData[], field: 'linkWords' | 'lightWords' | 'fillerWords'): Set<string> {
	return new Set(lexicons.flatMap((lexicon) => normaliseText(lexicon[field]).split(' ')).filter((word) => word !== ''));
}

function keyOf(parts: readonly PhrasePart[]): string {
	return parts.map((part) => `${part.gap ? '~' : ''}${part.match}:${part.text}`).join(' ');
}

/** One phrase with its target and weight, in all languages' order. */
function* phrasesOf(
	lexicons: readonly LexiconData[],
): Generator<{ phrase: string; target: SignTarget; weight: number }> {
	for (const { signs } of lexicons)
		for (const [target, weight, phrases] of signs)
			for (const phrase of normaliseText(phrases).split(', ')) yield { phrase, target, weight };
}

/** Builds the indexes; a phrase two languages share keeps the weight of the first. */
export function compileLexicon(lexicons: readonly LexiconData[] = LEXICONS): CompiledLexicon {
	const compiled: CompiledLexicon = {
		clause: {
			link: wordsOf(lexicons, 'linkWords'),
			light: wordsOf(lexicons, 'lightWords'),
			filler: wordsOf(lexicons, 'fillerWords'),
		},
		byStem: new Map(),
		byBeginning: new Map(),
		byEnding: new Map(),
		byCharacter: new Map(),
	};
	const entries = new Map<string, LexiconEntry>();
	for (const { phrase, target, weight } of phrasesOf(lexicons)) {
		const parts = parsePhrase(phrase, compiled.clause.filler);
		const first = parts[0];
		if (first === undefined) continue;
		const key = keyOf(parts);
		let entry = entries.get(key);
		if (entry === undefined) {
			entry = { name: phrase.replaceAll(' ~', ' …'), parts, weights: new Map() };
			entries.set(key, entry);
			const index = indexFor(compiled, first);
			const at = index === compiled.byCharacter ? first.text.charAt(0) : first.text;
			const there = index.get(at);
			if (there === undefined) index.set(at, [entry]);
			else there.push(entry);
		}
		if (!entry.weights.has(target)) entry.weights.set(target, weight);
	}
	return compiled;
}
