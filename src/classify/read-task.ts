import type { Conversation, ConversationMessage, RequestClass, TaskInput } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { isObject } from '../util/index.ts';

/** A task as read: the user's own words, what was pasted with them, and earlier turns that may explain them. */
export interface ReadTask {
	/** What is asked now; may be empty in a conversation. */
	ask: string;
	/** Reads up to two earlier asks, newest first: only a follow-up needs them. */
	readEarlier: () => readonly string[];
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

/** Nothing stands beside the user's own words. */
export const NOTHING_PASTED: PastedMaterial = { trace: false, diff: false, code: false };

/** There are no earlier turns. */
export const readNothing = (): readonly string[] => [];

/** How the summary begins that stands for a conversation's earlier turns: Claude Code's and Codex's. */
const SUMMARY =
	/^\s*(?:This session is being continued from a previous conversation that ran out of context|Another language model started to solve this problem)/;

function readText(text: string, ends: number): Pick<ReadTask, 'ask' | 'pasted'> {
	if (SUMMARY.test(text)) return { ask: '', pasted: NOTHING_PASTED };
	const visible = cleanText(headAndTail(text, ends));
	const read = stripBoilerplate(visible);
	// Nothing but error output was pasted: then that is the task, without what an agent added in its own tags.
	return read.ask === '' && read.pasted.trace
		? { ...read, ask: stripTaggedBlocks(visible).trim() || visible.trim() }
		: read;
}

/** Characters at the beginning of a text that are searched for a sign. */
const MAX_SIGN_CHARACTERS = 800;

/** By what an agent's own call is known. */
export interface Sign {
	requestClass: RequestClass;
	/** What the text has near its beginning. */
	text: string;
}

/** What the last message of agents' own calls says: Claude Code, Codex, opencode, gemini-cli, qwen-code and cline. */
export const ASK_SIGNS: readonly Sign[] = [
	{ requestClass: 'compaction', text: 'CRITICAL: Respond with TEXT ONLY' },
	{ requestClass: 'compaction', text: 'Your task is to create a detailed summary of the conversation so far' },
	{ requestClass: 'compaction', text: 'You are performing a CONTEXT CHECKPOINT COMPACTION' },
	{ requestClass: 'compaction', text: 'Provide a detailed prompt for continuing our conversation above' },
	{ requestClass: 'compaction', text: 'Then, generate the <state_snapshot>' },
	{ requestClass: 'compaction', text: '<explicit_instructions type="summarize_task">' },
	{ requestClass: 'title', text: 'Generate a title for this conversation' },
	{ requestClass: 'title', text: 'Please write a 5-10 word title for the following conversation' },
	{ requestClass: 'summary', text: "Summarize the user's primary intent or goal in this conversation" },
];

/** How the message of a web search of Claude Code begins. */
const WEB_SEARCH = /^\s*Perform a web search for the query:/;

/** The part of a text in which signs are searched; empty for what is no text. */
export function toSearchedText(part: unknown): string {
	const text = isObject(part) ? part['text'] : part;
	return typeof text === 'string' ? text.slice(0, MAX_SIGN_CHARACTERS) : '';
}

/** The class of the first sign that one of the texts has. */
export function findSign(signs: readonly Sign[], texts: readonly string[]): RequestClass | undefined {
	for (const { requestClass, text } of signs) for (const each of texts) if (each.includes(text)) return requestClass;
	return undefined;
}

/** Whether an agent wrote this part of the last message for a call of its own: its words say nothing of the user's task. */
function isAgentsPrompt(part: unknown, hasTools: boolean): boolean {
	const text = toSearchedText(part);
	const found = WEB_SEARCH.test(text) ? 'web-search' : findSign(ASK_SIGNS, [text]);
	return found !== undefined && (!hasTools || (found !== 'title' && found !== 'summary'));
}

type Turn = Pick<ReadTask, 'ask' | 'pasted'> & { cost: number };

function readTurn(parts: readonly unknown[], budget: number, ends: number): Turn {
	const asks: string[] = [];
	const pasted = { ...NOTHING_PASTED };
	let cost = 0;
	for (const part of parts.toReversed()) {
		const text = getUserText(part);
		if (text === null || cost >= budget) continue;
		const read = readText(text, ends);
		cost += Math.min(text.length, 5_000) + 50;
		if (read.ask !== '') asks.unshift(read.ask);
		pasted.trace ||= read.pasted.trace;
		pasted.diff ||= read.pasted.diff;
		pasted.code ||= read.pasted.code;
	}
	return { ask: headAndTail(asks.join('\n'), MAX_END_CHARACTERS), pasted, cost };
}

function isUserMessage(message: unknown): message is ConversationMessage {
	// Gemini allows a single turn without a role.
	return isObject(message) && (message['role'] === 'user' || message['role'] === undefined);
}

/** Finds the turns of the person in a conversation, newest first; those behind the newest are read when they are asked for. */
function readConversation(conversation: Conversation, readContext: () => readonly string[]): ReadTask {
	const messages = getMessages(conversation);
	const oldest = Math.max(0, messages.length - MAX_SEARCHED_MESSAGES);
	const hasTools = Array.isArray(conversation.tools) && conversation.tools.length > 0;
	let budget = MAX_SEARCHED_CHARACTERS;
	let at = messages.length - 1;
	const findTurn = (ends: number, isTurn: (turn: Turn) => boolean): Turn | undefined => {
		while (at >= oldest && budget > 0) {
			const message = messages[at];
			const isLast = at === messages.length - 1;
			at -= 1;
			if (!isUserMessage(message)) continue;
			const parts = getMessageParts(message);
			const own = isLast ? parts.filter((part) => !isAgentsPrompt(part, hasTools)) : parts;
			const turn = readTurn(own, budget, ends);
			budget -= turn.cost;
			if (isTurn(turn)) return turn;
		}
		return undefined;
	};
	const now = findTurn(MAX_END_CHARACTERS, ({ ask, pasted }) => ask !== '' || pasted.diff || pasted.code);
	return {
		ask: now?.ask ?? '',
		readEarlier() {
			const asks: string[] = [];
			while (asks.length < MAX_EARLIER_TURNS) {
				const turn = findTurn(MAX_EARLIER_END_CHARACTERS, ({ ask }) => ask !== '');
				if (turn === undefined) break;
				asks.push(turn.ask);
			}
			return [...asks, ...readContext()].slice(0, MAX_EARLIER_TURNS);
		},
		pasted: now?.pasted ?? NOTHING_PASTED,
		hasImage: hasImage(messages, oldest),
		hasTools,
		isConversation: true,
	};
}

function hasImage(messages: readonly ConversationMessage[], oldest: number): boolean {
	for (let at = oldest; at < messages.length; at += 1) {
		const message = messages[at];
		const content = isObject(message) ? (message['content'] ?? message['parts']) : undefined;
		if (typeof content !== 'string' && message !== undefined && getMessageParts(message).some(isImagePart)) return true;
	}
	return false;
}

/**
 * Finds the user's own words in a task; `context` counts as an earlier turn.
 * @throws InvalidInputError for a blank text, and for a value that is neither a text nor a conversation
 */
export function readTask(task: TaskInput, context?: string): ReadTask {
	const contextTurns = context?.trim()
		? (): readonly string[] => [stripBoilerplate(cleanText(headAndTail(context, MAX_EARLIER_END_CHARACTERS))).ask]
		: readNothing;
	if (typeof task !== 'string') {
		if (!isObject(task))
			throw new InvalidInputError(
				`A task must be a text or a conversation, but is ${task === null ? 'null' : Array.isArray(task) ? 'a list' : typeof task}. Pass a string, or an object with "messages" (or Gemini's "contents").`,
			);
		return readConversation(task, contextTurns);
	}
	// The whole text is searched, not a window of it: one character that is not blank makes it a task.
	if (!/[^\s\0]/.test(task))
		throw new InvalidInputError(
			`The task is ${task.length === 0 ? 'empty' : `blank (${task.length} characters, all white space)`}, so there is nothing to classify. Say in words what is to be done, e.g. "Fix the login bug".`,
		);
	const read = readText(task, MAX_END_CHARACTERS);
	return { ...read, readEarlier: contextTurns, hasImage: false, hasTools: false, isConversation: false };
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
export function getUserText(part: unknown): string | null {
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
	if (kind === 'text') return false;
	if (kind === 'image' || kind === 'image_url' || kind === 'input_image') return true;
	const data = part['inlineData'] ?? part['inline_data'] ?? part['fileData'] ?? part['file_data'];
	if (!isObject(data)) return false;
	const mime = data['mimeType'] ?? data['mime_type'];
	return typeof mime === 'string' && mime.startsWith('image/');
}

/** Characters read at each end of a long text; the middle is only counted. */
const MAX_END_CHARACTERS = 2500;
/** The same for earlier turns, which only lean a follow-up towards their type. */
const MAX_EARLIER_END_CHARACTERS = 1000;

/** The beginning and the end of a text; the whole text when it is short. */
function headAndTail(text: string, characters: number): string {
	if (text.length <= 2 * characters) return text;
	return `${text.slice(0, characters)}\n${text.slice(-characters)}`;
}

/** Well-formed text without NUL bytes, safe to store and to print. */
function cleanText(text: string): string {
	return text.replaceAll('\0', ' ').toWellFormed();
}

/** What was pasted beside the user's own words. */
export interface PastedMaterial {
	/** A stack trace, log or error output. */
	trace: boolean;
	diff: boolean;
	code: boolean;
}

/** Tags around the user's own words: only the tags are removed. */
const ASK_TAGS: ReadonlySet<string> = new Set(
	'user_query user_request user_message task query question feedback answer prompt command-args ask user'.split(' '),
);
/** Tags without `-` or `_` whose content a tool wrote; every tag with one of these two is an agent's own. */
const TOOL_TAGS: ReadonlySet<string> = new Set(
	`file files document documents context output stdout stderr diff log logs reminder attachment attachments
	selection result results environment instructions example examples source code cwd editor`.split(/\s+/),
);
const TAG = /<(\/?)([a-z][\w-]{1,40})(?:\s[^<>]{0,400})?>/gi;

function isToolTag(name: string): boolean {
	return TOOL_TAGS.has(name) || (/[-_]/.test(name) && !ASK_TAGS.has(name));
}

interface TagState {
	kept: string;
	from: number;
	/** The tool tag that is not closed yet. */
	open: string | null;
}

function readTag(state: TagState, text: string, match: RegExpExecArray): void {
	const name = (match[2] ?? '').toLowerCase();
	const isClosing = match[1] === '/';
	const end = match.index + match[0].length;
	if (state.open !== null) {
		if (!isClosing || name !== state.open) return;
		state.open = null;
	} else if (isToolTag(name)) {
		state.kept = isClosing ? '' : `${state.kept}${text.slice(state.from, match.index)}\n`;
		state.open = isClosing ? null : name;
	} else if (ASK_TAGS.has(name)) state.kept += `${text.slice(state.from, match.index)}\n`;
	else return;
	state.from = end;
}

/** Removes `<tool-tag>…</tool-tag>`; a tag without its other half reaches to the end or the beginning of the text. */
function stripTaggedBlocks(text: string): string {
	if (!text.includes('<')) return text;
	const state: TagState = { kept: '', from: 0, open: null };
	for (const match of text.matchAll(TAG)) readTag(state, text, match);
	return state.open === null ? state.kept + text.slice(state.from) : state.kept;
}

interface LineState {
	kept: string[];
	pasted: PastedMaterial;
	fence: string | null;
	inShell: boolean;
}

function recordPaste(pasted: PastedMaterial, kind: PastedLineKind): void {
	if (kind === 'trace' || kind === 'diff' || kind === 'code') pasted[kind] = true;
}

/** The marks that open or close a block of code. */
function getFence(line: string, start: number): string | undefined {
	const first = line.charCodeAt(start);
	return first === BACKTICK || first === TILDE ? /^\s{0,8}(`{3,}|~{3,})/.exec(line)?.[1] : undefined;
}

const BACKTICK = 0x60;
const TILDE = 0x7e;
const SPACE = 0x20;
const NO_BREAK_SPACE = 0xa0;

function isBlank(text: string, at: number): boolean {
	const code = text.charCodeAt(at);
	return code <= SPACE || (code >= NO_BREAK_SPACE && text.charAt(at).trim() === '');
}

/** Where the first character stands that is no white space; the length of the line where there is none. */
function findStart(line: string): number {
	let at = 0;
	while (at < line.length && isBlank(line, at)) at += 1;
	return at;
}

function readLine(state: LineState, line: string): void {
	const start = findStart(line);
	const fence = getFence(line, start);
	if (state.fence !== null) {
		if (fence?.startsWith(state.fence)) state.fence = null;
		else recordPaste(state.pasted, classifyPastedLine(line, start));
		return;
	}
	if (fence !== undefined) {
		state.fence = fence;
		state.pasted.code = true;
		return;
	}
	// What follows a shell command is its output, up to an empty line.
	if (state.inShell && start === line.length) state.inShell = false;
	const kind = classifyPastedLine(line, start);
	if (kind === 'shell') state.inShell = true;
	if (kind === 'user' && !state.inShell) state.kept.push(line);
	else recordPaste(state.pasted, kind);
}

function splitLines(text: string): string[] {
	return text.includes('\r') ? text.split(/\r\n|[\r\n]/) : text.split('\n');
}

/** Separates what the user wrote from what tools and pastes added. Takes time in proportion to the text: bound it. */
function stripBoilerplate(text: string): { ask: string; pasted: PastedMaterial } {
	const state: LineState = { kept: [], pasted: { ...NOTHING_PASTED }, fence: null, inShell: false };
	for (const line of splitLines(stripTaggedBlocks(text))) readLine(state, line);
	return { ask: state.kept.join('\n').trim(), pasted: state.pasted };
}

/** What a line is: the user's words, or one of the things that users and agents paste. */
type PastedLineKind = 'user' | 'trace' | 'diff' | 'code' | 'shell' | 'notice';

/** Lines longer than this without a space are data, not words. */
const MAX_WORD_LENGTH = 200;

const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';

/** One pattern of pasted lines, with cheap tests that come before the expression. */
interface LinePattern {
	kind: PastedLineKind;
	pattern: RegExp;
	/** What the line's first character that is no white space can be; `null`: any. */
	starts: string | null;
	/** Whether a line that matches begins with white space; left out: either way. */
	isIndented: boolean | undefined;
	/** A text that every matching line contains. */
	contains: string | undefined;
	/** What the character behind the first space can be. */
	second: string | undefined;
	/** What the last character that is no white space can be. */
	ends: string | undefined;
}

function line(
	kind: PastedLineKind,
	starts: string | null,
	pattern: RegExp,
	{ isIndented, contains, second, ends }: Partial<LinePattern> = {},
): LinePattern {
	return { kind, starts, pattern, isIndented, contains, second, ends };
}

/** The first pattern that matches decides. */
const PATTERNS: readonly LinePattern[] = [
	line('shell', '$❯➜P>', /^\s*(?:\$|❯|➜|PS [A-Z]:\\.{0,100}>|>>>) \S/),
	line('shell', null, /^[\w.-]+@[\w.-]+:.{0,100}[$#] /, { isIndented: false, contains: '@' }),
	line('trace', 'a', /^\s+at .{1,300}(?:\(|:\d+)/, { isIndented: true }),
	line('trace', UPPER, /^\s*(?:Uncaught )?[A-Z]\w{0,60}(?:Error|Exception|Warning)\b\s?:/, { contains: ':' }),
	line('trace', 'T', /^Traceback \(most recent call last\)/, { isIndented: false }),
	line('trace', 'F', /^\s*File ".{1,300}", line \d+/),
	line('trace', `[${DIGITS}`, /^\s*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d/),
	line('trace', '[EWIDFT', /^\s*\[?(?:ERROR|WARN|WARNING|INFO|DEBUG|FATAL|TRACE)\b[\]:\s]/),
	line('trace', 'nepfCg', /^\s*(?:npm ERR!|error\[E\d+\]|error TS\d+|panic:|fatal:|Caused by:|goroutine \d+)/),
	line('trace', null, /^\S{1,200}[(:]\d+[,:]\d+\)?:? (?:error|warning)\b/, { isIndented: false, second: 'ew' }),
	line('trace', 'FP✓✗✕×', /^\s*(?:FAIL|PASS|✓|✗|✕|×) /),
	line('diff', 'di+-@', /^(?:diff --git|index [0-9a-f]{6,}|\+\+\+ |--- [ab/]|@@ )/, { isIndented: false }),
	line('diff', '+-', /^[+-](?![-+\s]*$)(?:\s{2,}|\t|\w+\(|[}{])/, { isIndented: false }),
	line('code', null, /^(?:\s{2,}|\t).{0,300}[;{}]\s*$/, { isIndented: true, ends: ';{}' }),
	line('code', null, /^[\w.$[\]]{1,80}(?:\(.{0,200}\))?(?: = .{1,200})?;\s*$/, { isIndented: false, ends: ';' }),
	line('code', 'if', /^\s*(?:import|from) \S{1,200} (?:import|from)\b|^\s*import [\w{*"'].{0,200}[;"']$/),
	line(
		'code',
		'epsacifdn',
		/^\s*(?:export |public |private |protected |static |async )*(?:class|interface|struct|enum|function|fn|func|def|namespace) \w+\s?[({<:]/,
		{ contains: ' ' },
	),
	line('code', 'clv', /^\s*(?:const|let|var|val) [\w{[][^=]{0,80}=/, { contains: '=' }),
	line('code', 'ifwsce', /^\s*(?:if|for|while|switch|catch|else if) ?\(.{0,200}\)\s*\{?$/, {
		contains: '(',
		ends: '){',
	}),
	line('code', 'r)}]#@', /^\s*(?:return\b.{0,200};|[)}\]]+[;,)]*|#include\b.{0,100}|@\w+\(.{0,100}\))\s*$/),
	line('code', DIGITS, /^\s*\d{1,6}(?:→|\t| \| ?|: {2})/),
	line('code', '<', /^\s*<\/?[A-Za-z][\w.-]*(?:\s[^<>]{0,200})?\/?>.{0,200}$/),
	line('code', '"', /^\s*"[\w-]{1,60}"\s?: .{0,300}[,{["\d]$/, { contains: ':' }),
	line('notice', '[', /^\[Request interrupted by user/, { isIndented: false }),
	line('notice', 'T', /^This session is being continued from a previous conversation/, { isIndented: false }),
	line('notice', 'T', /^Tool loaded\.$/, { isIndented: false }),
	line('notice', 'C', /^Caveat: The messages below were generated/, { isIndented: false }),
	line('notice', 'CFR#', /^(?:Contents of|File:|# File:|Result of calling|Called the \w+ tool)\b.{0,300}$/, {
		isIndented: false,
	}),
	line('notice', '[', /^\[Image(?: #?\d+)?\]$/, { isIndented: false }),
];

const ASCII = 128;
const BEYOND_ASCII = /[^\0-\x7f]/;

/** Patterns by the code of the first character that is no white space; the last list is for all beyond ASCII. */
function tabulate(isIndented: boolean): ReadonlyArray<readonly LinePattern[]> {
	const patterns = PATTERNS.filter((pattern) => (pattern.isIndented ?? isIndented) === isIndented);
	const matching = (canStart: (starts: string) => boolean): LinePattern[] =>
		patterns.filter(({ starts }) => starts === null || canStart(starts));
	const lists = Array.from({ length: ASCII }, (_, code) =>
		matching((starts) => starts.includes(String.fromCharCode(code))),
	);
	return [...lists, matching((starts) => BEYOND_ASCII.test(starts))];
}

const PATTERNS_BY_FIRST_CHARACTER = { flush: tabulate(false), indented: tabulate(true) };

function isData(text: string): boolean {
	if (text.length <= MAX_WORD_LENGTH) return false;
	for (let at = 0; at < MAX_WORD_LENGTH; at += 1) {
		const code = text.charCodeAt(at);
		if (code <= SPACE || code >= DELETE) return false;
	}
	return true;
}

const DELETE = 0x7f;

/** What kind of line it is; `start` is where it begins behind white space. */
function classifyPastedLine(text: string, start: number): PastedLineKind {
	if (start === text.length) return 'user';
	if (isData(text)) return 'notice';
	const table = start > 0 ? PATTERNS_BY_FIRST_CHARACTER.indented : PATTERNS_BY_FIRST_CHARACTER.flush;
	const patterns = table[Math.min(text.charCodeAt(start), ASCII)] ?? PATTERNS;
	let end = text.length - 1;
	while (isBlank(text, end)) end -= 1;
	const last = text.charAt(end);
	for (let at = 0; at < patterns.length; at += 1) {
		const line = patterns[at] as LinePattern;
		if (line.ends !== undefined && !line.ends.includes(last)) continue;
		if (canMatch(line, text) && line.pattern.test(text)) return line.kind;
	}
	return 'user';
}

function canMatch({ contains, second }: LinePattern, text: string): boolean {
	if (second !== undefined) return second.includes(text.charAt(text.indexOf(' ') + 1));
	return contains === undefined || text.includes(contains);
}
