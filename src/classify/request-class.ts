import type { Conversation, RequestClass } from '../contracts/index.ts';
import { isObject } from '../util/index.ts';
import { ASK_SIGNS, findSign, getMessageParts, getMessages, type Sign, toSearchedText } from './read-task.ts';

/** Texts of a system prompt, and parts of the last message, that are searched. */
const MAX_SEARCHED_TEXTS = 8;
/** Characters of a probe's text at most ("Hi", "quota"): whoever asks more wants an answer, be it of one token. */
const MAX_PROBE_CHARACTERS = 16;

/** What system prompts of agents' own calls say: Claude Code, opencode, gemini-cli and qwen-code. */
const SYSTEM_SIGNS: readonly Sign[] = [
	{ requestClass: 'title', text: 'Generate a concise, sentence-case title' },
	{ requestClass: 'title', text: 'Analyze if this message indicates a new conversation topic' },
	{ requestClass: 'title', text: 'You are a title generator' },
	{ requestClass: 'summary', text: 'Summarize this coding conversation' },
	{ requestClass: 'summary', text: 'Summarize what was done in this conversation' },
	{ requestClass: 'web-search', text: 'You are an assistant for performing a web search tool use' },
	{ requestClass: 'compaction', text: 'AI assistant tasked with summarizing conversations' },
	{ requestClass: 'compaction', text: 'summarizes internal chat history into a given structure' },
	{ requestClass: 'compaction', text: 'distilling chat history into a structured XML <state_snapshot>' },
];

/** The texts of a system prompt, whether it has a place of its own or is the first messages. */
function readSystemTexts(conversation: Conversation): string[] {
	const own = Array.isArray(conversation.system) ? { content: conversation.system } : conversation.system;
	const isSystem = (role: unknown): boolean => role === 'system' || role === 'developer';
	const messages = getMessages(conversation).slice(0, 2);
	const parts = [own, ...messages.filter((message) => isSystem(message?.role))].flatMap((message) =>
		isObject(message) ? getMessageParts(message) : [message],
	);
	return parts.slice(0, MAX_SEARCHED_TEXTS).map(toSearchedText);
}

/** Output tokens at most of a summary that nothing but its own sentence tells of: qwen-code's and gemini-cli's. */
const MAX_SUMMARY_TOKENS = 200;

/**
 * What an agent makes a request for, by its shape: the prompts of its own calls, and probes of as few tokens as their format
 * takes. `undefined` for a turn of a conversation. A main turn offers tools where a title or a summary has none. A person may
 * write an agent's sentence: it counts where the agent's system prompt stands beside it, or the rest of its request's shape.
 * @param leastOutputTokens the lowest limit that the request's format takes
 */
export function detectRequestClass(
	conversation: Conversation,
	maxOutputTokens: number | null,
	leastOutputTokens = 1,
): RequestClass | undefined {
	const messages = getMessages(conversation);
	const last = messages.at(-1);
	const texts = (last === undefined ? [] : getMessageParts(last).slice(-MAX_SEARCHED_TEXTS)).map(toSearchedText);
	const hasTools = (conversation.tools?.length ?? 0) > 0;
	const isAlone = messages.length === 1;
	const limit = maxOutputTokens ?? Number.POSITIVE_INFINITY;
	const isShort = isAlone && texts.length === 1 && (texts[0] ?? '').length <= MAX_PROBE_CHARACTERS;
	if (limit <= leastOutputTokens && isShort && !hasTools) return 'probe';
	const asked = findSign(ASK_SIGNS, texts);
	const meant = findSign(SYSTEM_SIGNS, readSystemTexts(conversation));
	const isAgents =
		meant !== undefined ||
		(asked === 'compaction' && !isAlone) ||
		(asked === 'summary' && isAlone && limit <= MAX_SUMMARY_TOKENS);
	const found = isAgents ? (asked ?? meant) : undefined;
	return hasTools && (found === 'title' || found === 'summary') ? undefined : found;
}
