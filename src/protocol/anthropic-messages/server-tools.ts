import type { LanguageModelV4ToolCall, LanguageModelV4ToolResult } from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';

/** Anthropic's tools that run at Anthropic and whose calls and results the neutral form carries. */
export const SUPPORTED_SERVER_TOOLS: ReadonlySet<string> = new Set(['web_search', 'web_fetch']);

function encodeSearchResult(result: JsonObject): JsonObject {
	return {
		type: 'web_search_result',
		url: result['url'],
		title: result['title'] ?? null,
		page_age: result['pageAge'] ?? null,
		encrypted_content: result['encryptedContent'] ?? '',
	};
}

function encodeFetchResult(result: JsonObject): JsonObject {
	const content = toObject(result['content']);
	const { mediaType, ...source } = toObject(content['source']);
	return {
		type: 'web_fetch_result',
		url: result['url'],
		retrieved_at: result['retrievedAt'] ?? null,
		content: { ...content, type: 'document', source: { ...source, media_type: mediaType } },
	};
}

/** A server tool's call as a block; `null` for a tool this format does not have. */
export function encodeServerToolUse(
	{ toolCallId, toolName }: LanguageModelV4ToolCall,
	input: unknown,
): JsonObject | null {
	return SUPPORTED_SERVER_TOOLS.has(toolName)
		? { type: 'server_tool_use', id: toolCallId, name: toolName, input }
		: null;
}

/** A server tool's result as a block; `null` for a tool this format does not have. */
export function encodeServerToolResult({
	toolCallId,
	toolName,
	result,
	isError,
}: LanguageModelV4ToolResult): JsonObject | null {
	if (!SUPPORTED_SERVER_TOOLS.has(toolName)) return null;
	const type = `${toolName}_tool_result`;
	const block = { type, tool_use_id: toolCallId };
	if (isError === true) {
		const error_code = toObject(result)['errorCode'] ?? 'unavailable';
		return { ...block, content: { type: `${type}_error`, error_code } };
	}
	// OpenAI names the sources of a search, if it is asked for them
	const found = objectsIn(Array.isArray(result) ? result : toObject(result)['sources']);
	if (toolName === 'web_search') return { ...block, content: found.map(encodeSearchResult) };
	return { ...block, content: encodeFetchResult(toObject(result)) };
}

function decodeSearchResult(result: JsonObject): JsonObject {
	return {
		type: 'web_search_result',
		url: result['url'],
		title: result['title'] ?? null,
		pageAge: result['page_age'] ?? null,
		encryptedContent: result['encrypted_content'],
	};
}

function decodeFetchResult(content: JsonObject): JsonObject {
	const document = toObject(content['content']);
	const { media_type: mediaType, ...source } = toObject(document['source']);
	return {
		type: 'web_fetch_result',
		url: content['url'],
		retrievedAt: content['retrieved_at'] ?? null,
		content: {
			type: 'document',
			title: document['title'] ?? null,
			...(document['citations'] ? { citations: document['citations'] } : {}),
			source: { ...source, mediaType },
		},
	};
}

/** The neutral result of a server tool's result block: its value, and whether it failed. */
export function decodeServerToolResult(toolName: string, content: unknown): { value: unknown; isError: boolean } {
	if (Array.isArray(content)) return { value: objectsIn(content).map(decodeSearchResult), isError: false };
	const result = toObject(content);
	const { error_code: errorCode, type } = result;
	if (errorCode !== undefined) return { value: { type, errorCode }, isError: true };
	return { value: toolName === 'web_fetch' ? decodeFetchResult(result) : [], isError: false };
}
