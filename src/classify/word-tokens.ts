/** One word of a text, or a run of characters of a script without spaces. */
export interface WordToken {
	/** Lower case, accents dropped. */
	word: string;
	/** The word without its English ending; equal to `word` in other scripts. */
	stem: string;
	/** Offset in the normalised text. */
	start: number;
	sentence: number;
	/** How much of a request the place makes this word: the leading verb counts most, circumstance least. */
	factor: number;
}

/** Words that shape a clause, whatever the language. */
export interface ClauseWords {
	link: ReadonlySet<string>;
	light: ReadonlySet<string>;
	filler: ReadonlySet<string>;
}

const TOKEN =
	/[\p{Script=Latin}\p{N}_]+(?:['’]\p{Script=Latin}+)*|[々ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[\p{Script=Cyrillic}\p{Script=Arabic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Devanagari}\p{Script=Thai}]+|[.!?;:\n…。！？；：]|[,，、]/gu;
const SENTENCE_END = /^[.!?;:\n…。！？；：]$/u;
const COMMA = /^[,，、]$/u;
const ELISION = /^(?:l|d|j|n|m|c|s|t)'(?=..)/;
/** From 々 over Kana and Han to the end of Hangul. */
const FIRST_UNSPACED = 0x3005;
const LAST_UNSPACED = 0xd7ff;
const WORD_CHARACTER = /[\p{L}\p{N}]/u;
const VOWEL = /[aeiouy]/;

/** The weight of a place in the sentence. */
const PLACE = { lead: 1.5, body: 1, circumstance: 0.6 } as const;
/** How many words of a sentence lead it. */
const LEAD_WORDS = 2;

/** Lower case, Latin letters without accents. Keeps the length, so that offsets hold. */
export function normaliseText(text: string): string {
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

interface ClauseState {
	sentence: number;
	/** Words of this sentence so far, link words left out. */
	contentWords: number;
	/** A link word stood before, in this clause. */
	afterLink: boolean;
}

/** True when the token was punctuation. */
function readPunctuation(state: ClauseState, raw: string, next: string): boolean {
	if (COMMA.test(raw)) {
		state.afterLink = false;
		return true;
	}
	if (!SENTENCE_END.test(raw)) return false;
	// A dot inside a file name or a number does not end a sentence.
	if (raw === '.' && WORD_CHARACTER.test(next)) return true;
	if (state.contentWords > 0) state.sentence += 1;
	state.contentWords = 0;
	state.afterLink = false;
	return true;
}

function placeWord(state: ClauseState, kind: { isLink: boolean; isLight: boolean }): number {
	if (kind.isLink && state.contentWords > 0) state.afterLink = true;
	const place = state.afterLink ? PLACE.circumstance : state.contentWords < LEAD_WORDS ? PLACE.lead : PLACE.body;
	if (!kind.isLink && !kind.isLight) state.contentWords += 1;
	return place;
}

/** Splits a normalised text into words; fillers are left out. */
export function tokenizeWords(normalised: string, clause: ClauseWords): WordToken[] {
	const tokens: WordToken[] = [];
	const state: ClauseState = { sentence: 0, contentWords: 0, afterLink: false };
	for (const match of normalised.matchAll(TOKEN)) {
		const raw = match[0];
		if (readPunctuation(state, raw, normalised.charAt(match.index + raw.length))) continue;
		const word = raw.replace(ELISION, '');
		if (clause.filler.has(word)) continue;
		const place = placeWord(state, { isLink: clause.link.has(word), isLight: clause.light.has(word) });
		const unspaced = isUnspaced(word);
		tokens.push({
			word,
			stem: unspaced ? word : stemWord(word),
			start: match.index,
			sentence: state.sentence,
			factor: unspaced ? PLACE.body : place,
		});
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
