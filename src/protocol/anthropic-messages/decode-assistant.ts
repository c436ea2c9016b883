import type {
	JSONValue,
	LanguageModelV4Message,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultPart,
} from '@ai-sdk/provider';
import type { BodyFields } from '../shared/body-fields.ts';
import { openMetadata } from '../shared/seal-metadata.ts';
import { anthropicOptions, cacheControlOf, callerOf } from './decode-options.ts';
import { CARRIED_SERVER_TOOLS, readServerToolResult } from './server-tools.ts';

type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];

/** What is known while a conversation is decoded. */
export interface DecodingState {
	/** Names of the tools that were called, by the call's id. */
	names: Map<string, string>;
	dropped: string[];
}

function decodeText(block: BodyFields): LanguageModelV4TextPart {
	const options = anthropicOptions({ cacheControl: cacheControlOf(block), citations: block.list('citations') });
	return { type: 'text', text: block.needText('text'), ...options };
}

function decodeThinking(block: BodyFields): LanguageModelV4ReasoningPart {
	const text = block.text('thinking') ?? '';
	const signature = block.text('signature') ?? '';
	const foreign = openMetadata(signature);
	if (foreign !== null) return { type: 'reasoning', text, providerOptions: foreign };
	return { type: 'reasoning', text, ...anthropicOptions({ signature: signature === '' ? undefined : signature }) };
}

function decodeCall(block: BodyFields, state: DecodingState): LanguageModelV4ToolCallPart[] {
	const isServer = block.take('type') === 'server_tool_use';
	const toolCallId = block.needText('id');
	const toolName = block.needText('name');
	if (isServer && !CARRIED_SERVER_TOOLS.has(toolName)) {
		state.dropped.push(block.path);
		return [];
	}
	state.names.set(toolCallId, toolName);
	const options = anthropicOptions({ cacheControl: cacheControlOf(block), caller: callerOf(block) });
	const input = block.object('input')?.value ?? {};
	const executed = isServer ? { providerExecuted: true } : {};
	return [{ type: 'tool-call', toolCallId, toolName, input, ...executed, ...options }];
}

function decodeServerResult(block: BodyFields, toolName: string): LanguageModelV4ToolResultPart {
	const { value, isError } = readServerToolResult(toolName, block.take('content'));
	return {
		type: 'tool-result',
		toolCallId: block.needText('tool_use_id'),
		toolName,
		// the value came out of the body's JSON
		output: { type: isError ? 'error-json' : 'json', value: value as JSONValue },
		...anthropicOptions({ cacheControl: cacheControlOf(block), caller: callerOf(block) }),
	};
}

/** A block of an assistant's message; what cannot be carried is named in the state. */
export function decodeAssistantBlock(block: BodyFields, state: DecodingState): AssistantPart[] {
	switch (block.take('type')) {
		case 'text':
			return [decodeText(block)];
		case 'thinking':
			return [decodeThinking(block)];
		case 'redacted_thinking':
			return [{ type: 'reasoning', text: '', ...anthropicOptions({ redactedData: block.needText('data') }) }];
		case 'tool_use':
		case 'server_tool_use':
			return decodeCall(block, state);
		case 'web_search_tool_result':
			return [decodeServerResult(block, 'web_search')];
		case 'web_fetch_tool_result':
			return [decodeServerResult(block, 'web_fetch')];
		case 'compaction': {
			const options = anthropicOptions({ type: 'compaction', cacheControl: cacheControlOf(block) });
			return [{ type: 'text', text: block.text('content') ?? '', ...options }];
		}
		default:
			state.dropped.push(block.path);
			return [];
	}
}
