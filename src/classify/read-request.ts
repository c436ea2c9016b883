import { REQUEST_WORDS } from './lexicon/request-words.ts';
import { addToHash, CHARACTER_BITS, FIRST_HASH, HashIndex, readCharacter } from './text-reader.ts';

const { inWord, unspaced, accent } = CHARACTER_BITS;
const IN_WORD = inWord | accent;

/** Longer asks are cut: callers hand in a window of a text. */
const MAX_CHARACTERS = 6144;
/** Codes of characters, with a zero behind the last. */
type Codes = Uint8Array | Uint16Array;
const BYTES = new Uint8Array(MAX_CHARACTERS + 1);
const UNITS = new Uint16Array(MAX_CHARACTERS + 1);
const ENCODER = new TextEncoder();

/** The characters of a text by their codes: an array is read several times as fast as a string. */
function readCodes(text: string, length: number): Codes {
	const { read, written } = ENCODER.encodeInto(text, BYTES);
	if (written >= length && read === written) {
		BYTES[length] = 0;
		return BYTES;
	}
	for (let at = 0; at < length; at += 1) UNITS[at] = text.charCodeAt(at);
	UNITS[length] = 0;
	return UNITS;
}

const APOSTROPHE = 0x27;
/** Where the word ended that was hashed last. */
let wordEnd = 0;

/** What a word says of its sentence, as bits. */
const KINDS = {
	request: 1,
	verb: 2,
	command: 4,
	problem: 8,
	question: 16,
	filler: 32,
	negation: 64,
	link: 128,
	modal: 256,
	smallTalk: 512,
} as const;

const listWords = (words: string): string[] => words.trim().split(/\s+/);

const hashListed = (word: string): number => hashWord(readCodes(word, word.length), 0, word.length);

function collectKinds(): Map<number, number> {
	const kinds = new Map<number, number>();
	for (const [name, kind] of Object.entries(KINDS))
		for (const word of listWords(REQUEST_WORDS[name as keyof typeof KINDS])) {
			const hash = hashListed(word);
			kinds.set(hash, (kinds.get(hash) ?? 0) | kind);
		}
	return kinds;
}

const WORDS = collectKinds();
const INDEX = new HashIndex([...WORDS.keys()]);
const WORD_KINDS = Uint16Array.from(WORDS.values());
const UNSPACED_PARTS = new HashIndex(listWords(REQUEST_WORDS.unspaced).map(hashListed));

/** Words at the beginning of a sentence that are looked at. */
const MAX_FIRST_WORDS = 6;
/** Characters at the end of a sentence without spaces that are looked at. */
const MAX_UNSPACED = 40;
const MAX_UNSPACED_PART = 3;
/** Characters of a request that are read. */
const MAX_REQUEST = 180;
/** What speaks for a sentence as the request; where the first one has `clear`, no other is looked for. */
const SCORE = {
	command: 3,
	later: 0.25,
	smallTalk: 0.75,
	lastWord: 2,
	request: 1.5,
	problem: 1.5,
	question: 1,
	mark: 1.5,
	last: 0.5,
	clear: 2.5,
} as const;

/** A piece of an ask. */
interface Span {
	start: number;
	end: number;
}

/**
 * The sentence that asks for something most clearly, the first of equals; an empty one where none does. Reads 6 Ki characters at most,
 * in a time in proportion to them.
 */
export function findRequest(ask: string): Span {
	const length = Math.min(ask.length, MAX_CHARACTERS);
	const codes = readCodes(ask, length);
	const best = { start: 0, end: 0 };
	let highest = 0;
	for (let start = 0; start < length; ) {
		const end = findSentenceEnd(codes, start, length);
		const asked = scoreSentence(codes, start, end);
		const score = end < length || asked === 0 ? asked : asked + SCORE.last;
		if (score > highest) {
			highest = score;
			best.start = start;
			best.end = Math.min(end, start + MAX_REQUEST);
		}
		if (start === 0 && score >= SCORE.clear) break;
		start = end;
	}
	return best;
}

const SPACE = 0x20;
const NEWLINE = 0x0a;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const EXCLAMATION_MARK = 0x21;
const COLON = 0x3a;
const GREATER_THAN = 0x3e;
const QUESTION_MARK = 0x3f;
const ARABIC_QUESTION_MARK = 0x061f;
const WIDE_QUESTION_MARK = 0xff1f;
/** Ends of sentences beyond ASCII: Hindi, Chinese and Japanese, Arabic. */
const WIDE_ENDS: ReadonlySet<number> = new Set([0x0964, 0x3002, 0xff01, WIDE_QUESTION_MARK, ARABIC_QUESTION_MARK]);

/** Behind the sentence that begins there. */
function findSentenceEnd(codes: Codes, start: number, end: number): number {
	for (let at = start; at < end; at += 1) {
		const code = codes[at] as number;
		if (code > QUESTION_MARK) {
			if (code >= ARABIC_QUESTION_MARK && WIDE_ENDS.has(code)) return at + 1;
		} else if (code === NEWLINE) return at + 1;
		else if (code === DOT || code === EXCLAMATION_MARK || code === QUESTION_MARK || code === SEMICOLON) {
			if ((codes[at + 1] as number) <= SPACE) return at + 1;
		}
	}
	return end;
}

const isInWord = (codes: Codes, at: number): boolean => (readCharacter(codes[at] as number) & IN_WORD) !== 0;

function scoreSentence(codes: Codes, start: number, end: number): number {
	let at = start;
	while (at < end && !isInWord(codes, at)) {
		if (codes[at] === GREATER_THAN) return 0; // somebody is quoted
		at += 1;
	}
	let last = end;
	let marks = 0;
	while (last > at && !isInWord(codes, last - 1)) {
		last -= 1;
		const code = codes[last] as number;
		if (code === QUESTION_MARK || code === WIDE_QUESTION_MARK || code === ARABIC_QUESTION_MARK) marks = SCORE.mark;
	}
	if (at === last) return 0;
	const ends = readCharacter(codes[at] as number) | readCharacter(codes[last - 1] as number);
	return marks + ((ends & unspaced) === 0 ? scoreWords(codes, at, last) : scoreUnspaced(codes, at, last));
}

function hashWord(codes: Codes, start: number, end: number): number {
	let hash = FIRST_HASH;
	let at = start;
	for (; at < end; at += 1) {
		const code = codes[at] as number;
		const character = readCharacter(code);
		if ((character & IN_WORD) === 0 && code !== APOSTROPHE) break;
		if ((character & accent) === 0) hash = addToHash(hash, character);
	}
	wordEnd = at;
	return hash;
}

/** What stands before a word in its sentence. */
interface Before {
	/** Nothing but words that ask or mean nothing, or a colon: a verb commands here. */
	isAsked: boolean;
	/** A word that asks. */
	hasRequest: boolean;
	/** The word is the next one to `you`, `me`, `someone`. */
	isAddressed: boolean;
	/** Another sentence. */
	isLater: boolean;
}

function scoreWord(kinds: number, word: number, { isAsked, hasRequest, isLater }: Before): number {
	if (isAsked && (kinds & KINDS.verb) !== 0)
		return isLater && !hasRequest && (kinds & KINDS.smallTalk) !== 0 ? SCORE.smallTalk : SCORE.command;
	if ((kinds & KINDS.command) !== 0) return SCORE.command - word * SCORE.later;
	if ((kinds & KINDS.request) !== 0) return SCORE.request;
	if ((kinds & KINDS.problem) !== 0) return SCORE.problem;
	return word === 0 && (kinds & KINDS.question) !== 0 ? SCORE.question : 0;
}

/** A modal asks at the beginning and behind `you`: "our office can be reached" asks nothing. */
function readKinds(kinds: number, { isAsked, hasRequest, isAddressed }: Before): number {
	const isRequest = (kinds & KINDS.modal) !== 0 && ((isAsked && !hasRequest) || isAddressed);
	return isRequest ? kinds | KINDS.request : kinds;
}

function readOn(before: Before, kinds: number): void {
	const isRequest = (kinds & KINDS.request) !== 0;
	before.hasRequest ||= isRequest;
	const between = before.hasRequest ? KINDS.filler | KINDS.link : KINDS.filler;
	before.isAsked = isRequest || (before.isAsked && (kinds & between) !== 0);
	before.isAddressed = (kinds & KINDS.link) !== 0;
}

function scoreWords(codes: Codes, start: number, end: number): number {
	let best = 0;
	const before: Before = { isAsked: true, hasRequest: false, isAddressed: false, isLater: start > 0 };
	let at = start;
	for (let word = 0; word < MAX_FIRST_WORDS && at < end; word += 1) {
		const kinds = readKinds(kindsOf(hashWord(codes, at, end)), before);
		if (word < 2 && (kinds & KINDS.negation) !== 0) return 0;
		best = Math.max(best, scoreWord(kinds, word, before));
		readOn(before, kinds);
		for (at = wordEnd; at < end && !isInWord(codes, at); at += 1) before.isAsked ||= codes[at] === COLON;
	}
	return best >= SCORE.lastWord || at >= end ? best : Math.max(best, scoreLastWord(codes, at, end));
}

/** Hindi and Turkish command at the end. */
function scoreLastWord(codes: Codes, start: number, end: number): number {
	let from = end;
	while (from > start && isInWord(codes, from - 1)) from -= 1;
	return (kindsOf(hashWord(codes, from, end)) & KINDS.command) === 0 ? 0 : SCORE.lastWord;
}

function kindsOf(hash: number): number {
	const place = INDEX.find(hash);
	return place < 0 ? 0 : (WORD_KINDS[place] as number);
}

/** How many words that ask stand at the end of a sentence in a script without spaces. */
function scoreUnspaced(codes: Codes, start: number, end: number): number {
	let found = 0;
	for (let at = Math.max(start, end - MAX_UNSPACED); at < end; at += 1) {
		let hash = FIRST_HASH;
		const limit = Math.min(end, at + MAX_UNSPACED_PART);
		for (let to = at; to < limit; to += 1) {
			hash = addToHash(hash, readCharacter(codes[to] as number));
			if (UNSPACED_PARTS.find(hash) >= 0) found += 1;
		}
	}
	return Math.min(found, SCORE.command);
}
