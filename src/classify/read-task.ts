import type { Conversation, ConversationMessage, TaskInput } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { isObject } from '../util/index.ts';
import { type PastedMaterial, stripBoilerplate, stripTaggedBlocks } from './strip-boilerplate.ts';

/** A task as read: the user's own words, what was pasted with them, and earlier turns that may explain them. */
export interface ReadTask {
	/** What is asked now; may be empty in a conversation. */
	ask: string;
	/** Up to two earlier asks, newest first. */
	earlier: readonly string[];
	pasted: PastedMaterial;
	/** A message contains a picture. */
	hasImage: boolean;
	/** The conversation offers tools. */
	hasTools: boolean;
	isConversation: boolean;
}

/** Earlier turns that may explain a follow-up. */
const MAX_EARLIER_TURNS = 2;
/** Messages searched for the user's words, newest first. */
const MAX_SEARCHED_MESSAGES = 2_000;
/** Characters of text parts read in one search. */
const MAX_SEARCHED_CHARACTERS = 24_000;

const NOTHING_PASTED: PastedMaterial = { trace: false, diff: false, code: false };

function readText(text: string): { ask: string; pasted: PastedMaterial } {
	const visible = cleanText(headAndTail(text));
	const read = stripBoilerplate(visible);
	// Nothing but error output was pasted: then that is the task, without what an agent added in its own tags.
	return read.ask === '' && read.pasted.trace
		? { ...read, ask: stripTaggedBlocks(visible).trim() || visible.trim() }
		: read;
}

interface Turn {
	ask: string;
	pasted: PastedMaterial;
	cost: number;
}

function readTurn(message: ConversationMessage, budget: number): Turn {
	const asks: string[] = [];
	const pasted = { ...NOTHING_PASTED };
	let cost = 0;
	for (const part of getMessageParts(message).toReversed()) {
		const text = getUserText(part);
		if (text === null || cost >= budget) continue;
		const read = readText(text);
		cost += Math.min(text.length, 5_000) + 50;
		if (read.ask !== '') asks.unshift(read.ask);
		pasted.trace ||= read.pasted.trace;
		pasted.diff ||= read.pasted.diff;
		pasted.code ||= read.pasted.code;
	}
	return { ask: headAndTail(asks.join('\n')), pasted, cost };
}

function isUserMessage(message: unknown): message is ConversationMessage {
	// Gemini allows a single turn without a role.
	return isObject(message) && (message['role'] === 'user' || message['role'] === undefined);
}

function readConversation(conversation: Conversation): ReadTask {
	const messages = getMessages(conversation);
	const turns: Turn[] = [];
	let budget = MAX_SEARCHED_CHARACTERS;
	const oldest = Math.max(0, messages.length - MAX_SEARCHED_MESSAGES);
	for (let at = messages.length - 1; at >= oldest && turns.length <= MAX_EARLIER_TURNS && budget > 0; at -= 1) {
		const message = messages[at];
		if (!isUserMessage(message)) continue;
		const turn = readTurn(message, budget);
		budget -= turn.cost;
		if (turn.ask !== '' || (turns.length === 0 && (turn.pasted.diff || turn.pasted.code))) turns.push(turn);
	}
	const [now, ...before] = turns;
	return {
		ask: now?.ask ?? '',
		earlier: before.map((turn) => turn.ask),
		pasted: now?.pasted ?? NOTHING_PASTED,
		hasImage: messages.slice(oldest).some((message) => getMessageParts(message).some(isImagePart)),
		hasTools: Array.isArray(conversation.tools) && conversation.tools.length > 0,
		isConversation: true,
	};
}

/**
 * Finds the user's own words in a task; `context` counts as an earlier turn.
 * @throws InvalidInputError for a blank text, and for a value that is neither a text nor a conversation
 */
export function readTask(task: TaskInput, context?: string): ReadTask {
	const contextTurns =
		context === undefined || context.trim() === ''
			? []
			: [stripBoilerplate(cleanText(headAndTail(context, 1_000))).ask];
	if (typeof task !== 'string') {
		if (!isObject(task))
			throw new InvalidInputError(
				`A task must be a text or a conversation, but is ${task === null ? 'null' : Array.isArray(task) ? 'a list' : typeof task}. Pass a string, or an object with "messages" (or Gemini's "contents").`,
			);
		const read = readConversation(task);
		return { ...read, earlier: [...read.earlier, ...contextTurns].slice(0, MAX_EARLIER_TURNS) };
	}
	// The whole text is searched, not a window of it: one character that is not blank makes it a task.
	if (!/[^\s\0]/.test(task))
		throw new InvalidInputError(
			`The task is ${task.length === 0 ? 'empty' : `blank (${task.length} characters, all white space)`}, so there is nothing to classify. Say in words what is to be done, e.g. "Fix the login bug".`,
		);
	const read = readText(task);
	return { ...read, earlier: contextTurns, hasImage: false, hasTools: false, isConversation: false };
}

/** Parts of one message that are read; of more the last. */
const MAX_MESSAGE_PARTS = 64;

/** The messages in the format of any provider; none when they are malformed. */
export function getMessages(conversation: Conversation): readonly ConversationMessage[] {
	const messages = conversation.messages ?? conversation.contents;
	return Array.isArray(messages) ? messages : [];
}

/** A message's parts: `content` with OpenAI and Anthropic, `parts` with Gemini. */
export function getMessageParts(message: ConversationMessage): readonly unknown[] {
	if (!isObject(message)) return typeof message === 'string' ? [message] : [];
	const content = message.content ?? message.parts;
	if (Array.isArray(content)) return content.length <= MAX_MESSAGE_PARTS ? content : content.slice(-MAX_MESSAGE_PARTS);
	return content === undefined || content === null ? [] : [content];
}

/** The text of a part that a user may have written; `null` for tool results, images and files. */
function getUserText(part: unknown): string | null {
	if (typeof part === 'string') return part;
	if (!isObject(part)) return null;
	const kind = part['type'];
	if (kind !== undefined && kind !== 'text' && kind !== 'input_text') return null;
	return typeof part['text'] === 'string' ? part['text'] : null;
}

/** True for a part that is a picture, in any of the three formats. */
export function isImagePart(part: unknown): boolean {
	if (!isObject(part)) return false;
	const kind = part['type'];
	if (kind === 'image' || kind === 'image_url' || kind === 'input_image') return true;
	const data = part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'];
	if (!isObject(data)) return false;
	const mime = data['mimeType'] ?? data['mime_type'];
	return typeof mime === 'string' && mime.startsWith('image/');
}

/** Characters read at each end of a long text; the middle is only counted. */
const MAX_END_CHARACTERS = 2500;

/** The beginning and the end of a text; the whole text when it is short. */
function headAndTail(text: string, characters: number = MAX_END_CHARACTERS): string {
	if (text.length <= 2 * characters) return text;
	return `${text.slice(0, characters)}\n${text.slice(-characters)}`;
}

/** Well-formed text without NUL bytes, safe to store and to print. */
function cleanText(text: string): string {
	return text.replaceAll('\0', ' ').toWellFormed();
}
