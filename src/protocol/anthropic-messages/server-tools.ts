import type { LanguageModelV4ToolCall, LanguageModelV4ToolResult } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn } from '../shared/json.ts';

/** Anthropic's tools that run at Anthropic and whose calls and results the neutral form carries. */
export const SUPPORTED_SERVER_TOOLS: ReadonlySet<string> = new Set(['web_search', 'web_fetch']);

function writeSearchResult(result: JsonObject): JsonObject {
	return {
		type: 'web_search_result',
		url: result['url'],
		title: result['title'] ?? null,
		page_age: result['pageAge'] ?? null,
		encrypted_content: result['encryptedContent'] ?? '',
	};
}

function writeFetchResult(result: JsonObject): JsonObject {
	const content = isObject(result['content']) ? result['content'] : {};
	const { mediaType, ...source } = isObject(content['source']) ? content['source'] : {};
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
		const code = isObject(result) ? result['errorCode'] : undefined;
		return { ...block, content: { type: `${type}_error`, error_code: code ?? 'unavailable' } };
	}
	if (toolName === 'web_search') return { ...block, content: objectsIn(result).map(writeSearchResult) };
	return { ...block, content: writeFetchResult(isObject(result) ? result : {}) };
}

function readSearchResult(result: JsonObject): JsonObject {
	return {
		type: 'web_search_result',
		url: result['url'],
		title: result['title'] ?? null,
		pageAge: result['page_age'] ?? null,
		encryptedContent: result['encrypted_content'],
	};
}

function readFetchResult(content: JsonObject): JsonObject {
	const document = isObject(content['content']) ? content['content'] : {};
	const { media_type: mediaType, ...source } = isObject(document['source']) ? document['source'] : {};
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
	if (Array.isArray(content)) return { value: objectsIn(content).map(readSearchResult), isError: false };
	const said = isObject(content) ? content : {};
	if (said['error_code'] !== undefined) {
		return { value: { type: said['type'], errorCode: said['error_code'] }, isError: true };
	}
	return { value: toolName === 'web_fetch' ? readFetchResult(said) : [], isError: false };
}
