import { hashText } from '../../util/index.ts';

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

/** A place in a request where a prefix ends that may come again. */
export interface CacheBoundary {
	at: 'tools' | 'system' | 'messages';
	/** Index of the message, for `messages`. */
	message: number;
	/** Tokens from the beginning to here, roughly. */
	tokens: number;
	/** Stands for everything from the beginning to here. */
	hash: string;
}

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

/** What a prefix grows by: its hash and its length in characters. */
class Prefix {
	#hash: string;
	#characters = 0;

	constructor(scope: string) {
		this.#hash = hashText(scope);
	}

	add(value: unknown): void {
		const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
		this.#hash = hashText(`${this.#hash} ${text}`);
		this.#characters += text.length;
	}

	end(at: CacheBoundary['at'], message = -1): CacheBoundary {
		return { at, message, tokens: Math.floor(this.#characters / CHARACTERS_PER_TOKEN), hash: this.#hash };
	}
}

/** Where prefixes end, in the order in which the provider reads a request: tools, system, messages. */
export function findCacheBoundaries(body: JsonObject, scope: string): CacheBoundaries {
	const prefix = new Prefix(scope);
	const { tools, system, messages } = body;
	if (tools !== undefined) prefix.add(tools);
	const toolsEnd = markableTool(tools) === -1 ? null : prefix.end('tools');
	if (system !== undefined) prefix.add(system);
	const systemEnd = markableBlock(system) === -1 ? null : prefix.end('system');
	const turns: CacheBoundary[] = [];
	for (const [index, value] of (Array.isArray(messages) ? messages : []).entries()) {
		const message = objectOf(value);
		prefix.add([message?.['role'], message?.['content']]);
		if (markableBlock(message?.['content']) !== -1) turns.push(prefix.end('messages', index));
	}
	return { tools: toolsEnd, system: systemEnd, turns: turns.slice(-LOOK_BACK_BLOCKS) };
}
