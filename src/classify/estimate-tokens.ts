import {
	type ClassificationFeature,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskType,
	type TokenInterval,
} from '../contracts/index.ts';
import { clamp } from '../util/index.ts';
import type { TaskTokens } from './descriptor.ts';
import { LENGTH_WORDS, UNSPACED_LENGTH_WORDS } from './lexicon/length-words.ts';
import type { ReadTask } from './read-task.ts';

type LengthRole = keyof typeof LENGTH_WORDS;
/** What a word says of lengths: one may say several things. All have one shape, so that reading them is fast. */
type LengthWord = Record<LengthRole, number | undefined> & { unit: LengthUnit | undefined };

/** Usual tokens of one unit. */
const UNIT_TOKENS = {
	word: 1.35,
	sentence: 25,
	line: 11,
	paragraph: 100,
	page: 650,
	item: 30,
	name: 6,
	character: 0.25,
	minute: 195,
} as const satisfies Partial<Record<LengthRole, number>>;
type LengthUnit = keyof typeof UNIT_TOKENS;
const LENGTH_UNITS = Object.keys(UNIT_TOKENS) as LengthUnit[]; // its own keys

const NO_ROLES: LengthWord = {
	...(Object.fromEntries(Object.keys(LENGTH_WORDS).map((role) => [role, undefined])) as Record<LengthRole, undefined>),
	unit: undefined,
};

/** A number with its unit. */
interface Measure {
	/** As in `3 sentence`. */
	name: string;
	count: number;
	unit: LengthUnit;
	/** Which text the words before it say is so long. */
	of: 'answer' | 'source' | null;
}

/** What an ask says of the length of its answer, and of texts that it names. */
interface NamedLengths {
	measures: Measure[];
	/** Tokens of an answer whose form is prescribed, e.g. "yes or no"; 0 of none. */
	prescribed: number;
	/** Product of words such as "briefly" and "detailed". */
	scale: number;
	/** Tokens of a text or of code that is asked for by name and has a usual length, e.g. "a haiku"; 0 of none. */
	creative: number;
	code: number;
	isSummary: boolean;
}

/** Characters at each end of an ask that are searched for lengths. */
const SEARCHED_CHARACTERS = { head: 250, tail: 150 };
/** Places from a number to its unit, as in "ten very short ideas", and between other words that belong together. */
const MAX_DISTANCE = 3;
/** Places that the end of a clause takes: nothing belongs together across it. */
const CLAUSE_PLACES = 10;
const NUMBER = /(\d{1,3}(?:[.,]\d{3})+|\d{1,6})(k?)/y;
const UNSPACED = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/;
/** Numerals by their value. */
const UNSPACED_NUMERALS = [' ', '一한', '二两두', '三세', '四네', '五다', '六', '七', '八', '九', '열'];
/** A number with its unit in Chinese, Japanese and Korean; what "个" counts must be something that is written. */
const UNSPACED_MEASURE =
	/(\d{1,6}|[一二两三四五六七八九十]{1,3}|[한두세네열]|다섯) ?(?:个|個|つの)?(单词|词|単語|단어|文字|字|자|句|文|문장|段|문단|页|頁|ページ|페이지|쪽|行|줄|条|点|つ|가지|(?<=个)(?=.{0,4}[名点例建想案题理主口选词笑]))/g;
/** Before the length of a text that exists: "this", "below". */
const UNSPACED_SOURCE = /[这這那下この이]$/;
/** Units in these scripts, with how many words one is where that is not 1. */
const UNSPACED_UNITS: ReadonlyArray<readonly [units: string, unit: LengthUnit, words?: number]> = [
	['单词 词 単語 단어', 'word'],
	['文字 字 자', 'word', 0.75],
	['句 文 문장', 'sentence'],
	['段 문단', 'paragraph'],
	['页 頁 ページ 페이지 쪽', 'page'],
	['行 줄', 'line'],
];
/** Bits of a hash that the filter looks at: most words fail there. */
const FILTER_MASK = 0x3fff;
const HASH_MASK = 0x3fff_ffff;
const TOKENS_OF_YES = 5;
const TOKENS_OF_ONE_LABEL = 8;
const TOKENS_OF_EXACT_WORDS = 12;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
/** Characters from here on belong to no word with spaces around it. */
const WORD_CODES = 0x2000;
const CLAUSE_END = 1;
/** Lower-case letters of scripts with spaces, and digits. */
const IN_WORD = 2;
/** By character: what it is. */
const CLASSES = Uint8Array.from({ length: WORD_CODES }, (_, code) => {
	if ((code >= 0x61 && code <= 0x7a) || isDigit(code) || code >= 0xc0) return IN_WORD;
	return '.!?;:\n'.includes(String.fromCharCode(code)) ? CLAUSE_END : 0;
});
const classOf = (code: number): number => (code < WORD_CODES ? (CLASSES[code] as number) : 0);

function findWordEnd(text: string, start: number): number {
	let end = start;
	while (end < text.length && classOf(text.charCodeAt(end)) === IN_WORD) end += 1;
	return end;
}

/** FNV-1a of a part of a text, 30 bits of it. */
function hashWord(text: string, start: number, end: number): number {
	let hash = 0x811c_9dc5;
	for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193);
	return hash & HASH_MASK;
}

/** A word that speaks of lengths, its place among the words of the text, and the hashes of the two words before it. */
interface FoundWord {
	word: LengthWord;
	place: number;
	before: number;
	secondBefore: number;
}

/** The words that speak of lengths, by their hash. */
class LengthWords {
	readonly #words = new Map<number, LengthWord>();
	readonly #filter = new Uint8Array(FILTER_MASK + 1);
	/** Parts of words in scripts without spaces. */
	readonly unspaced: ReadonlyArray<readonly [part: string, role: string, value: number]>;

	constructor() {
		for (const [role, words] of Object.entries(LENGTH_WORDS))
			for (const [word = '', value = '1'] of words.split(/\s+/).map((pair) => pair.split(':'))) {
				const hash = hashWord(word, 0, word.length);
				const known = this.#words.get(hash) ?? { ...NO_ROLES };
				known[role as LengthRole] ??= Number(value); // entries() forgets the keys
				known.unit ??= LENGTH_UNITS.find((unit) => unit === role);
				this.#words.set(hash, known);
				if (!role.startsWith('before')) this.#filter[hash & FILTER_MASK] = 1;
			}
		this.unspaced = Object.entries(UNSPACED_LENGTH_WORDS).flatMap(([role, words]) =>
			words.split(' ').map((pair) => {
				const [part = '', value = '1'] = pair.split(':');
				return [part, role, Number(value)] as const;
			}),
		);
	}

	/** The words of a text in lower case that speak of lengths, and its numbers. */
	find(text: string): FoundWord[] {
		const found: FoundWord[] = [];
		let [place, before, secondBefore] = [0, 0, 0];
		for (let at = 0; at < text.length; at += 1) {
			const code = text.charCodeAt(at);
			const kind = classOf(code);
			if (kind === CLAUSE_END) place += CLAUSE_PLACES;
			if (kind !== IN_WORD) continue;
			const number = isDigit(code) ? readNumber(text, at) : null;
			const end = number?.end ?? findWordEnd(text, at);
			const hash = number === null ? hashWord(text, at, end) : 0;
			const word = number === null ? this.#get(hash) : { ...NO_ROLES, number: number.count };
			if (word !== undefined) found.push({ word, place, before, secondBefore });
			place += 1;
			secondBefore = before;
			before = hash;
			at = end - 1;
		}
		return found;
	}

	#get(hash: number): LengthWord | undefined {
		return this.#filter[hash & FILTER_MASK] === 1 ? this.#words.get(hash) : undefined;
	}

	/** Which text the two words before a number say is so long. */
	getOwner({ before, secondBefore }: FoundWord): Measure['of'] {
		const last = this.#words.get(before);
		if (last?.beforeAnswer !== undefined) return 'answer';
		const source = last?.beforeSource ?? this.#words.get(secondBefore)?.beforeSource;
		return source === undefined ? null : 'source';
	}
}

function readNumber(text: string, at: number): { count: number; end: number } {
	NUMBER.lastIndex = at;
	const [written = '0', digits = '0', thousands] = NUMBER.exec(text) ?? [];
	const count = Number(digits.replace(/[.,]/g, '')) * (thousands === 'k' ? 1_000 : 1);
	return { count, end: at + written.length };
}

let lengthWords: LengthWords | undefined;

/** The unit of the number that stands there, if it has one. */
function findUnit(found: readonly FoundWord[], at: number): LengthUnit | undefined {
	const start = found[at]?.place ?? 0;
	for (let next = at + 1; next < found.length; next += 1) {
		const one = found[next];
		if (one === undefined || one.place - start > MAX_DISTANCE || one.word.number !== undefined) return undefined;
		if (one.word.unit !== undefined) return one.word.unit;
	}
	return undefined;
}

function isNear(found: readonly FoundWord[], place: number, role: LengthRole, reach: number): boolean {
	return found.some(({ word, place: other }) => word[role] !== undefined && other > place && other - place <= reach);
}

/** Tokens of an answer whose form a word prescribes; 0 when it does not. */
function readPrescribed(found: readonly FoundWord[], { word, place }: FoundWord): number {
	if (word.yes !== undefined && isNear(found, place, 'no', 2)) return TOKENS_OF_YES;
	if (word.only !== undefined && isNear(found, place, 'single', 2)) return TOKENS_OF_ONE_LABEL;
	if (word.single !== undefined && isNear(found, place, 'only', 1)) return TOKENS_OF_ONE_LABEL;
	return word.exactly === undefined ? 0 : TOKENS_OF_EXACT_WORDS;
}

function readUnspacedNumber(digits: string): number {
	if (isDigit(digits.charCodeAt(0))) return Number(digits);
	const [tens = '', ones] = digits.split('十');
	const value = (digit: string): number =>
		Math.max(
			0,
			UNSPACED_NUMERALS.findIndex((same) => same.includes(digit[0] ?? ' ')),
		);
	if (ones === undefined) return value(tens);
	return (tens === '' ? 1 : value(tens)) * 10 + (ones === '' ? 0 : value(ones));
}

function readUnspacedMeasures(text: string): Measure[] {
	return Array.from(text.matchAll(UNSPACED_MEASURE), ({ 0: name, 1: digits = '', 2: unit = '', index }) => {
		const known = unit === '' ? undefined : UNSPACED_UNITS.find(([units]) => units.includes(unit));
		const [, kind = 'item', share = 1] = known ?? [];
		const of = UNSPACED_SOURCE.test(text.slice(Math.max(0, index - 2), index)) ? 'source' : null;
		return { name, count: readUnspacedNumber(digits) * share, unit: kind, of };
	});
}

/** Words of scripts without spaces as those of the others. */
function findUnspaced(text: string, words: LengthWords): LengthWord[] {
	const inText = words.unspaced.filter(([part]) => text.includes(part));
	return inText.map(([, role, value]) => ({ ...NO_ROLES, [role]: value }));
}

/** A thing with a usual size. */
const isThing = ({ creative, code }: LengthWord): boolean => (creative ?? code) !== undefined;

function addMeasure(lengths: NamedLengths, count: number, unit: LengthUnit | undefined, of: Measure['of']): void {
	if (unit === undefined) return;
	lengths.measures.push({ name: `${count} ${unit}${count === 1 ? '' : 's'}`, count, unit, of });
}

function addWord(lengths: NamedLengths, word: LengthWord, isPurpose: boolean): void {
	lengths.scale *= word.scale ?? 1;
	lengths.isSummary ||= word.summary !== undefined;
	if (isPurpose) return;
	lengths.creative ||= word.creative ?? 0;
	lengths.code ||= word.code ?? 0;
}

/** What an ask says of lengths, at its beginning and its end; bounded in work. */
function readLengths(ask: string): NamedLengths {
	lengthWords ??= new LengthWords();
	const { head, tail } = SEARCHED_CHARACTERS;
	const ends = ask.length <= head + tail ? ask : `${ask.slice(0, head)}\n${ask.slice(-tail)}`;
	const text = ends.toLowerCase();
	const found = lengthWords.find(text);
	const lengths: NamedLengths = { measures: [], prescribed: 0, scale: 1, creative: 0, code: 0, isSummary: false };
	let isPurpose = false;
	for (let at = 0; at < found.length; at += 1) {
		const one = found[at] as FoundWord;
		const { word } = one;
		isPurpose ||= word.purpose !== undefined;
		lengths.prescribed ||= readPrescribed(found, one);
		if (word.number !== undefined) addMeasure(lengths, word.number, findUnit(found, at), lengthWords.getOwner(one));
		else addWord(lengths, word, isPurpose || (isThing(word) && lengthWords.getOwner(one) === 'source'));
	}
	if (!UNSPACED.test(text)) return lengths;
	lengths.measures.push(...readUnspacedMeasures(text));
	for (const word of findUnspaced(text, lengthWords)) addWord(lengths, word, false);
	return lengths;
}

const COMPLEXITY_FACTOR: Readonly<Record<TaskComplexity, number>> = {
	simple: 0.5,
	medium: 1,
	complex: 1.8,
	critical: 2.4,
};
/** Only text beyond so many tokens is taken to come back in the answer. */
const MIN_ECHO_INPUT_TOKENS = 200;
const MAX_ECHO_TOKENS = 8_000;
/** About 80 % of answers lie between these multiples of the estimate. */
const OUTPUT_SPREAD = { low: 0.4, high: 2.2 };
/** Half-widths of the input interval as shares: of the typical context, of the text that was counted, of files. */
const CONTEXT_SPREAD = 0.6;
const TEXT_SPREAD = 0.15;
const FILE_SPREAD = 0.6;
/** Longest answer that a length in the ask makes expected: what models give in one go. */
const MAX_NAMED_TOKENS = 32_000;
/** A text is named, and is not there, when it is longer than so many tokens and twice what was sent. */
const MIN_SOURCE_TOKENS = 500;
/** Words and pages that an ask for reading names belong to its answer up to here: "a summary of 200 words". */
const MAX_READING_ANSWER = { word: 300, page: 3 };
/** An answer of a summary, and the share of the text that it grows by. */
const SUMMARY_TOKENS = 300;
const MAX_SUMMARY_TOKENS = 1_200;
const SUMMARY_SHARE = 0.03;
/** Thanks, a sum, a command. */
const BRIEF_TASK = { characters: 40, tokens: 60 };
/** Where tools are offered most turns are calls: this much, and a share of the whole answer. */
const TURN_TOKENS = 120;
const TURN_SHARE = 0.15;

/** Types whose answer is a text of its own: a length without more is the answer's. */
const WRITING: ReadonlySet<TaskType> = new Set([
	'architecture',
	'planning',
	'code-generation',
	'testing',
	'documentation',
	'creative',
]);

function isOfAnswer({ unit, count, of }: Measure, type: TaskType): boolean {
	if (of === 'source') return false;
	if (unit === 'minute') return type === 'creative';
	if (unit === 'item' || unit === 'name') return count > 1 && TASK_TYPE_TRAITS[type].isCode !== true;
	if (unit === 'word' && count === 1) return of === 'answer';
	if (unit === 'line' && count === 1) return type !== 'code-generation'; // a one-liner is as long as it is
	if (WRITING.has(type) || unit === 'sentence' || unit === 'paragraph') return true;
	if (unit === 'word') return of === 'answer' || count <= MAX_READING_ANSWER.word;
	return of === 'answer' && (unit !== 'page' || count <= MAX_READING_ANSWER.page);
}

interface NamedTokens {
	tokens: number;
	/** What was read, for the features of a descriptor. */
	sign: ClassificationFeature;
}

function getLongest(measures: readonly Measure[], purpose: string, target: string): NamedTokens | null {
	const tokensOf = ({ unit, count }: Measure): number => Math.ceil(UNIT_TOKENS[unit] * count);
	const [longest] = measures.toSorted((one, other) => tokensOf(other) - tokensOf(one));
	if (longest === undefined) return null;
	const tokens = tokensOf(longest);
	return { tokens, sign: { name: `${purpose} ${longest.name}`, target, weight: tokens } };
}

/** Tokens of an answer whose length the ask says; `null` where it does not. */
function getNamedAnswer(type: TaskType, { measures, prescribed }: NamedLengths): NamedTokens | null {
	const own = measures.filter((measure) => isOfAnswer(measure, type));
	const named = getLongest(own, 'asks for', 'output-tokens');
	if (named !== null) return { ...named, tokens: clamp(named.tokens, 1, MAX_NAMED_TOKENS) };
	const { isCode = false } = TASK_TYPE_TRAITS[type];
	if (prescribed === 0 || (isCode && type !== 'code-review')) return null;
	return { tokens: prescribed, sign: { name: 'prescribed answer', target: 'output-tokens', weight: prescribed } };
}

/** Tokens of a text that an ask names and that was not sent: "summarize the 200-page contract". */
function getNamedSource(type: TaskType, { measures }: NamedLengths, sent: number): NamedTokens | null {
	const texts = measures.filter((measure) => /^(?:word|line|page)$/.test(measure.unit) && !isOfAnswer(measure, type));
	const named = getLongest(texts, 'not sent:', 'input-tokens');
	return named !== null && named.tokens > Math.max(MIN_SOURCE_TOKENS, 2 * sent) ? named : null;
}

/** Tokens of an answer as it usually is, by what is asked for; `usual` is that of the type, with the text that comes back. */
function getUsualAnswer(type: TaskType, usual: number, lengths: NamedLengths, { ask, tokens }: AskedText): number {
	if (type === 'creative' && lengths.creative > 0) return lengths.creative;
	if (type === 'code-generation' && lengths.code > 0) return lengths.code;
	if (type === 'analysis' && lengths.isSummary)
		return Math.min(usual, MAX_SUMMARY_TOKENS, SUMMARY_TOKENS + SUMMARY_SHARE * tokens);
	const isBrief = ask.length <= BRIEF_TASK.characters && tokens <= MIN_ECHO_INPUT_TOKENS;
	return type === 'simple-task' && isBrief ? Math.min(usual, BRIEF_TASK.tokens) : usual;
}

/** What is asked, and the tokens of all that is sent with it. */
interface AskedText {
	ask: string;
	tokens: number;
}

/** Expected tokens with their intervals. */
interface EstimatedTokens {
	input: number;
	output: number;
	inputInterval: TokenInterval;
	outputInterval: TokenInterval;
	/** Lengths that the ask names. */
	signs: ClassificationFeature[];
}

/**
 * Expected tokens of a task. A conversation contains its context already; a bare text is usually sent with some, or with what
 * it names. An answer that is expected to be short may still take long (a model thinks): the interval reaches up to what is usual.
 */
export function estimateTokens(
	kind: { type: TaskType; complexity: TaskComplexity },
	read: Pick<ReadTask, 'ask' | 'isConversation' | 'hasTools'>,
	{ tokens, fileTokens }: TaskTokens,
): EstimatedTokens {
	const { tokens: typical, echoShare = 0 } = TASK_TYPE_TRAITS[kind.type];
	const factor = COMPLEXITY_FACTOR[kind.complexity];
	const lengths = readLengths(read.ask);
	const source = getNamedSource(kind.type, lengths, tokens);
	const context = read.isConversation ? 0 : Math.max(typical[0] * factor, source?.tokens ?? 0);
	const input = Math.max(1, Math.round(context + tokens));
	const named = getNamedAnswer(kind.type, lengths);
	const echoed = tokens - fileTokens + (source?.tokens ?? 0) - MIN_ECHO_INPUT_TOKENS;
	const echo = read.hasTools ? 0 : echoShare * Math.max(0, echoed);
	const usual = typical[1] * factor + Math.min(echo, MAX_ECHO_TOKENS);
	const whole =
		named?.tokens ??
		getUsualAnswer(kind.type, usual, lengths, { ask: read.ask, tokens }) * clamp(lengths.scale, 0.3, 2);
	const output = Math.max(1, Math.round(read.hasTools ? Math.min(whole, TURN_TOKENS + TURN_SHARE * whole) : whole));
	const doubt = context * CONTEXT_SPREAD + (tokens - fileTokens) * TEXT_SPREAD + fileTokens * FILE_SPREAD;
	return {
		input,
		output,
		inputInterval: { low: Math.max(0, Math.floor(input - doubt)), high: Math.ceil(input + doubt) },
		outputInterval: {
			low: Math.floor(output * OUTPUT_SPREAD.low),
			high: Math.ceil(Math.max(output, whole, usual) * OUTPUT_SPREAD.high),
		},
		signs: [named?.sign, source?.sign].filter((sign) => sign !== undefined),
	};
}

/** 0-1: how sure an estimate is, from the type's probability and the width of the input interval. */
export function getTokenConfidence(interval: TokenInterval, typeConfidence: number): number {
	const middle = (interval.low + interval.high) / 2;
	const width = middle === 0 ? 1 : Math.min(1, (interval.high - interval.low) / (2 * middle));
	return Math.min(1, 0.5 * typeConfidence + 0.5 * (1 - width));
}
