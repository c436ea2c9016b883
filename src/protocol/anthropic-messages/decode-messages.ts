import type {
	JSONValue,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultOutput,
	LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import { BodyFields, invalidField } from '../shared/body-fields.ts';
import { unsealMetadata } from '../shared/reasoning-seal.ts';
import {
	decodeDocument,
	decodeImage,
	decodeSearchResult,
	getCacheControl,
	getToolCaller,
	toAnthropicOptions,
} from './decode-media.ts';
import { decodeServerToolResult, SUPPORTED_SERVER_TOOLS } from './server-tools.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];

/** The blocks of a message; a text alone is one block. */
function blocksOf(message: BodyFields): BodyFields[] {
	const content = message.get('content');
	if (typeof content === 'string') return [new BodyFields({ type: 'text', text: content }, message.pathOf('content'))];
	if (!Array.isArray(content)) throw invalidField(message.pathOf('content'), content, 'a string or a list of blocks');
	return message.objects('content');
}

function decodeUserBlock(block: BodyFields, state: DecodingState): UserPart[] {
	switch (block.get('type')) {
		case 'text': {
			const options = toAnthropicOptions({ cacheControl: getCacheControl(block) });
			return [{ type: 'text', text: block.requireString('text'), ...options }];
		}
		case 'image':
			return [decodeImage(block, state.dropped)];
		case 'document':
			return [decodeDocument(block, state.dropped)];
		case 'search_result':
			return [decodeSearchResult(block, state.dropped)];
		default:
			state.dropped.push(block.path);
			return [];
	}
}

/** A user's message: results of tools stand in messages of their own, in the order in which they came. */
function decodeUser(message: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const messages: LanguageModelV4Message[] = [];
	for (const block of blocksOf(message)) {
		const last = messages.at(-1);
		if (block.get('type') === 'tool_result') {
			const result = decodeToolResult(block, state.names, state.dropped);
			if (last?.role === 'tool') last.content.push(result);
			else messages.push({ role: 'tool', content: [result] });
			continue;
		}
		const content = decodeUserBlock(block, state);
		if (last?.role === 'user') last.content.push(...content);
		else if (content.length > 0) messages.push({ role: 'user', content });
	}
	return messages;
}

function decodeMessage(message: BodyFields, state: DecodingState): LanguageModelV4Message[] {
	const role = message.string('role');
	switch (role) {
		case 'assistant': {
			const content = blocksOf(message).flatMap((block) => decodeAssistantBlock(block, state));
			return content.length === 0 ? [] : [{ role: 'assistant', content }];
		}
		case 'system':
			// Some providers refuse instructions within a conversation: their text is told as the user's.
			state.dropped.push(message.pathOf('role'));
			return decodeUser(message, state);
		case 'user':
			return decodeUser(message, state);
		default:
			throw invalidField(message.pathOf('role'), role, '"user", "assistant" or "system"');
	}
}

function decodeSystem(body: BodyFields): LanguageModelV4Message[] {
	const system = body.get('system');
	if (system === undefined) return [];
	if (typeof system === 'string') return [{ role: 'system', content: system }];
	if (!Array.isArray(system)) throw invalidField('system', system, 'a string or a list of text blocks');
	return body.objects('system').map((block) => {
		const options = toAnthropicOptions({ cacheControl: getCacheControl(block) });
		return { role: 'system', content: block.requireString('text'), ...options };
	});
}

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeAnthropicMessages(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const state: DecodingState = { names: new Map(), dropped };
	const messages = body.objects('messages').flatMap((message) => {
		const decoded = decodeMessage(message, state);
		const extra = message.unreadPaths();
		dropped.push(...extra);
		return decoded;
	});
	return [...decodeSystem(body), ...messages];
}

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

/** What is known while a conversation is decoded. */
export interface DecodingState {
	/** Names of the tools that were called, by the call's id. */
	names: Map<string, string>;
	dropped: string[];
}

function decodeText(block: BodyFields): LanguageModelV4TextPart {
	const options = toAnthropicOptions({ cacheControl: getCacheControl(block), citations: block.list('citations') });
	return { type: 'text', text: block.requireString('text'), ...options };
}

function decodeThinking(block: BodyFields): LanguageModelV4ReasoningPart {
	const text = block.string('thinking') ?? '';
	const signature = block.string('signature') ?? '';
	const foreign = unsealMetadata(signature);
	if (foreign !== null) return { type: 'reasoning', text, providerOptions: foreign };
	return { type: 'reasoning', text, ...toAnthropicOptions({ signature: signature === '' ? undefined : signature }) };
}

function decodeCall(block: BodyFields, state: DecodingState): LanguageModelV4ToolCallPart[] {
	const isServer = block.get('type') === 'server_tool_use';
	const toolCallId = block.requireString('id');
	const toolName = block.requireString('name');
	if (isServer && !SUPPORTED_SERVER_TOOLS.has(toolName)) {
		state.dropped.push(block.path);
		return [];
	}
	state.names.set(toolCallId, toolName);
	const options = toAnthropicOptions({ cacheControl: getCacheControl(block), caller: getToolCaller(block) });
	const input = block.object('input')?.value ?? {};
	const executed = isServer ? { providerExecuted: true } : {};
	return [{ type: 'tool-call', toolCallId, toolName, input, ...executed, ...options }];
}

function decodeServerResult(block: BodyFields, toolName: string): LanguageModelV4ToolResultPart {
	const { value, isError } = decodeServerToolResult(toolName, block.get('content'));
	return {
		type: 'tool-result',
		toolCallId: block.requireString('tool_use_id'),
		toolName,
		// the value came out of the body's JSON
		output: { type: isError ? 'error-json' : 'json', value: value as JSONValue },
		...toAnthropicOptions({ cacheControl: getCacheControl(block), caller: getToolCaller(block) }),
	};
}

/** A block of an assistant's message; what cannot be carried is named in the state. */
function decodeAssistantBlock(block: BodyFields, state: DecodingState): AssistantPart[] {
	switch (block.get('type')) {
		case 'text':
			return [decodeText(block)];
		case 'thinking':
			return [decodeThinking(block)];
		case 'redacted_thinking':
			return [{ type: 'reasoning', text: '', ...toAnthropicOptions({ redactedData: block.requireString('data') }) }];
		case 'tool_use':
		case 'server_tool_use':
			return decodeCall(block, state);
		case 'web_search_tool_result':
			return [decodeServerResult(block, 'web_search')];
		case 'web_fetch_tool_result':
			return [decodeServerResult(block, 'web_fetch')];
		case 'compaction': {
			const options = toAnthropicOptions({ type: 'compaction', cacheControl: getCacheControl(block) });
			return [{ type: 'text', text: block.string('content') ?? '', ...options }];
		}
		default:
			state.dropped.push(block.path);
			return [];
	}
}

type Content = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'];

function decodeContentBlock(block: BodyFields, dropped: string[]): Content {
	switch (block.get('type')) {
		case 'text':
			return [{ type: 'text', text: block.requireString('text') }];
		case 'image':
			return [decodeImage(block, dropped)];
		case 'document': {
			const { data, ...document } = decodeDocument(block, dropped);
			return data.type === 'text' ? [{ type: 'text', text: data.text }] : [{ ...document, data }];
		}
		case 'search_result':
			return [decodeSearchResult(block, dropped)];
		case 'tool_reference': {
			const options = toAnthropicOptions({ type: 'tool-reference', toolName: block.requireString('tool_name') });
			return [{ type: 'custom', ...options }];
		}
		default:
			dropped.push(block.path);
			return [];
	}
}

function isText(part: Content[number]): part is Extract<Content[number], { type: 'text' }> {
	return part.type === 'text';
}

function outputOf(block: BodyFields, dropped: string[]): LanguageModelV4ToolResultOutput {
	const content = block.get('content') ?? '';
	const isError = block.boolean('is_error') ?? false;
	const type = isError ? 'error-text' : 'text';
	if (typeof content === 'string') return { type, value: content };
	if (!Array.isArray(content)) throw invalidField(block.pathOf('content'), content, 'a string or a list of blocks');
	const value = block.objects('content').flatMap((inner) => decodeContentBlock(inner, dropped));
	if (value.every(isText)) return { type, value: value.map(({ text }) => text).join('\n') };
	if (isError) dropped.push(block.pathOf('is_error'));
	return { type: 'content', value };
}

/** A `tool_result` block. `names` are the tools that calls before it named, by the call's id. */
function decodeToolResult(
	block: BodyFields,
	names: ReadonlyMap<string, string>,
	dropped: string[],
): LanguageModelV4ToolResultPart {
	const toolCallId = block.requireString('tool_use_id');
	const marked = block.get('content');
	// A mark inside the result covers as much as one on it.
	const inner = Array.isArray(marked) ? block.objects('content').map(getCacheControl).findLast(Boolean) : undefined;
	return {
		type: 'tool-result',
		toolCallId,
		toolName: names.get(toolCallId) ?? 'unknown',
		output: outputOf(block, dropped),
		...toAnthropicOptions({ cacheControl: getCacheControl(block) ?? inner }),
	};
}
