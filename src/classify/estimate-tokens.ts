import {
	type ClassificationFeature,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskType,
	type TokenInterval,
} from '../contracts/index.ts';
import { clamp, sum } from '../util/index.ts';
import type { TaskTokens } from './descriptor.ts';
import {
	LENGTH_WORDS,
	type LengthUnit,
	UNSPACED_LENGTH_WORDS,
	UNSPACED_MEASURE,
	UNSPACED_NUMERALS,
	UNSPACED_SOURCE,
	UNSPACED_UNITS,
} from './lexicon/length-words.ts';
import type { ReadTask } from './read-task.ts';
import { HashIndex, hashCharacters, TextReader } from './text-reader.ts';

type LengthRole = keyof typeof LENGTH_WORDS;
/** What a word says of lengths: one may say several things. All have one shape, so that reading them is fast. */
type LengthWord = Record<LengthRole, number | undefined> & { unit: LengthUnit | undefined };

/** Usual tokens of one unit. */
const UNIT_TOKENS: Readonly<Record<LengthUnit, number>> = {
	word: 1.35,
	sentence: 25,
	line: 11,
	paragraph: 100,
	page: 650,
	item: 30,
	name: 6,
	character: 0.25,
	minute: 195,
};
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
export interface NamedLengths {
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

/** Places from a number to its unit, as in "ten very short ideas", and between other words that belong together. */
const MAX_DISTANCE = 3;
const TOKENS_OF_YES = 5;
const TOKENS_OF_ONE_LABEL = 8;
const TOKENS_OF_EXACT_WORDS = 12;

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const GROUP_MARKS = [0x2c, 0x2e]; // 1,000 and 1.000
const THOUSAND = 0x6b; // 10k
const MAX_DIGITS = 9;

/** A word that speaks of lengths, its place among the words of the text, and the hashes of the two words before it. */
interface FoundWord {
	word: LengthWord;
	place: number;
	before: number;
	secondBefore: number;
}

/** The words that speak of lengths, by their hash as the reader of texts makes it. */
class LengthWords {
	readonly #index: HashIndex;
	readonly #words: readonly LengthWord[];
	/** Parts of words in scripts without spaces. */
	readonly unspaced: ReadonlyArray<readonly [part: string, role: string, value: number]>;

	constructor() {
		const reader = new TextReader();
		const byHash = new Map<number, LengthWord>();
		for (const [role, words] of Object.entries(LENGTH_WORDS))
			for (const [word = '', value = '1'] of words.split(/\s+/).map((pair) => pair.split(':'))) {
				reader.read(word);
				const hash = reader.spacedHashes[0] ?? 0;
				const known = byHash.get(hash) ?? { ...NO_ROLES };
				known[role as LengthRole] ??= Number(value); // entries() forgets the keys
				known.unit ??= LENGTH_UNITS.find((unit) => unit === role);
				byHash.set(hash, known);
			}
		this.#index = new HashIndex([...byHash.keys()]);
		this.#words = [...byHash.values()];
		this.unspaced = Object.entries(UNSPACED_LENGTH_WORDS).flatMap(([role, words]) =>
			words.split(' ').map((pair) => {
				const [part = '', value = '1'] = pair.split(':');
				return [part, role, Number(value)] as const;
			}),
		);
	}

	/** The words of the text that was read last that speak of lengths, and its numbers. */
	find(reader: TextReader): FoundWord[] {
		const { characters, spacedCount, spacedStarts, spacedEnds, spacedHashes, spacedPlaces } = reader;
		const found: FoundWord[] = [];
		let [before, secondBefore] = [0, 0];
		for (let at = 0; at < spacedCount; at += 1) {
			const start = spacedStarts[at] as number;
			const place = spacedPlaces[at] as number;
			let hash = spacedHashes[at] as number;
			if (isDigit((characters[start] as number) & 0xffff)) {
				const { count, end } = readNumber(characters, start);
				found.push({ word: { ...NO_ROLES, number: count }, place, before, secondBefore });
				secondBefore = before;
				before = 0;
				while (at + 1 < spacedCount && (spacedStarts[at + 1] as number) < end) at += 1;
				const last = spacedEnds[at] as number;
				if (end >= last) continue;
				hash = hashCharacters(characters, end, last); // "5pages"
			}
			const word = this.#get(hash);
			if (word !== undefined && !joinNumber(found.at(-1), word, place))
				found.push({ word: asNumber(word), place, before, secondBefore });
			secondBefore = before;
			before = hash;
		}
		return found;
	}

	#get(hash: number): LengthWord | undefined {
		const place = this.#index.find(hash);
		return place < 0 ? undefined : this.#words[place];
	}

	/** Which text the two words before a number say is so long. */
	getOwner({ before, secondBefore }: FoundWord): Measure['of'] {
		const last = this.#get(before);
		if (last?.beforeAnswer !== undefined) return 'answer';
		const source = last?.beforeSource ?? this.#get(secondBefore)?.beforeSource;
		return source === undefined ? null : 'source';
	}
}

/** "hundred" without a number before it is one. */
function asNumber(word: LengthWord): LengthWord {
	return word.multiplier === undefined ? word : { ...word, number: word.multiplier };
}

/** Joins the parts of a spelled number, such as "two", "hundred" and "fifty", in the word found last. @returns whether it did */
function joinNumber(last: FoundWord | undefined, { number, multiplier }: LengthWord, place: number): boolean {
	const known = last?.word.number;
	if (last === undefined || known === undefined) return false;
	const distance = place - last.place;
	const factor = last.word.multiplier ?? 0;
	if (multiplier !== undefined && distance === 1 && known % multiplier > 0)
		last.word = { ...NO_ROLES, number: known + (known % multiplier) * (multiplier - 1), multiplier };
	else if (number !== undefined && number < factor && distance <= 2)
		last.word = { ...NO_ROLES, number: known + number, multiplier: factor };
	else return false;
	last.place = place;
	return true;
}

/** The number that begins there, with its groups of thousands. */
function readNumber(characters: Int32Array, start: number): { count: number; end: number } {
	const codeAt = (at: number): number => (characters[at] as number) & 0xffff;
	let [count, end] = [0, start];
	const readDigits = (): void => {
		for (; isDigit(codeAt(end)) && end - start < MAX_DIGITS; end += 1) count = count * 10 + codeAt(end) - 0x30;
	};
	readDigits();
	const isGroup = (): boolean =>
		GROUP_MARKS.includes(codeAt(end)) &&
		[1, 2, 3].every((next) => isDigit(codeAt(end + next))) &&
		!isDigit(codeAt(end + 4));
	while (isGroup() && end - start < MAX_DIGITS) {
		end += 1;
		readDigits();
	}
	if (codeAt(end) !== THOUSAND) return { count, end };
	return { count: count * 1_000, end: end + 1 };
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

/** "answer with one word", "one-word answer" */
const isAnswerNear = ({ word, place }: FoundWord, number: FoundWord): boolean =>
	word.answer !== undefined && Math.abs(place - number.place) <= 2;

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

/** What the window of an ask that a reader has read last says of lengths. */
export function readLengths(reader: TextReader, window: string): NamedLengths {
	lengthWords ??= new LengthWords();
	const found = lengthWords.find(reader);
	const lengths: NamedLengths = { measures: [], prescribed: 0, scale: 1, creative: 0, code: 0, isSummary: false };
	let isPurpose = false;
	for (let at = 0; at < found.length; at += 1) {
		const one = found[at] as FoundWord;
		const { word } = one;
		isPurpose ||= word.purpose !== undefined;
		lengths.prescribed ||= readPrescribed(found, one);
		if (word.number !== undefined) {
			const unit = findUnit(found, at);
			const isAnswer = word.number === 1 && unit === 'word' && found.some((other) => isAnswerNear(other, one));
			addMeasure(lengths, word.number, unit, lengthWords.getOwner(one) ?? (isAnswer ? 'answer' : null));
		} else addWord(lengths, word, isPurpose || (isThing(word) && lengthWords.getOwner(one) === 'source'));
	}
	if (!reader.marks.hasUnspaced) return lengths;
	const text = window.toLowerCase();
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

/** A type with its probability, 0-1. */
export interface TypeShare {
	type: TaskType;
	share: number;
}

/**
 * Expected tokens of a task that may be of several types, the most likely first: the mean by their shares, with intervals
 * that hold what any of them makes likely.
 */
export function estimateTokens(
	{ types, complexity }: { types: readonly TypeShare[]; complexity: TaskComplexity },
	read: Pick<ReadTask, 'ask' | 'isConversation' | 'hasTools'>,
	lengths: NamedLengths,
	counted: TaskTokens,
): EstimatedTokens {
	const each = types.map(({ type, share }) => ({ share, ...estimateAs({ type, complexity }, read, lengths, counted) }));
	const [first, ...others] = each;
	if (first === undefined) throw new Error('A task without a type has no expected length.');
	if (others.length === 0) return first;
	const all = sum(types.map(({ share }) => share));
	const mean = (pick: (one: EstimatedTokens) => number): number =>
		Math.round(sum(each.map((one) => one.share * pick(one))) / all);
	const span = (pick: (one: EstimatedTokens) => TokenInterval): TokenInterval => ({
		low: Math.min(...each.map((one) => pick(one).low)),
		high: Math.max(...each.map((one) => pick(one).high)),
	});
	return {
		input: mean(({ input }) => input),
		output: mean(({ output }) => output),
		inputInterval: span(({ inputInterval }) => inputInterval),
		outputInterval: span(({ outputInterval }) => outputInterval),
		signs: first.signs,
	};
}

/**
 * Expected tokens of a task of a type. A conversation contains its context already; a bare text is usually sent with some, or with what
 * it names. An answer that is expected to be short may still take long (a model thinks): the interval reaches up to what is usual.
 */
function estimateAs(
	kind: { type: TaskType; complexity: TaskComplexity },
	read: Pick<ReadTask, 'ask' | 'isConversation' | 'hasTools'>,
	lengths: NamedLengths,
	{ tokens, fileTokens }: TaskTokens,
): EstimatedTokens {
	const { tokens: typical, echoShare = 0 } = TASK_TYPE_TRAITS[kind.type];
	const factor = COMPLEXITY_FACTOR[kind.complexity];
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
