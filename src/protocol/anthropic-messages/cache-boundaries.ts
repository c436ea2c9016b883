import { hashText } from '../../util/index.ts';
import type { CacheBoundary } from '../shared/cache-mark.ts';

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Characters per token, as a rule of thumb. */
const CHARACTERS_PER_TOKEN = 4;

/** How many blocks before a mark the provider looks for what it has cached. */
const LOOK_BACK_BLOCKS = 20;

/** Blocks that can bear a mark; thinking cannot, nor can empty text. */
const MARKABLE: ReadonlySet<unknown> = new Set([
	'text',
	'image',
	'document',
	'search_result',
	'tool_use',
	'tool_result',
	'server_tool_use',
	'web_search_tool_result',
]);

/** Where prefixes end in a request. */
export interface CacheBoundaries {
	tools: CacheBoundary | null;
	system: CacheBoundary | null;
	/** Ends of messages that can bear a mark, from the first to the newest, as far as the provider looks back. */
	turns: CacheBoundary[];
}

/** The value as an object of JSON, else `null`. */
export function objectOf(value: unknown): JsonObject | null {
	// a JSON object read key by key: every value is checked where it is used
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** Index of the last block that can bear a mark; -1 when there is none. Text as a string counts as one block. */
export function markableBlock(content: unknown): number {
	if (typeof content === 'string') return content.trim() === '' ? -1 : 0;
	if (!Array.isArray(content)) return -1;
	return content.findLastIndex((block) => {
		const fields = objectOf(block);
		if (fields === null || !MARKABLE.has(fields['type'])) return false;
		return fields['type'] !== 'text' || (typeof fields['text'] === 'string' && fields['text'].trim() !== '');
	});
}

/** Index of the last tool that can bear a mark; -1 when there is none. A tool that is loaded later cannot. */
export function markableTool(tools: unknown): number {
	if (!Array.isArray(tools)) return -1;
	return tools.findLastIndex((tool) => objectOf(tool) !== null && objectOf(tool)?.['defer_loading'] !== true);
}

/** Text as it is, with its length before it: written as JSON it would take twice the time. */
function writeText(text: string): string {
	return `"${text.length}:${text}"`;
}

/** A value so that no other reads alike; long texts are not escaped. */
function write(value: unknown): string {
	if (typeof value === 'string') return writeText(value);
	if (!Array.isArray(value)) return JSON.stringify(value) ?? '';
	const members = value.map((member) => {
		const { text, type, ...rest } = objectOf(member) ?? {};
		const isText = type === 'text' && typeof text === 'string';
		return isText ? `text ${JSON.stringify(rest)} ${writeText(text)}` : (JSON.stringify(member) ?? '');
	});
	return `[${members.join(',')}]`;
}

/** What a prefix grows by: its hash and its length in characters. */
class Prefix {
	readonly #hashOf: (text: string) => string;
	#hash: string;
	#characters = 0;

	constructor(scope: string, hashOf: (text: string) => string) {
		this.#hashOf = hashOf;
		this.#hash = hashOf(scope);
	}

	add(value: unknown, before = ''): void {
		const text = `${before} ${write(value)}`;
		this.#hash = this.#hashOf(`${this.#hash} ${text}`);
		this.#characters += text.length;
	}

	end(at: CacheBoundary['at'], message = -1): CacheBoundary {
		return { at, message, tokens: Math.floor(this.#characters / CHARACTERS_PER_TOKEN), hash: this.#hash };
	}
}

/** Where prefixes end, in the order in which the provider reads a request: tools, system, messages. */
export function findCacheBoundaries(
	body: JsonObject,
	scope: string,
	hashOf: (text: string) => string = hashText,
): CacheBoundaries {
	const prefix = new Prefix(scope, hashOf);
	const { tools, system, messages } = body;
	if (tools !== undefined) prefix.add(tools);
	const toolsEnd = markableTool(tools) === -1 ? null : prefix.end('tools');
	if (system !== undefined) prefix.add(system);
	const systemEnd = markableBlock(system) === -1 ? null : prefix.end('system');
	const turns: CacheBoundary[] = [];
	for (const [index, value] of (Array.isArray(messages) ? messages : []).entries()) {
		const message = objectOf(value);
		prefix.add(message?.['content'], String(message?.['role']));
		if (markableBlock(message?.['content']) !== -1) turns.push(prefix.end('messages', index));
	}
	return { tools: toolsEnd, system: systemEnd, turns: turns.slice(-LOOK_BACK_BLOCKS) };
}
