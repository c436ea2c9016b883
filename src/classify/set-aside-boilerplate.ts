import { type LineKind, readPastedLine } from './pasted-lines.ts';

/** What a text holds beside the person's words. */
export interface PastedMaterial {
	/** A stack trace, log or error output. */
	trace: boolean;
	diff: boolean;
	code: boolean;
}

/** Tags around the person's own words: only the tags go. */
const ASK_TAGS = new Set([
	'user_query',
	'user_request',
	'user_message',
	'task',
	'query',
	'question',
	'feedback',
	'answer',
	'prompt',
	'command-args',
	'ask',
	'user',
]);
/** Tags without `-` or `_` whose content a tool wrote; every tag with one of these two is an agent's own. */
const TOOL_TAGS = new Set([
	'file',
	'files',
	'document',
	'documents',
	'context',
	'output',
	'stdout',
	'stderr',
	'diff',
	'log',
	'logs',
	'reminder',
	'attachment',
	'attachments',
	'selection',
	'result',
	'results',
	'environment',
	'instructions',
	'example',
	'examples',
	'source',
	'code',
	'cwd',
	'editor',
]);
const TAG = /<(\/?)([a-z][\w-]{1,40})(?:\s[^<>]{0,400})?>/gi;

function isToolTag(name: string): boolean {
	return TOOL_TAGS.has(name) || (/[-_]/.test(name) && !ASK_TAGS.has(name));
}

interface TagState {
	kept: string;
	from: number;
	/** The tool tag whose end is awaited. */
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

/** Cuts `<tool-tag>…</tool-tag>`; a tag that a window cut in half reaches to the window's end or beginning. */
export function dropTaggedBlocks(text: string): string {
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

function note(pasted: PastedMaterial, kind: LineKind): void {
	if (kind === 'trace' || kind === 'diff' || kind === 'code') pasted[kind] = true;
}

/** The marks that open or close a block of code. */
function fenceOf(line: string): string | undefined {
	return line.includes('```') || line.includes('~~~') ? /^\s{0,8}(`{3,}|~{3,})/.exec(line)?.[1] : undefined;
}

function readLine(state: LineState, line: string): void {
	const fence = fenceOf(line);
	if (state.fence !== null) {
		if (fence?.startsWith(state.fence)) state.fence = null;
		else note(state.pasted, readPastedLine(line));
		return;
	}
	if (fence !== undefined) {
		state.fence = fence;
		state.pasted.code = true;
		return;
	}
	// What follows a command is its output, up to an empty line.
	if (state.inShell && line.trim() === '') state.inShell = false;
	const kind = readPastedLine(line);
	if (kind === 'shell') state.inShell = true;
	if (kind === 'person' && !state.inShell) state.kept.push(line);
	else note(state.pasted, kind);
}

function linesOf(text: string): string[] {
	return text.includes('\r') ? text.split(/\r\n|[\r\n]/) : text.split('\n');
}

/** Separates what the person wrote from what tools and pastes added. Bound the text before. */
export function setAsideBoilerplate(text: string): { ask: string; pasted: PastedMaterial } {
	const state: LineState = {
		kept: [],
		pasted: { trace: false, diff: false, code: false },
		fence: null,
		inShell: false,
	};
	for (const line of linesOf(dropTaggedBlocks(text))) readLine(state, line);
	return { ask: state.kept.join('\n').trim(), pasted: state.pasted };
}
