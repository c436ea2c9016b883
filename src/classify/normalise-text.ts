/** From 々 over Kana and Han to the end of Hangul. */
const FIRST_UNSPACED = 0x3005;
const LAST_UNSPACED = 0xd7ff;
const VOWEL = /[aeiouy]/;

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
