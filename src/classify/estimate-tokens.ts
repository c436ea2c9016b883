import {
	CHARACTERS_PER_TOKEN,
	TASK_TYPE_TRAITS,
	type TaskComplexity,
	type TaskInput,
	type TaskType,
	type TokenInterval,
} from '../contracts/index.ts';
import { isObject } from '../util/index.ts';
import { getMessageParts, getMessages, isImagePart } from './read-task.ts';

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
/** Half-widths of the input interval as shares: of the typical context, and of the text that was counted. */
const CONTEXT_SPREAD = 0.6;
const TEXT_SPREAD = 0.15;

/** Expected tokens with their intervals. */
interface EstimatedTokens {
	input: number;
	output: number;
	inputInterval: TokenInterval;
	outputInterval: TokenInterval;
}

/** Expected tokens of a task. A conversation contains its context already; a bare text is usually sent with some. */
export function estimateTokens(
	kind: { type: TaskType; complexity: TaskComplexity },
	text: { tokens: number; isConversation: boolean },
): EstimatedTokens {
	const { tokens: typical, echoShare = 0 } = TASK_TYPE_TRAITS[kind.type];
	const factor = COMPLEXITY_FACTOR[kind.complexity];
	const context = text.isConversation ? 0 : typical[0] * factor;
	const input = Math.max(1, Math.round(context + text.tokens));
	const echo = echoShare * Math.max(0, text.tokens - MIN_ECHO_INPUT_TOKENS);
	const output = Math.round(typical[1] * factor + Math.min(echo, MAX_ECHO_TOKENS));
	const doubt = context * CONTEXT_SPREAD + text.tokens * TEXT_SPREAD;
	return {
		input,
		output,
		inputInterval: { low: Math.max(0, Math.floor(input - doubt)), high: Math.ceil(input + doubt) },
		outputInterval: { low: Math.floor(output * OUTPUT_SPREAD.low), high: Math.ceil(output * OUTPUT_SPREAD.high) },
	};
}

/** 0-1: how sure an estimate is, from the type's probability and the width of the input interval. */
export function getTokenConfidence(interval: TokenInterval, typeConfidence: number): number {
	const middle = (interval.low + interval.high) / 2;
	const width = middle === 0 ? 1 : Math.min(1, (interval.high - interval.low) / (2 * middle));
	return Math.min(1, 0.5 * typeConfidence + 0.5 * (1 - width));
}

/** Tokens per character of Chinese, Japanese and Korean. */
const TOKENS_PER_WIDE_CHARACTER = 1;
/** Tokens per character of other scripts outside ASCII. */
const TOKENS_PER_OTHER_CHARACTER = 0.5;
/** Tokens of one picture at a common size. */
const IMAGE_TOKENS = 1_200;
/** Tokens a message costs beside its text. */
const MESSAGE_OVERHEAD_TOKENS = 4;
/** Characters sampled at each of three places of a text. */
const SAMPLE_CHARACTERS = 96;
/** Messages whose length is read; of longer conversations an even sample is taken. */
const MAX_SAMPLED_MESSAGES = 128;
/** Values visited inside one message, system prompt or tool list. */
const MAX_VISITED_VALUES = 400;

const BEYOND_LATIN = /[^\0-\u024f]/;
const WIDE = /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]/;

/** Tokens of a piece of text, character by character. */
function countCharacters(sample: string): number {
	if (!BEYOND_LATIN.test(sample)) return sample.length / CHARACTERS_PER_TOKEN;
	let tokens = 0;
	for (let at = 0; at < sample.length; at += 1) {
		const code = sample.charCodeAt(at);
		if (code < 0x250) tokens += 1 / CHARACTERS_PER_TOKEN;
		else if (WIDE.test(sample.charAt(at))) tokens += TOKENS_PER_WIDE_CHARACTER;
		else tokens += TOKENS_PER_OTHER_CHARACTER;
	}
	return tokens;
}

function tokensPerCharacter(text: string): number {
	if (text.length <= 3 * SAMPLE_CHARACTERS) return countCharacters(text) / text.length;
	const middle = Math.floor(text.length / 2);
	const sampled =
		countCharacters(text.slice(0, SAMPLE_CHARACTERS)) +
		countCharacters(text.slice(middle, middle + SAMPLE_CHARACTERS)) +
		countCharacters(text.slice(-SAMPLE_CHARACTERS));
	return sampled / (3 * SAMPLE_CHARACTERS);
}

/** Estimated tokens of a text from its length and a sample of its script; constant time. */
export function countTextTokens(text: string): number {
	if (text.length === 0) return 0;
	return Math.ceil(text.length * tokensPerCharacter(text) - 1e-9);
}

/** A value's own tokens; its members are added to `waiting`. */
function visitValue(value: unknown, waiting: unknown[]): number {
	if (typeof value === 'string') return countTextTokens(value);
	if (Array.isArray(value)) {
		for (let at = 0; at < value.length && at < MAX_VISITED_VALUES; at += 1) waiting.push(value[at]);
		return 0;
	}
	if (!isObject(value)) return 1;
	if (isImagePart(value)) return IMAGE_TOKENS;
	let read = 0;
	for (const key of Object.keys(value)) {
		if (read === MAX_VISITED_VALUES) break;
		waiting.push(value[key]);
		read += 1;
	}
	return read;
}

/** Tokens of any JSON value: its texts, with pictures at a fixed size; visits a bounded number of values. */
function countValueTokens(root: unknown): number {
	if (typeof root === 'string') return countTextTokens(root);
	const waiting: unknown[] = [root];
	let tokens = 0;
	for (let visited = 0; waiting.length > 0 && visited < MAX_VISITED_VALUES; visited += 1)
		tokens += visitValue(waiting.pop(), waiting);
	return tokens;
}

/** Estimated input tokens of the task itself, with its boilerplate and tools. */
export function countTaskTokens(task: TaskInput): number {
	if (typeof task === 'string') return countTextTokens(task);
	const messages = getMessages(task);
	let tokens = task.system === undefined ? 0 : countValueTokens(task.system);
	if (task.tools !== undefined) tokens += countValueTokens(task.tools);
	const step = Math.max(1, messages.length / MAX_SAMPLED_MESSAGES);
	let read = 0;
	let sampled = 0;
	for (let at = 0; at < messages.length; at += step) {
		const message = messages[Math.floor(at)];
		if (message === undefined) continue;
		for (const part of getMessageParts(message)) sampled += countValueTokens(part);
		sampled += MESSAGE_OVERHEAD_TOKENS;
		read += 1;
	}
	return tokens + (read === 0 ? 0 : Math.ceil((sampled * messages.length) / read));
}
