import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import type { CacheBreakpoint, CacheTtl } from '../shared/caller-format.ts';
import { toObject } from '../shared/json.ts';
import { addJsonMember, editJson, type JsonPath, updateAt, wrapJsonValue } from '../shared/json-splice.ts';
import { findCacheableBlock, findCacheableTool } from './prompt-cache.ts';

/** Nesting that is searched for a caller's own breakpoints. */
const MAX_SEARCH_DEPTH = 8;

/** True when the caller has placed breakpoints, anywhere in the request. */
export function hasCacheBreakpoints(value: unknown, depth = 0): boolean {
	if (typeof value !== 'object' || value === null || depth > MAX_SEARCH_DEPTH) return false;
	if (Object.hasOwn(value, 'cache_control')) return true;
	return Object.values(value).some((member) => hasCacheBreakpoints(member, depth + 1));
}

function toCacheControl(ttl: CacheTtl): { type: 'ephemeral'; ttl?: '1h' } {
	return { type: 'ephemeral', ...(ttl === '1h' ? { ttl } : {}) };
}

/** The tool, the block or the text that bears a breakpoint. A text must become a block first. */
function locate(body: JsonObject, { prefix }: CacheBreakpoint): { path: JsonPath; isText: boolean } {
	const { messageIndex, section } = prefix;
	if (section === 'tools') return { path: ['tools', findCacheableTool(body['tools'])], isText: false };
	const messages = Array.isArray(body['messages']) ? body['messages'] : [];
	const isSystem = section === 'system';
	const content = isSystem ? body['system'] : toObject(messages[messageIndex])['content'];
	const path: JsonPath = isSystem ? ['system'] : ['messages', messageIndex, 'content'];
	const isText = typeof content === 'string';
	return { path: isText ? path : [...path, findCacheableBlock(content)], isText };
}

/** The request with these breakpoints, and a text under one in a block. The body that is passed is not changed. */
export function addBodyBreakpoints(body: JsonObject, breakpoints: readonly CacheBreakpoint[]): JsonObject {
	return breakpoints.reduce((marked, breakpoint) => {
		const { path, isText } = locate(marked, breakpoint);
		const cache_control = toCacheControl(breakpoint.ttl);
		return updateAt(marked, path, (value) =>
			isText ? [{ type: 'text', text: value, cache_control }] : { ...toObject(value), cache_control },
		);
	}, body);
}

/** The same bytes with these breakpoints in them, and a text under one in a block. `body` is `text` parsed. */
export function spliceBreakpoints(text: string, body: JsonObject, breakpoints: readonly CacheBreakpoint[]): string {
	const edits = breakpoints.map((breakpoint) => {
		const { path, isText } = locate(body, breakpoint);
		const control = JSON.stringify(toCacheControl(breakpoint.ttl));
		return isText
			? wrapJsonValue(path, '[{"type":"text","text":', `,"cache_control":${control}}]`)
			: addJsonMember(path, 'cache_control', control);
	});
	return editJson(text, edits);
}

/** What a part of the neutral form becomes at Anthropic, where it can bear a breakpoint. */
const BLOCK_TYPES: Readonly<Record<string, string>> = {
	text: 'text',
	file: 'image',
	'tool-call': 'tool_use',
	'tool-result': 'tool_result',
};

/** How many messages at the beginning are the system's. */
function countSystemMessages(prompt: readonly LanguageModelV4Message[]): number {
	const first = prompt.findIndex(({ role }) => role !== 'system');
	return first === -1 ? prompt.length : first;
}

/** A request in the neutral form as a planner reads one. Only function tools can bear a breakpoint. */
export function toCacheableBody({ prompt, tools = [] }: LanguageModelV4CallOptions, model: string): JsonObject {
	const count = countSystemMessages(prompt);
	const messages = prompt.slice(count).map(({ role, content }) => ({
		role,
		content:
			typeof content === 'string'
				? content
				: content.map((part) => ({ ...part, type: BLOCK_TYPES[part.type] ?? part.type })),
	}));
	return {
		model,
		...(tools.length === 0
			? {}
			: { tools: tools.map((tool) => (tool.type === 'function' ? tool : { ...tool, defer_loading: true })) }),
		...(count === 0 ? {} : { system: prompt.slice(0, count).map(({ content: text }) => ({ type: 'text', text })) }),
		messages,
	};
}

/** The request with these breakpoints, which were chosen for `toCacheableBody` of it. The options are not changed. */
export function addPromptBreakpoints(
	options: LanguageModelV4CallOptions,
	breakpoints: readonly CacheBreakpoint[],
): LanguageModelV4CallOptions {
	const body = toCacheableBody(options, '');
	const count = countSystemMessages(options.prompt);
	return breakpoints.reduce((marked, breakpoint) => {
		const { path, isText } = locate(body, breakpoint);
		const [section, index, ...rest] = path;
		const at = Number(index) + (section === 'messages' ? count : 0);
		// a message whose content is a text bears its options itself
		const target = section === 'tools' ? path : ['prompt', at, ...(isText ? [] : rest)];
		return updateAt(marked, target, (value) => withCacheControl(toObject(value), breakpoint.ttl));
	}, options);
}

function withCacheControl(member: JsonObject, ttl: CacheTtl): JsonObject {
	const options = toObject(member['providerOptions']);
	const anthropic = { ...toObject(options['anthropic']), cacheControl: toCacheControl(ttl) };
	return { ...member, providerOptions: { ...options, anthropic } };
}
