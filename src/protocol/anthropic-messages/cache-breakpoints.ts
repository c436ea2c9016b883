import type { LanguageModelV4CallOptions, LanguageModelV4Message, SharedV4ProviderOptions } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { CacheBreakpoint } from '../shared/caller-format.ts';
import { addJsonMember, editJson, type JsonPath, wrapJsonText } from '../shared/json-splice.ts';
import { findCacheableBlock, findCacheableTool, objectOf, toCacheControl } from './prompt-cache.ts';

/** Where a mark stands: a block or a tool, or a text that becomes a block. */
function placeOf(body: JsonObject, { prefix: boundary }: CacheBreakpoint): { path: JsonPath; isText: boolean } {
	if (boundary.section === 'tools') return { path: ['tools', findCacheableTool(body['tools'])], isText: false };
	const messages = body['messages'];
	const message = Array.isArray(messages) ? objectOf(messages[boundary.messageIndex]) : null;
	const [path, content] =
		boundary.section === 'system'
			? [['system'], body['system']]
			: [['messages', boundary.messageIndex, 'content'], message?.['content']];
	return typeof content === 'string'
		? { path, isText: true }
		: { path: [...path, findCacheableBlock(content)], isText: false };
}

/** The same bytes with these marks in them, and text under a mark in a block. `body` is `text` parsed. */
export function spliceBreakpoints(text: string, body: JsonObject, marks: readonly CacheBreakpoint[]): string {
	const edits = marks.map((mark) => {
		const { path, isText } = placeOf(body, mark);
		const control = JSON.stringify(toCacheControl(mark.ttl));
		return isText
			? wrapJsonText(path, '[{"type":"text","text":', `,"cache_control":${control}}]`)
			: addJsonMember(path, 'cache_control', control);
	});
	return editJson(text, edits);
}

/** What a part of the neutral form becomes at Anthropic, where it can bear a mark. */
const BLOCK_OF_PART: Readonly<Record<string, string>> = {
	text: 'text',
	file: 'image',
	'tool-call': 'tool_use',
	'tool-result': 'tool_result',
};

type Marked = { providerOptions?: SharedV4ProviderOptions };

/** Messages of the system at the beginning. */
function systemCount(prompt: readonly LanguageModelV4Message[]): number {
	const first = prompt.findIndex(({ role }) => role !== 'system');
	return first === -1 ? prompt.length : first;
}

function contentOf({ content }: LanguageModelV4Message): unknown {
	if (typeof content === 'string') return content;
	return content.map((part) => ({ ...part, type: BLOCK_OF_PART[part.type] ?? part.type }));
}

/** A request in the neutral form as a planner of cache marks reads one. Only function tools can bear a mark. */
export function toCacheableBody({ prompt, tools }: LanguageModelV4CallOptions, model: string): JsonObject {
	const count = systemCount(prompt);
	const system = prompt.slice(0, count).map(({ content }) => ({ type: 'text', text: content }));
	return {
		model,
		...(tools === undefined || tools.length === 0
			? {}
			: { tools: tools.map((tool) => (tool.type === 'function' ? tool : { ...tool, defer_loading: true })) }),
		...(count === 0 ? {} : { system }),
		messages: prompt.slice(count).map((message) => ({ role: message.role, content: contentOf(message) })),
	};
}

function withMark<Member extends Marked>(member: Member, mark: CacheBreakpoint): Member {
	const { providerOptions } = member;
	// a mark is an object of JSON
	const cacheControl = toCacheControl(mark.ttl) as { type: string; ttl?: string };
	return {
		...member,
		providerOptions: { ...providerOptions, anthropic: { ...providerOptions?.['anthropic'], cacheControl } },
	};
}

function withMarkAt<Member extends Marked>(list: readonly Member[], index: number, mark: CacheBreakpoint): Member[] {
	return list.map((member, at) => (at === index ? withMark(member, mark) : member));
}

/** A text bears its mark on its message, everything else on a part. */
function markMessage(message: LanguageModelV4Message, mark: CacheBreakpoint): LanguageModelV4Message {
	if (message.role === 'system') return withMark(message, mark);
	const index = findCacheableBlock(contentOf(message));
	// each role has its own parts: the list that comes back holds what it was given
	return { ...message, content: withMarkAt<Marked>(message.content, index, mark) } as LanguageModelV4Message;
}

function markOptions(options: LanguageModelV4CallOptions, mark: CacheBreakpoint): LanguageModelV4CallOptions {
	const { prompt, tools } = options;
	const { section: at, messageIndex: message } = mark.prefix;
	if (at === 'tools') {
		const index = findCacheableTool(toCacheableBody(options, '')['tools']);
		// only a function tool is marked, and it stays one
		type Tools = NonNullable<LanguageModelV4CallOptions['tools']>;
		return tools === undefined
			? options
			: { ...options, tools: withMarkAt(tools as readonly Marked[], index, mark) as Tools };
	}
	const count = systemCount(prompt);
	const index = at === 'system' ? count - 1 : count + message;
	return { ...options, prompt: prompt.map((one, place) => (place === index ? markMessage(one, mark) : one)) };
}

/** The request with these marks, which were chosen for `cacheBodyOf` it. The given one is not changed. */
export function addPromptBreakpoints(
	options: LanguageModelV4CallOptions,
	marks: readonly CacheBreakpoint[],
): LanguageModelV4CallOptions {
	return marks.reduce(markOptions, options);
}
