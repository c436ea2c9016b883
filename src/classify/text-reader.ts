/** Longer texts are cut: callers hand in a window of a text. */
const MAX_CHARACTERS = 6144;
/** Words of one text at most: every second character can begin one. */
const MAX_WORDS = MAX_CHARACTERS / 2;
/** Longer runs of letters have no stem: no word of a language is that long. */
const MAX_STEMMED = 48;
/** Of a text without characters. */
export const FIRST_HASH: number = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

/** Kinds of function words, as bits: a filler is skipped, after a link the rest of the clause is circumstance, a light word leads no sentence. */
export const WORD_KIND = { filler: 1, link: 2, light: 4 } as const;

/** What a character can be, as bits: some are several things. */
const CHARACTER_CLASS = {
	/** A Latin letter: continues a word after an apostrophe. */
	latin: 1,
	/** A Latin letter, a digit of any script or `_`. */
	word: 2,
	/** A character of a script without spaces, or of Korean, whose particles stick to words. */
	unspaced: 4,
	/** A letter or vowel sign of another script. */
	other: 8,
	sentenceEnd: 16,
	comma: 32,
	/** An accent of its own: it is left out. */
	accent: 64,
	/** The classes of this character have been looked up. */
	lookedUp: 128,
	/** A letter a-z, and one of A-Z: the bit of a capital is the next after that of a small letter. */
	small: 256,
	capital: 512,
	digit: 1024,
	/** Marks of code and mathematics: a backtick, a bracket, a backslash, a dollar sign. */
	sign: 2048,
} as const;
const { latin, word: wordClass, unspaced, other, sentenceEnd, comma, accent, lookedUp } = CHARACTER_CLASS;
const IN_WORD = wordClass | unspaced | other;
const CLASS_PATTERNS: ReadonlyArray<readonly [number, RegExp]> = [
	[latin, /\p{Script=Latin}/u],
	[wordClass, /[\p{Script=Latin}\p{N}_]/u],
	[
		unspaced,
		/[々ー\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}]/u,
	],
	[sentenceEnd, /[.!?;:\n…。！？；：।؟]/u],
	[comma, /[,，、،]/u],
	[accent, /[\u0300-\u036f]/u],
	[CHARACTER_CLASS.small, /[a-z]/],
	[CHARACTER_CLASS.capital, /[A-Z]/],
	[CHARACTER_CLASS.digit, /\d/],
	[CHARACTER_CLASS.sign, /[`(\\$]/],
];
const LETTER = /[\p{L}\p{M}]/u;
const CODE_UNITS = 0x10000;
const CLASS_SHIFT = 16;
const CODE_MASK = 0xffff;
const APOSTROPHE = 0x27;
const TYPOGRAPHIC_APOSTROPHE = 0x2019;
const DOT = 0x2e;
/** Letters that lose their vowel before another word, as in "d'une". */
const ELIDED = new Set(Array.from('ldjnmcst', (letter) => letter.charCodeAt(0)));
const VOWELS = new Set(Array.from('aeiouy', (letter) => letter.charCodeAt(0)));
const DOUBLED = new Set(Array.from('bdgmnprt', (letter) => letter.charCodeAt(0)));
const LETTER_CODE = { d: 0x64, e: 0x65, g: 0x67, i: 0x69, n: 0x6e, s: 0x73, u: 0x75, y: 0x79 } as const;

const POSITION_FACTOR = { lead: 1.5, body: 1, circumstance: 0.6 } as const;
/** Words at the beginning of a sentence that lead it. */
const LEAD_WORDS = 2;

/** Which kinds of characters a text has. */
export interface TextMarks {
	hasDigit: boolean;
	/** A backtick, a bracket, a backslash or a dollar sign. */
	hasSign: boolean;
	/** Characters of a script without spaces. */
	hasUnspaced: boolean;
	/** A capital letter directly behind a small one. */
	hasCamelCase: boolean;
}

/** Places that the end of a sentence takes: nothing belongs together across it. */
const SENTENCE_PLACES = 10;

/** Finds the place of a hash among those it was made of. Different texts with one hash are not told apart. */
export class HashIndex {
	/** Per slot a hash and its place + 1, side by side: one look at memory finds both. */
	readonly #slots: Int32Array;
	readonly #mask: number;

	/** The first of equal hashes counts. */
	constructor(hashes: ArrayLike<number>) {
		const size = 2 ** Math.ceil(Math.log2(Math.max(2, hashes.length * 2)));
		this.#mask = 2 * size - 2;
		this.#slots = new Int32Array(2 * size);
		for (let place = 0; place < hashes.length; place += 1) {
			const hash = (hashes[place] ?? 0) | 0;
			if (this.find(hash) >= 0) continue;
			let at = (hash << 1) & this.#mask;
			while (this.#slots[at + 1] !== 0) at = (at + 2) & this.#mask;
			this.#slots[at] = hash;
			this.#slots[at + 1] = place + 1;
		}
	}

	/** -1: it is not among them. */
	find(hash: number): number {
		const slots = this.#slots;
		const mask = this.#mask;
		let at = (hash << 1) & mask;
		for (;;) {
			const place = slots[at + 1] as number;
			if (place === 0 || slots[at] === hash) return place - 1;
			at = (at + 2) & mask;
		}
	}
}

/** Spreads a hash over all of its bits; `salt` keeps what it stands for apart from other things with the same characters. */
export function finishHash(hash: number, salt: number): number {
	let mixed = Math.imul(hash ^ salt ^ (hash >>> 15), 0x2c1b3c6d);
	mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
	return mixed ^ (mixed >>> 15);
}

/** By character: its form in lower case without accent, and its classes above bit 16; shared, as neither ever changes. */
const CHARACTERS = new Int32Array(CODE_UNITS);

/** Looks a character up that has not occurred before. */
function learnCharacter(code: number): number {
	const character = String.fromCharCode(code);
	let classes: number = lookedUp;
	for (const [bit, pattern] of CLASS_PATTERNS) if (pattern.test(character)) classes |= bit;
	if ((classes & (IN_WORD | accent)) === 0 && LETTER.test(character)) classes |= other;
	const lower = character.toLowerCase();
	const base = code >= 0xc0 && code < 0x250 ? lower.normalize('NFD') : lower;
	const folded = code === TYPOGRAPHIC_APOSTROPHE ? APOSTROPHE : base.charCodeAt(0);
	const known = (classes << CLASS_SHIFT) | folded;
	CHARACTERS[code] = known;
	return known;
}

const ACCENT_BIT = accent << CLASS_SHIFT;
/** A character in lower case and without accent, with its classes above bit 16. */
export const readCharacter = (code: number): number => (CHARACTERS[code] as number) || learnCharacter(code);
/** Bits of what `readCharacter` gives for characters of words, for those of scripts without spaces and of Korean, and for lone accents. */
export const CHARACTER_BITS: Readonly<Record<'inWord' | 'unspaced' | 'accent', number>> = {
	inWord: IN_WORD << CLASS_SHIFT,
	unspaced: unspaced << CLASS_SHIFT,
	accent: ACCENT_BIT,
};

/** Adds a character as `readCharacter` gives it to a hash that begins with `FIRST_HASH`. */
export const addToHash = (hash: number, character: number): number =>
	Math.imul(hash ^ (character & CODE_MASK), HASH_FACTOR);

/** Small letters and capitals are one in a text that has been read. */
const CASE_BITS = (CHARACTER_CLASS.small | CHARACTER_CLASS.capital) << CLASS_SHIFT;
const ENCODER = new TextEncoder();
/** UTF-8 of the text that is being read: bytes are read twice as fast as the characters of a string. */
const BYTES = new Uint8Array(3 * MAX_CHARACTERS);

/** The code of a character of several bytes, of which this is the first; of one beyond the basic plane a space. */
function decodeMultibyte(at: number, byte: number): number {
	const more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
	let code = byte & (0x3f >> more);
	for (let index = 1; index <= more; index += 1) code = (code << 6) | ((BYTES[at + index] ?? 0) & 0x3f);
	return code < CODE_UNITS ? code : 0x20;
}

/**
 * Splits a text into words, each with its hash, that of its stem and its weight by position, in columns that are reused
 * from text to text: nothing is allocated, and the time is in proportion to the text.
 */
export class TextReader {
	#functionWords = new HashIndex([]);
	readonly #kinds: Uint8Array;
	/** The text as `CHARACTERS` holds it: in lower case and without accents below bit 16. */
	readonly characters: Int32Array = new Int32Array(MAX_CHARACTERS + 2);
	#text = '';
	/** The text is of ASCII alone: its characters have their places in `characters`. */
	#isAscii = true;
	/** Classes of characters that occur. */
	#occurring = 0;
	#hasCamelCase = false;
	/** Words that are no fillers. */
	count = 0;
	/** Words with fillers; two characters of a script without spaces count as one. */
	words = 0;
	commas = 0;
	readonly starts: Uint16Array = new Uint16Array(MAX_WORDS);
	readonly ends: Uint16Array = new Uint16Array(MAX_WORDS);
	readonly hashes: Int32Array = new Int32Array(MAX_WORDS);
	readonly isUnspaced: Uint8Array = new Uint8Array(MAX_WORDS);
	readonly sentences: Uint16Array = new Uint16Array(MAX_WORDS);
	/** Weight of a word's position: the leading verb counts most, circumstance and the middle of a long text least. */
	readonly factors: Float64Array = new Float64Array(MAX_WORDS);
	/** Words with spaces around them, fillers as well. */
	spacedCount = 0;
	readonly spacedStarts: Uint16Array = new Uint16Array(MAX_WORDS);
	readonly spacedEnds: Uint16Array = new Uint16Array(MAX_WORDS);
	readonly spacedHashes: Int32Array = new Int32Array(MAX_WORDS);
	/** Place among all words; a sentence's end takes ten places. */
	readonly spacedPlaces: Uint16Array = new Uint16Array(MAX_WORDS);
	#sentence = 0;
	#sentenceEnds = 0;
	/** Words of this sentence so far, without link and light words. */
	#contentWords = 0;
	/** A link word stands earlier in this clause. */
	#isAfterLink = false;
	#hash = 0;

	/** @param functionWords each with its `WORD_KIND`s */
	constructor(functionWords: ReadonlyMap<string, number> = new Map()) {
		this.#kinds = Uint8Array.from(functionWords.values());
		const hashes: number[] = [];
		for (const text of functionWords.keys()) {
			this.read(text);
			hashes.push(this.hashes[0] ?? 0);
		}
		this.#functionWords = new HashIndex(hashes);
	}

	/** Reads a text; of one that is longer than 6 Ki characters the beginning. */
	read(text: string): void {
		const { characters } = this;
		const length = this.#decode(text);
		this.count = 0;
		this.words = 0;
		this.commas = 0;
		this.spacedCount = 0;
		this.#sentence = 0;
		this.#sentenceEnds = 0;
		this.#contentWords = 0;
		this.#isAfterLink = false;
		let at = 0;
		while (at < length) {
			const classes = (characters[at] as number) >>> CLASS_SHIFT;
			if ((classes & IN_WORD) !== 0) at = this.#readWord(at, classes);
			else {
				if ((classes & (sentenceEnd | comma)) !== 0) this.#readPunctuation(at, classes);
				at += 1;
			}
		}
		this.#weighSentences();
	}

	/** Writes the characters of a text as `CHARACTERS` holds them, without lone accents. @returns how many there are */
	#decode(text: string): number {
		const { characters } = this;
		const { written } = ENCODER.encodeInto(text, BYTES);
		const limit = Math.min(written, BYTES.length);
		let to = 0;
		let occurring = 0;
		let previous = 0;
		let afterSmall = 0;
		for (let at = 0; at < limit && to < MAX_CHARACTERS; at += 1) {
			const byte = BYTES[at] as number;
			let code = byte;
			if (byte >= 0x80) {
				code = decodeMultibyte(at, byte);
				at += byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
			}
			const character = (CHARACTERS[code] as number) || learnCharacter(code);
			characters[to] = character & ~CASE_BITS;
			occurring |= character;
			afterSmall |= (previous << 1) & character;
			previous = character;
			to += (character & ACCENT_BIT) === 0 ? 1 : 0;
		}
		characters[to] = 0;
		characters[to + 1] = 0;
		this.#text = text;
		this.#isAscii = written === text.length;
		this.#occurring = occurring >>> CLASS_SHIFT;
		this.#hasCamelCase = ((afterSmall >>> CLASS_SHIFT) & CHARACTER_CLASS.capital) !== 0;
		return to;
	}

	/** Which signs the text has: what looks for a shape in it need not where its characters do not occur. */
	get marks(): TextMarks {
		const occurring = this.#occurring;
		return {
			hasDigit: (occurring & CHARACTER_CLASS.digit) !== 0,
			hasSign: (occurring & CHARACTER_CLASS.sign) !== 0,
			hasUnspaced: (occurring & unspaced) !== 0,
			hasCamelCase: this.#hasCamelCase,
		};
	}

	/** A piece of the text that was read last, in lower case and without accents. */
	textOf(start: number, end: number): string {
		if (this.#isAscii) return this.#text.slice(start, end).toLowerCase();
		let text = '';
		for (let at = start; at < end; at += 1) text += String.fromCharCode(this.#codeAt(at));
		return text;
	}

	#codeAt(at: number): number {
		return (this.characters[at] as number) & CODE_MASK;
	}

	#classesAt(at: number): number {
		return (this.characters[at] as number) >>> CLASS_SHIFT;
	}

	#readPunctuation(at: number, classes: number): void {
		if ((classes & comma) !== 0) {
			this.commas += 1;
			this.#isAfterLink = false;
			return;
		}
		// A dot inside a file name or a number does not end a sentence.
		if (this.#codeAt(at) === DOT && (this.#classesAt(at + 1) & IN_WORD) !== 0) return;
		this.#sentenceEnds += 1;
		if (this.#contentWords > 0) this.#sentence += 1;
		this.#contentWords = 0;
		this.#isAfterLink = false;
	}

	/** Reads the word that begins there. @returns where it ends */
	#readWord(from: number, classes: number): number {
		if ((classes & unspaced) !== 0) return this.#readUnspaced(from);
		const start = this.#codeAt(from + 1) === APOSTROPHE ? this.#skipElision(from) : from;
		const end = this.#hashWord(start, (classes & wordClass) !== 0 ? wordClass : other);
		const hash = this.#hash;
		const spaced = this.spacedCount;
		this.spacedHashes[spaced] = hash;
		this.spacedStarts[spaced] = start;
		this.spacedEnds[spaced] = end;
		this.spacedPlaces[spaced] = this.words + SENTENCE_PLACES * this.#sentenceEnds;
		this.spacedCount = spaced + 1;
		this.words += 1;
		const known = this.#functionWords.find(hash);
		const kinds = known < 0 ? 0 : (this.#kinds[known] as number);
		if ((kinds & WORD_KIND.filler) !== 0) return end;
		this.hashes[this.count] = hash;
		this.isUnspaced[this.count] = 0;
		this.#add(start, end, this.#readPosition(kinds));
		return end;
	}

	#readUnspaced(start: number): number {
		let end = start;
		while ((this.#classesAt(end) & unspaced) !== 0) end += 1;
		this.words += Math.ceil((end - start) / 2);
		this.isUnspaced[this.count] = 1;
		this.hashes[this.count] = 0;
		this.#readPosition(0);
		this.#add(start, end, POSITION_FACTOR.body);
		return end;
	}

	#add(start: number, end: number, factor: number): void {
		const place = this.count;
		this.starts[place] = start;
		this.ends[place] = end;
		this.sentences[place] = this.#sentence;
		this.factors[place] = factor;
		this.count = place + 1;
	}

	#readPosition(kinds: number): number {
		const isLink = (kinds & WORD_KIND.link) !== 0;
		if (isLink && this.#contentWords > 0) this.#isAfterLink = true;
		const { lead, body, circumstance } = POSITION_FACTOR;
		const factor = this.#isAfterLink ? circumstance : this.#contentWords < LEAD_WORDS ? lead : body;
		if (kinds === 0) this.#contentWords += 1;
		return factor;
	}

	/** Behind the "d'" of "d'une". */
	#skipElision(start: number): number {
		if (!ELIDED.has(this.#codeAt(start))) return start;
		const isWord = this.#classesAt(start + 2) & this.#classesAt(start + 3) & wordClass;
		return isWord === 0 ? start : start + 2;
	}

	/** Hashes the word that begins there. @returns where it ends */
	#hashWord(start: number, bit: number): number {
		const { characters } = this;
		const inWord = bit << CLASS_SHIFT;
		let hash = FIRST_HASH;
		let end = start;
		for (;;) {
			const character = characters[end] as number;
			if ((character & inWord) === 0 && ((character & CODE_MASK) !== APOSTROPHE || !this.#isInnerApostrophe(end, bit)))
				break;
			hash = Math.imul(hash ^ (character & CODE_MASK), HASH_FACTOR);
			end += 1;
		}
		this.#hash = hash;
		return end;
	}

	/** Letters after an apostrophe belong to the word. */
	#isInnerApostrophe(at: number, bit: number): boolean {
		return bit === wordClass && (this.#classesAt(at + 1) & latin) !== 0;
	}

	/** The hash of the word at this place without plural, -ing, -ed and final e. A stem is no word: only whether two are equal means anything. */
	hashStem(place: number): number {
		const { characters } = this;
		const start = this.starts[place] as number;
		const end = this.ends[place] as number;
		const whole = end - start;
		if (whole > MAX_STEMMED || whole < 4) return this.hashes[place] as number;
		let length = whole;
		if (this.#codeAt(end - 1) === LETTER_CODE.s) {
			if (this.#endsWithIes(end))
				return Math.imul(hashCharacters(characters, start, end - 3) ^ LETTER_CODE.y, HASH_FACTOR);
			length = this.#trimPlural(end, whole);
		}
		length = this.#trimEnding(start, length);
		if (length > 3 && this.#codeAt(start + length - 1) === LETTER_CODE.e) length -= 1;
		return hashCharacters(characters, start, start + length);
	}

	#endsWithIes(end: number): boolean {
		return this.#codeAt(end - 2) === LETTER_CODE.e && this.#codeAt(end - 3) === LETTER_CODE.i;
	}

	/** Without its s, unless it is one of "less", "status", "analysis". */
	#trimPlural(end: number, length: number): number {
		const { s, u, i } = LETTER_CODE;
		const before = this.#codeAt(end - 2);
		return before === s || before === u || before === i ? length : length - 1;
	}

	/** Without -ing or -ed, where three letters with a vowel stand before it. */
	#trimEnding(start: number, length: number): number {
		const { d, e, g, i, n } = LETTER_CODE;
		const end = start + length;
		const last = this.#codeAt(end - 1);
		let bare = 0;
		if (last === g && this.#codeAt(end - 2) === n && this.#codeAt(end - 3) === i) bare = length - 3;
		else if (last === d && this.#codeAt(end - 2) === e) bare = length - 2;
		return bare >= 3 && this.#hasVowel(start, start + bare) ? this.#trimDoubled(start, bare) : length;
	}

	/** "plann" → "plan" */
	#trimDoubled(start: number, length: number): number {
		const last = this.#codeAt(start + length - 1);
		return last === this.#codeAt(start + length - 2) && DOUBLED.has(last) ? length - 1 : length;
	}

	#hasVowel(start: number, end: number): boolean {
		for (let at = start; at < end; at += 1) if (VOWELS.has(this.#codeAt(at))) return true;
		return false;
	}

	/** Lowers the factor of sentences in the middle of a long text: the request stands first or last. */
	#weighSentences(): void {
		const last = this.sentences[this.count - 1] ?? 0;
		if (this.count === 0 || last < 3) return;
		const middle = last > 10 ? 0.25 : 0.6;
		for (let place = 0; place < this.count; place += 1) {
			const sentence = this.sentences[place] ?? 0;
			if (sentence > 1 && sentence < last - 1) this.factors[place] = (this.factors[place] ?? 0) * middle;
		}
	}
}

/** The hash of a piece of a text as a reader holds it. */
export function hashCharacters(characters: Int32Array, start: number, end: number): number {
	let hash = FIRST_HASH;
	for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ ((characters[at] ?? 0) & CODE_MASK), HASH_FACTOR);
	return hash;
}
