import type { TaskInput } from '../contracts/index.ts';
import { isImagePart, isRecord, messagesOf, partsOf } from './message-content.ts';

/** Characters per token of prose in Latin script; a rule of thumb all three families publish. */
const CHARACTERS_PER_TOKEN = 4;
/** Tokens per character of Chinese, Japanese and Korean. */
const TOKENS_PER_WIDE_CHARACTER = 1;
/** Tokens per character of other scripts outside ASCII. */
const TOKENS_PER_OTHER_CHARACTER = 0.5;
/** Tokens of one picture at a common size. */
const IMAGE_TOKENS = 1_200;
/** Tokens a message costs beside its text. */
const MESSAGE_OVERHEAD = 4;
/** Characters sampled at each of three places of a text. */
const SAMPLE = 96;
/** Messages whose length is read; of longer conversations an even sample is taken. */
const MOST_MESSAGES = 128;
/** Values visited inside one message, system prompt or tool list. */
const MOST_VALUES = 400;

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
	if (text.length <= 3 * SAMPLE) return countCharacters(text) / text.length;
	const middle = Math.floor(text.length / 2);
	const sampled =
		countCharacters(text.slice(0, SAMPLE)) +
		countCharacters(text.slice(middle, middle + SAMPLE)) +
		countCharacters(text.slice(-SAMPLE));
	return sampled / (3 * SAMPLE);
}

/** Estimated tokens of a text from its length and a sample of its script; constant time. */
export function countTextTokens(text: string): number {
	if (text.length === 0) return 0;
	return Math.ceil(text.length * tokensPerCharacter(text) - 1e-9);
}

/** A value's own tokens; what it holds goes to `waiting`. */
function visitValue(value: unknown, waiting: unknown[]): number {
	if (typeof value === 'string') return countTextTokens(value);
	if (Array.isArray(value)) {
		for (let at = 0; at < value.length && at < MOST_VALUES; at += 1) waiting.push(value[at]);
		return 0;
	}
	if (!isRecord(value)) return 1;
	if (isImagePart(value)) return IMAGE_TOKENS;
	let read = 0;
	for (const key of Object.keys(value)) {
		if (read === MOST_VALUES) break;
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
	for (let visited = 0; waiting.length > 0 && visited < MOST_VALUES; visited += 1)
		tokens += visitValue(waiting.pop(), waiting);
	return tokens;
}

/** Estimated input tokens of what the task itself holds, boilerplate and tools included. */
export function countTaskTokens(task: TaskInput): number {
	if (typeof task === 'string') return countTextTokens(task);
	const messages = messagesOf(task);
	let tokens = task.system === undefined ? 0 : countValueTokens(task.system);
	if (task.tools !== undefined) tokens += countValueTokens(task.tools);
	const step = Math.max(1, messages.length / MOST_MESSAGES);
	let read = 0;
	let sampled = 0;
	for (let at = 0; at < messages.length; at += step) {
		const message = messages[Math.floor(at)];
		if (message === undefined) continue;
		for (const part of partsOf(message)) sampled += countValueTokens(part);
		sampled += MESSAGE_OVERHEAD;
		read += 1;
	}
	return tokens + (read === 0 ? 0 : Math.ceil((sampled * messages.length) / read));
}
