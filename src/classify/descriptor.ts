import {
	CHARACTERS_PER_TOKEN,
	type ClassificationFeature,
	type ConversationMessage,
	TASK_TYPE_TRAITS,
	TASK_TYPES,
	type TaskComplexity,
	type TaskInput,
	type TaskPattern,
	type TaskType,
} from '../contracts/index.ts';
import { clamp, isFrozenJson, isObject, sum } from '../util/index.ts';
import { type FeatureTarget, OTHER_TARGETS } from './lexicon/index.ts';
import { getMessageParts, getMessages, isImagePart, type PastedMaterial } from './read-task.ts';

/** What is no type comes behind the types. */
const TARGET_PLACES: ReadonlyMap<FeatureTarget, number> = new Map<FeatureTarget, number>(
	[...TASK_TYPES.map((type) => `type:${type}` as const), ...OTHER_TARGETS].map((target, place) => [target, place]),
);

/** Features of a text and the sum of their weights per target. Reused from text to text. */
export class FeatureScores {
	/** Per target, types first in the order of `TASK_TYPES`. */
	readonly #sums = new Float64Array(TARGET_PLACES.size);
	readonly #names: string[] = [];
	readonly #targets: FeatureTarget[] = [];
	readonly #weights: number[] = [];
	#count = 0;

	/** Forgets all features. */
	clear(): void {
		this.#sums.fill(0);
		this.#count = 0;
	}

	/** Adds a feature to what is known of its target. */
	add(name: string, target: FeatureTarget, weight: number): void {
		const place = TARGET_PLACES.get(target) as number; // all targets are in
		this.#sums[place] = (this.#sums[place] as number) + weight;
		this.note(name, target, weight);
	}

	/** Adds a feature that is named only. */
	note(name: string, target: FeatureTarget, weight: number): void {
		const at = this.#count;
		this.#names[at] = name;
		this.#targets[at] = target;
		this.#weights[at] = weight;
		this.#count = at + 1;
	}

	/** What speaks for a target. */
	sum(target: FeatureTarget): number {
		return this.#sums[TARGET_PLACES.get(target) as number] as number;
	}

	/** What speaks for the type at this place of `TASK_TYPES`. */
	sumAt(type: number): number {
		return this.#sums[type] as number;
	}

	/** The most evidence any type has, 0 or more. */
	strongestEvidence(): number {
		let strongest = 0;
		for (let type = 0; type < TASK_TYPES.length; type += 1)
			if ((this.#sums[type] as number) > strongest) strongest = this.#sums[type] as number;
		return strongest;
	}

	/** The features that weigh most, strongest first, in the form a descriptor carries them. */
	listStrongest(): ClassificationFeature[] {
		const strongest: ClassificationFeature[] = [];
		for (let place = 0; place < this.#count; place += 1) {
			const last = strongest[MAX_FEATURES - 1];
			const weight = Math.round((this.#weights[place] as number) * 1_000) / 1_000;
			if (last !== undefined && Math.abs(weight) < Math.abs(last.weight)) continue;
			const name = (this.#names[place] as string).slice(0, MAX_NAME_CHARACTERS);
			const feature = { name, target: this.#targets[place] as FeatureTarget, weight };
			if (last !== undefined && !isStronger(feature, last)) continue;
			if (last !== undefined) strongest.pop();
			let at = strongest.length;
			strongest.push(feature);
			for (; at > 0 && isStronger(feature, strongest[at - 1] as ClassificationFeature); at -= 1)
				strongest[at] = strongest[at - 1] as ClassificationFeature;
			strongest[at] = feature;
		}
		return strongest;
	}
}

/** Features a descriptor carries at most, and the characters of a name. */
const MAX_FEATURES = 12;
const MAX_NAME_CHARACTERS = 40;

function isStronger(one: ClassificationFeature, other: ClassificationFeature): boolean {
	const difference = Math.abs(one.weight) - Math.abs(other.weight);
	if (difference !== 0) return difference > 0;
	return one.target === other.target ? one.name < other.name : one.target < other.target;
}

/** Below this much evidence the words alone do not decide the type. */
export const CLEAR_EVIDENCE = 1.3;
/** Evidence → probability: softmax(evidence × sharpness). */
const SOFTMAX_SHARPNESS = 0.85;
/** Tasks of at most this many words lean towards `simple-task` when nothing else speaks. */
export const MAX_FEW_WORDS = 3;
const FEW_WORDS_EVIDENCE = 0.9;

/** What was pasted counts only where the user's own words decide nothing. */
export function addPastedFeatures(scores: FeatureScores, pasted: PastedMaterial): void {
	if (scores.strongestEvidence() >= CLEAR_EVIDENCE) return;
	if (pasted.trace) scores.add('pasted error output', 'type:debugging', 2.5);
	if (pasted.diff) scores.add('pasted diff', 'type:code-review', 1.8);
	else if (pasted.code) scores.add('pasted code', 'type:analysis', 0.8);
}

const INCIDENT_EVIDENCE = 6;

/**
 * A cry for help is debugging, unless the words are clear that it is other work.
 *
 * @returns whether it is one
 */
export function addIncidentFeature(scores: FeatureScores): boolean {
	if (!hasIncidentSigns(scores)) return false;
	for (let type = 0; type < TASK_TYPES.length; type += 1)
		if (type !== DEBUGGING && scores.sumAt(type) >= CLEAR_EVIDENCE) return false;
	scores.add('an incident', 'type:debugging', INCIDENT_EVIDENCE);
	return true;
}

/** Below this confidence a type is a guess: about half of such answers are right. */
export const MIN_SURE_CONFIDENCE = 0.4;

/** What a trained model adds to the lexicon's evidence. */
export interface TableEvidence {
	/** Per type, in the order of `TASK_TYPES`: what its n-grams say. */
	sums: Float64Array;
	/** Weight of the lexicon's evidence beside them. */
	lexiconWeight: number;
	/** Divides the sum, so that a probability is the share of such tasks that are of the type. */
	temperature: number;
}

const PRIORS = Float64Array.from(TASK_TYPES, (type) => TASK_TYPE_TRAITS[type].prior);
const SIMPLE_TASK = TASK_TYPES.indexOf('simple-task');
const DEBUGGING = TASK_TYPES.indexOf('debugging');
const NO_PROBABILITIES = Object.fromEntries(TASK_TYPES.map((type) => [type, 0])) as Record<TaskType, number>; // all TASK_TYPES are in

/** What the words of the lexicon say for each type, in the order of `TASK_TYPES`, written to `sums`. */
export function sumLexiconEvidence(scores: FeatureScores, words: number, sums: Float64Array): Float64Array {
	const isBrief = words <= MAX_FEW_WORDS && scores.strongestEvidence() < CLEAR_EVIDENCE;
	const lean = isBrief ? FEW_WORDS_EVIDENCE : 0;
	for (let place = 0; place < sums.length; place += 1) {
		const evidence = scores.sumAt(place) + (place === SIMPLE_TASK ? lean : 0);
		sums[place] = ((PRIORS[place] as number) + evidence) * SOFTMAX_SHARPNESS;
	}
	return sums;
}

/** Reused from task to task. */
const TOTALS = new Float64Array(TASK_TYPES.length);

/** The most likely type and the probability of each; ties go to the type with the larger prior. */
export function detectType(
	scores: FeatureScores,
	words: number,
	model: TableEvidence | null = null,
): { type: TaskType; probabilities: Record<TaskType, number> } {
	const totals = sumLexiconEvidence(scores, words, TOTALS);
	let highest = Number.NEGATIVE_INFINITY;
	for (let place = 0; place < totals.length; place += 1) {
		const evidence = totals[place] as number;
		const total =
			model === null ? evidence : (evidence * model.lexiconWeight + (model.sums[place] as number)) / model.temperature;
		totals[place] = total;
		if (total > highest) highest = total;
	}
	let best = -1;
	let all = 0;
	for (let place = 0; place < totals.length; place += 1) {
		if (totals[place] === highest && (best < 0 || (PRIORS[place] as number) > (PRIORS[best] as number))) best = place;
		const power = Math.exp((totals[place] as number) - highest);
		totals[place] = power;
		all += power;
	}
	const probabilities = { ...NO_PROBABILITIES };
	for (let place = 0; place < totals.length; place += 1)
		probabilities[TASK_TYPES[place] as TaskType] = (totals[place] as number) / all;
	return { type: TASK_TYPES[best] ?? 'simple-task', probabilities };
}

/** Scores from which a task is medium, and complex. */
const MIN_MEDIUM_SCORE = 0.75;
const MIN_COMPLEX_SCORE = 2.7;
/** Weight of words about production, security, … from which a task is critical. */
const MIN_CRITICAL_WEIGHT = 1.6;
/** Less weight is enough for a task that is complex anyway: the word may stand in a subordinate clause. */
const MIN_CRITICAL_WEIGHT_IF_COMPLEX = 1.1;

/** The shape of a task beside its words. */
export interface AskShape {
	words: number;
	/** List items and numbered lines. */
	items: number;
}

/** Score → difficulty, 0-1. */
const squash = (score: number): number => 1 / (1 + Math.exp(-(score - 1.7)));

/** Weights from which something fails, and from which it is urgent or in production; a word in a subordinate clause is enough. */
const MIN_INCIDENT_WEIGHT = 0.6;

/** The words say that something fails, and that it is urgent or in production. */
function hasIncidentSigns(scores: FeatureScores): boolean {
	const isPressing = Math.max(scores.sum('urgency'), scores.sum('critical')) >= MIN_INCIDENT_WEIGHT;
	return isPressing && scores.sum('incident') >= MIN_INCIDENT_WEIGHT;
}

/**
 * Something in production fails at this moment. Whatever the type: of a cry for help it may be a guess. Where the words are
 * clear that it is other work, such as a text about an outage, it is no incident.
 */
function isIncident(type: TaskType, scores: FeatureScores): boolean {
	const isClear = type !== 'debugging' && scores.sum(`type:${type}`) >= 2 * CLEAR_EVIDENCE;
	return !isClear && hasIncidentSigns(scores);
}

/** How much work an ask describes; `difficulty` is 0-1. Few words alone do not make a task simple. */
export function assessComplexity(
	type: TaskType,
	scores: FeatureScores,
	shape: AskShape,
): { complexity: TaskComplexity; difficulty: number } {
	const traits = TASK_TYPE_TRAITS[type];
	const words = scores.sum('complexity');
	// The tenth hard word says less than the first.
	const hard = words > 0 ? 2.2 * Math.log1p(words / 1.8) : words;
	const length = clamp(Math.log2(Math.max(1, shape.words / 20)), 0, 3) * 0.45;
	const score = traits.complexity + hard + (length + Math.min(shape.items, 8) * 0.15);
	const critical = traits.isHarmless ? 0 : scores.sum('critical');
	const isComplex = score >= MIN_COMPLEX_SCORE;
	if (
		isIncident(type, scores) ||
		critical >= MIN_CRITICAL_WEIGHT ||
		(isComplex && critical >= MIN_CRITICAL_WEIGHT_IF_COMPLEX)
	)
		return { complexity: 'critical', difficulty: squash(Math.max(score, MIN_COMPLEX_SCORE) + 1) };
	const complexity = isComplex ? 'complex' : score >= MIN_MEDIUM_SCORE ? 'medium' : 'simple';
	return { complexity, difficulty: squash(score) };
}

const MIN_ITERATIVE_WEIGHT = 1;
const MIN_STEPS_WEIGHT = 0.9;
/** So many listed points are steps. */
const MIN_STEPS_ITEMS = 3;

/** How a task unfolds. */
export function detectPattern(
	task: { type: TaskType; complexity: TaskComplexity; items: number },
	scores: FeatureScores,
): TaskPattern {
	const { isMultiStep = false, isSingleShot = false } = TASK_TYPE_TRAITS[task.type];
	if (scores.sum('iterative') >= MIN_ITERATIVE_WEIGHT) return 'iterative';
	if (scores.sum('multi-step') >= MIN_STEPS_WEIGHT || task.items >= MIN_STEPS_ITEMS) return 'multi-step';
	if (task.complexity === 'simple' || isSingleShot) return 'single-shot';
	return task.complexity !== 'medium' || isMultiStep ? 'multi-step' : 'single-shot';
}

/** 1-5, 5 highest; `urgency` is the sum of what the words say about haste. */
export function rankPriority(type: TaskType, complexity: TaskComplexity, urgency: number): number {
	if (complexity === 'critical') return 5;
	const haste = urgency >= 0.5 ? 1 : urgency <= -0.5 ? -1 : 0;
	return clamp(TASK_TYPE_TRAITS[type].priority + haste, 1, 5);
}

/** Tokens per character of Chinese, Japanese and Korean. */
const TOKENS_PER_WIDE_CHARACTER = 1;
/** Tokens per character of other scripts outside ASCII. */
const TOKENS_PER_OTHER_CHARACTER = 0.5;
/** Tokens of one picture at a common size. */
const IMAGE_TOKENS = 1_200;
/** Of a page of a PDF, which is read as text and as a picture: Anthropic names 1,500 to 3,000 for the text. */
const PDF_PAGE_TOKENS = 2_500;
/** Bytes of a page where the pages cannot be counted: between a page of text (10 KB) and a scanned one (200 KB). */
const PDF_PAGE_BYTES = 50_000;
/** Characters of base64 at each end of a PDF that are searched for its pages; a multiple of 4. */
const PDF_END_CHARACTERS = 8_192;
/** Bytes to a token: sound at 128 kbit/s and 32 tokens a second, films at 2 Mbit/s and 300. */
const AUDIO_BYTES_PER_TOKEN = 500;
const VIDEO_BYTES_PER_TOKEN = 830;
/** Tokens a message costs beside its text. */
const MESSAGE_OVERHEAD_TOKENS = 4;
/** Characters of a text whose script is looked at. */
const FEW_SAMPLES = 64;
const MANY_SAMPLES = 512;
/** Messages whose length is read; of longer conversations an even sample is taken. */
const MAX_SAMPLED_MESSAGES = 128;
/** Values visited inside one message, system prompt or tool list. */
const MAX_VISITED_VALUES = 400;

const FIRST_BEYOND_LATIN = 0x250;
const BEYOND_LATIN = /[^\0-\u024f]/;
/** Longer texts are not searched for characters that are not Latin, but sampled. */
const MAX_SEARCHED_CHARACTERS = 4096;
/** First and last characters of Chinese, Japanese and Korean. */
const WIDE_RANGES = [
	[0x3040, 0x30ff],
	[0x3400, 0x9fff],
	[0xac00, 0xd7af],
	[0xf900, 0xfaff],
] as const;

const isWide = (code: number): boolean => WIDE_RANGES.some(([first, last]) => code >= first && code <= last);

/** Every so many-th character of a longer text is looked at: of some first, of more where they are not all Latin. */
function tokensPerCharacter(text: string): number {
	// in a string of bytes the expression fails at once: most texts are done here
	if (text.length <= MAX_SEARCHED_CHARACTERS && !BEYOND_LATIN.test(text)) return 1 / CHARACTERS_PER_TOKEN;
	const few = text.length <= MAX_SEARCHED_CHARACTERS ? null : sampleCharacters(text, FEW_SAMPLES);
	return few === 1 / CHARACTERS_PER_TOKEN ? few : sampleCharacters(text, MANY_SAMPLES);
}

function sampleCharacters(text: string, samples: number): number {
	const step = Math.ceil(text.length / samples);
	let [wide, other, sampled] = [0, 0, 0];
	for (let at = 0; at < text.length; at += step) {
		const code = text.charCodeAt(at);
		sampled += 1;
		if (code < FIRST_BEYOND_LATIN) continue;
		if (isWide(code)) wide += 1;
		else other += 1;
	}
	const latin = (sampled - wide - other) / CHARACTERS_PER_TOKEN;
	return (latin + wide * TOKENS_PER_WIDE_CHARACTER + other * TOKENS_PER_OTHER_CHARACTER) / sampled;
}

/** Estimated tokens of a text from its length and a sample of its script; constant time. */
export function countTextTokens(text: string): number {
	if (text.length === 0) return 0;
	return Math.ceil(text.length * tokensPerCharacter(text) - 1e-9);
}

const AUDIO_FORMAT = /^(?:wav|mp3|flac|opus|ogg|aac|m4a|pcm16)$/;
const DATA_URL = /^data:([\w.+/-]{1,80})[;,]/;

/** The media type and the content of a file in a request, in any format; `null` for other objects and for addresses. */
function getFile(value: Record<string, unknown>): { mediaType: string; data: string } | null {
	const data = value['data'] ?? value['file_data'] ?? value['fileData'];
	if (typeof data !== 'string' || value['type'] === 'text') return null;
	const [, inUrl] = DATA_URL.exec(data.slice(0, 100)) ?? [];
	const told = inUrl ?? value['media_type'] ?? value['mimeType'] ?? value['mime_type'];
	if (typeof told === 'string') return { mediaType: told, data };
	const format = value['format'];
	return typeof format === 'string' && AUDIO_FORMAT.test(format) ? { mediaType: `audio/${format}`, data } : null;
}

function decodeBase64(text: string): string {
	try {
		return atob(text);
	} catch (error) {
		if (error instanceof DOMException) return '';
		throw error;
	}
}

/** Pages of a PDF as its ends tell them; 0 where they do not. */
function countPdfPages(data: string): number {
	const from = data.slice(0, 100).indexOf(',') + 1; // behind the head of a data URL
	const last = from + Math.max(0, Math.floor((data.length - from - PDF_END_CHARACTERS) / 4) * 4);
	const ends = decodeBase64(data.slice(from, from + PDF_END_CHARACTERS)) + decodeBase64(data.slice(last));
	const counts = ends.matchAll(/\/Linearized\b[^>]{0,200}\/N (\d{1,5})|\/Count (\d{1,5})\b/g);
	return Math.max(0, ...Array.from(counts, ([, linearized, pages]) => Number(linearized ?? pages)));
}

/** Tokens of a file by its kind and size: its characters say nothing. */
function countFileTokens({ mediaType, data }: { mediaType: string; data: string }): number {
	const bytes = data.length * 0.75;
	if (mediaType.startsWith('image/')) return IMAGE_TOKENS;
	if (mediaType.startsWith('audio/')) return Math.ceil(bytes / AUDIO_BYTES_PER_TOKEN);
	if (mediaType.startsWith('video/')) return Math.ceil(bytes / VIDEO_BYTES_PER_TOKEN);
	if (mediaType !== 'application/pdf') return Math.ceil(bytes / CHARACTERS_PER_TOKEN);
	return Math.ceil(PDF_PAGE_TOKENS * (countPdfPages(data) || Math.max(1, bytes / PDF_PAGE_BYTES)));
}

/** Tokens of a request: all, and those of files alone. */
export interface TaskTokens {
	tokens: number;
	fileTokens: number;
}

/** Tokens of a part of a message around its text. */
const TEXT_PART_TOKENS = 3;

/** Tokens of a file or a picture; 0 for other objects. */
function countFile(value: Record<string, unknown>): number {
	const file = getFile(value);
	if (file !== null) return countFileTokens(file);
	return isImagePart(value) ? IMAGE_TOKENS : 0;
}

/** A value's own tokens; its members are added to `waiting`, and files to `files`; `null`: there are none. */
function visitValue(value: unknown, waiting: unknown[], files: number[] | null): number {
	if (typeof value === 'string') return countTextTokens(value);
	if (Array.isArray(value)) {
		for (let at = 0; at < value.length && at < MAX_VISITED_VALUES; at += 1) waiting.push(value[at]);
		return 0;
	}
	if (!isObject(value)) return 1;
	const text = value['type'] === 'text' ? value['text'] : undefined;
	if (typeof text === 'string') return countTextTokens(text) + TEXT_PART_TOKENS;
	const file = files === null ? 0 : countFile(value);
	if (file > 0) {
		files?.push(file);
		return file;
	}
	let read = 0;
	for (const key of Object.keys(value)) {
		if (read === MAX_VISITED_VALUES) break;
		waiting.push(value[key]);
		read += 1;
	}
	return read;
}

/** Tokens of any JSON value: its texts, with pictures at a fixed size; visits a bounded number of values. */
function countValueTokens(root: unknown, files: number[] | null): number {
	if (typeof root === 'string') return countTextTokens(root);
	const waiting: unknown[] = [];
	let tokens = visitValue(root, waiting, files);
	for (let visited = 1; waiting.length > 0 && visited < MAX_VISITED_VALUES; visited += 1)
		tokens += visitValue(waiting.pop(), waiting, files);
	return tokens;
}

/** Tokens of a message, and of each file in it. */
interface MessageTokens {
	tokens: number;
	files: readonly number[];
}

const NO_FILES: readonly number[] = [];
/** Of messages that nobody can change: an agent sends nearly all of them again with its next request. */
const countedMessages = new WeakMap<ConversationMessage, MessageTokens>();

function countMessage(message: ConversationMessage): MessageTokens {
	const known = countedMessages.get(message);
	if (known !== undefined) return known;
	const files: number[] = [];
	let tokens = MESSAGE_OVERHEAD_TOKENS;
	for (const part of getMessageParts(message)) tokens += countValueTokens(part, files);
	const counted = { tokens, files: files.length === 0 ? NO_FILES : files };
	if (isObject(message) && isFrozenJson(message)) countedMessages.set(message, counted);
	return counted;
}

/** Estimated input tokens of the task itself, with its boilerplate and tools. */
export function countTaskTokens(task: TaskInput): TaskTokens {
	if (typeof task === 'string') return { tokens: countTextTokens(task), fileTokens: 0 };
	const messages = getMessages(task);
	const files: number[] = [];
	let tokens = task.system === undefined ? 0 : countValueTokens(task.system, files);
	if (task.tools !== undefined) tokens += countValueTokens(task.tools, null);
	const step = Math.max(1, messages.length / MAX_SAMPLED_MESSAGES);
	let read = 0;
	let sampled = 0;
	for (let at = 0; at < messages.length; at += step) {
		const message = messages[Math.floor(at)];
		if (message === undefined) continue;
		const counted = countMessage(message);
		sampled += counted.tokens;
		if (counted.files !== NO_FILES) files.push(...counted.files);
		read += 1;
	}
	tokens += read === 0 ? 0 : Math.ceil((sampled * messages.length) / read);
	return { tokens, fileTokens: Math.min(tokens, sum(files)) };
}
