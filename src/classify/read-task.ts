import type { Conversation, ConversationMessage, TaskInput } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { isImagePart, isRecord, messagesOf, partsOf, personText } from './message-content.ts';
import { dropTaggedBlocks, type PastedMaterial, setAsideBoilerplate } from './set-aside-boilerplate.ts';
import { cleanText, windowOf } from './text-window.ts';

/** A task as read: the person's words, what came with them, and what may explain them. */
export interface ReadTask {
	/** What is asked now; may be empty in a conversation. */
	ask: string;
	/** Up to two earlier asks, newest first. */
	earlier: readonly string[];
	pasted: PastedMaterial;
	/** A message holds a picture. */
	hasImage: boolean;
	/** The conversation offers tools. */
	hasTools: boolean;
	isConversation: boolean;
}

/** Earlier turns that may explain a follow-up. */
const EARLIER_TURNS = 2;
/** Messages walked back in search of the person's words. */
const MOST_MESSAGES = 2_000;
/** Characters of text parts looked at in one search. */
const CHARACTER_BUDGET = 24_000;

const NOTHING_PASTED: PastedMaterial = { trace: false, diff: false, code: false };

function readText(text: string): { ask: string; pasted: PastedMaterial } {
	const visible = cleanText(windowOf(text));
	const read = setAsideBoilerplate(visible);
	// Nothing but pasted material: it is all there is to go by, but for what an agent added in its own tags.
	return read.ask === '' && read.pasted.trace
		? { ...read, ask: dropTaggedBlocks(visible).trim() || visible.trim() }
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
	for (const part of partsOf(message).toReversed()) {
		const text = personText(part);
		if (text === null || cost >= budget) continue;
		const read = readText(text);
		cost += Math.min(text.length, 5_000) + 50;
		if (read.ask !== '') asks.unshift(read.ask);
		pasted.trace ||= read.pasted.trace;
		pasted.diff ||= read.pasted.diff;
		pasted.code ||= read.pasted.code;
	}
	return { ask: windowOf(asks.join('\n')), pasted, cost };
}

function isPersonRole(message: unknown): message is ConversationMessage {
	// Gemini allows a single turn without a role.
	return isRecord(message) && (message['role'] === 'user' || message['role'] === undefined);
}

function readConversation(conversation: Conversation): ReadTask {
	const messages = messagesOf(conversation);
	const turns: Turn[] = [];
	let budget = CHARACTER_BUDGET;
	const oldest = Math.max(0, messages.length - MOST_MESSAGES);
	for (let at = messages.length - 1; at >= oldest && turns.length <= EARLIER_TURNS && budget > 0; at -= 1) {
		const message = messages[at];
		if (!isPersonRole(message)) continue;
		const turn = readTurn(message, budget);
		budget -= turn.cost;
		if (turn.ask !== '' || (turns.length === 0 && (turn.pasted.diff || turn.pasted.code))) turns.push(turn);
	}
	const [now, ...before] = turns;
	return {
		ask: now?.ask ?? '',
		earlier: before.map((turn) => turn.ask),
		pasted: now?.pasted ?? NOTHING_PASTED,
		hasImage: messages.slice(oldest).some((message) => partsOf(message).some(isImagePart)),
		hasTools: Array.isArray(conversation.tools) && conversation.tools.length > 0,
		isConversation: true,
	};
}

/** Reads a task; `context` stands behind the ask as an earlier turn would. @throws InvalidInputError for a blank text or a value that is neither text nor conversation. */
export function readTask(task: TaskInput, context?: string): ReadTask {
	const contextTurns =
		context === undefined || context.trim() === ''
			? []
			: [setAsideBoilerplate(cleanText(windowOf(context, 1_000))).ask];
	if (typeof task !== 'string') {
		if (!isRecord(task))
			throw new InvalidInputError(
				`A task must be a text or a conversation, but is ${task === null ? 'null' : Array.isArray(task) ? 'a list' : typeof task}. Pass a string, or an object with "messages" (or Gemini's "contents").`,
			);
		const read = readConversation(task);
		return { ...read, earlier: [...read.earlier, ...contextTurns].slice(0, EARLIER_TURNS) };
	}
	// A text of blanks is told apart by its first character that is none, wherever that is.
	if (!/[^\s\0]/.test(task))
		throw new InvalidInputError(
			`The task is ${task.length === 0 ? 'empty' : `blank (${task.length} characters, all white space)`}, so there is nothing to classify. Say in words what is to be done, e.g. "Fix the login bug".`,
		);
	const read = readText(task);
	return { ...read, earlier: contextTurns, hasImage: false, hasTools: false, isConversation: false };
}
