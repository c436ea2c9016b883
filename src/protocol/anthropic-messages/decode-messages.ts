import type {
	JSONValue,
	LanguageModelV4FilePart,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
	LanguageModelV4ToolResultPart,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { BILLING_TEXT_PREFIX } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, objectsIn, withoutUndefined } from '../shared/body-fields.ts';
import { type NeutralFile, placeFile } from '../shared/file-places.ts';
import { guessMediaType, readUrl } from '../shared/media.ts';
import { appendMessage, providerOptionsFor } from '../shared/neutral-form.ts';
import { unsealMetadata } from '../shared/reasoning-seal.ts';
import { describeToolResult, describeToolUse } from '../shared/tool-text.ts';
import { isForeignThinking } from './request.ts';
import { decodeServerToolResult, SUPPORTED_SERVER_TOOLS } from './server-tools.ts';

type UserPart = Extract<LanguageModelV4Message, { role: 'user' }>['content'][number];
type AssistantPart = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'][number];
type ResultPart = Extract<LanguageModelV4ToolResultOutput, { type: 'content' }>['value'][number];

interface Context {
	/** Names of the tools that were called, by the call's id. */
	toolNames: Map<string, string>;
	dropped: string[];
}

/** The conversation in the neutral form. @throws InvalidInputError naming the field's path */
export function decodeAnthropicMessages(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const context: Context = { toolNames: new Map(), dropped };
	const messages = body.objects('messages').flatMap((message) => {
		const decoded = decodeMessage(message, context);
		dropped.push(...message.unreadPaths());
		return decoded;
	});
	return [...decodeSystem(body), ...messages];
}

function decodeSystem(body: BodyFields): LanguageModelV4Message[] {
	const system = body.get('system');
	if (system === undefined) return [];
	if (typeof system === 'string') return [{ role: 'system', content: system }];
	if (!Array.isArray(system)) throw body.invalid('system', 'a string or a list of text blocks');
	return body
		.objects('system')
		.filter((block) => block.string('text')?.startsWith(BILLING_TEXT_PREFIX) !== true)
		.map((block) => ({ role: 'system', content: block.requireString('text'), ...toAnthropicOptions(block) }));
}

function decodeMessage(message: BodyFields, context: Context): LanguageModelV4Message[] {
	switch (message.string('role')) {
		case 'assistant': {
			const content = message.blocks('content').flatMap((block) => decodeAssistantBlock(block, context));
			return content.length === 0 ? [] : [{ role: 'assistant', content: joinSignatures(content) }];
		}
		case 'system':
			// where it may stand is the provider's rule
			return message.blocks('content').flatMap((block) => decodeInstruction(block, context.dropped));
		case 'user':
			return decodeUser(message, context);
		default:
			throw message.invalid('role', '"user", "assistant" or "system"');
	}
}

function decodeInstruction(block: BodyFields, dropped: string[]): LanguageModelV4Message[] {
	const text = block.string('text');
	if (text !== undefined) return [{ role: 'system', content: text, ...toAnthropicOptions(block) }];
	dropped.push(block.path);
	return [];
}

/** A user's message: results of tools make messages of their own, in the order in which they came. */
function decodeUser(message: BodyFields, context: Context): LanguageModelV4Message[] {
	const messages: LanguageModelV4Message[] = [];
	const failed: LanguageModelV4FilePart[] = [];
	for (const block of message.blocks('content')) {
		if (block.get('type') === 'tool_result') {
			const { files, result } = decodeToolResult(block, context);
			failed.push(...files);
			appendMessage(messages, { role: 'tool', content: [result] });
		} else {
			const content = [...failed.splice(0), ...decodeUserBlock(block, context.dropped)];
			appendMessage(messages, { role: 'user', content });
		}
	}
	appendMessage(messages, { role: 'user', content: failed });
	return messages;
}

function decodeUserBlock(block: BodyFields, dropped: string[]): UserPart[] {
	switch (block.get('type')) {
		case 'text':
			return [{ type: 'text', text: block.requireString('text'), ...toAnthropicOptions(block) }];
		case 'image':
			return [decodeImage(block, dropped)];
		case 'document':
			return [decodeDocument(block, dropped)];
		case 'search_result':
			return [decodeSearchResult(block, dropped)];
		default:
			dropped.push(block.path);
			return [];
	}
}

function decodeAssistantBlock(block: BodyFields, context: Context): AssistantPart[] {
	switch (block.get('type')) {
		case 'text': {
			const options = toAnthropicOptions(block, { citations: block.list('citations') });
			return [{ type: 'text', text: block.requireString('text'), ...options }];
		}
		case 'thinking':
			return [decodeThinkingBlock(block)];
		case 'redacted_thinking': {
			const providerOptions = { anthropic: { redactedData: block.requireString('data') } };
			return [{ type: 'reasoning', text: '', providerOptions }];
		}
		case 'tool_use':
		case 'server_tool_use':
		case 'mcp_tool_use':
			return decodeToolCall(block, context);
		case 'web_search_tool_result':
			return [decodeServerResultBlock(block, 'web_search')];
		case 'web_fetch_tool_result':
			return [decodeServerResultBlock(block, 'web_fetch')];
		case 'compaction':
			return [
				{ type: 'text', text: block.string('content') ?? '', ...toAnthropicOptions(block, { type: 'compaction' }) },
			];
		default:
			return decodeForeignResult(block, context);
	}
}

/** The result of a tool that only Anthropic has, as text; any other block is dropped. */
function decodeForeignResult(block: BodyFields, { dropped, toolNames }: Context): AssistantPart[] {
	const type = block.string('type') ?? '';
	if (/_tool_result$/.test(type)) {
		const name = toolNames.get(block.string('tool_use_id') ?? '') ?? type.slice(0, -'_tool_result'.length);
		return [{ type: 'text', text: describeToolResult(name, block.get('content')) }];
	}
	dropped.push(block.path);
	return [];
}

/** Thinking with Anthropic's own signature, or with what another provider signed and this package sealed. */
function decodeThinkingBlock(block: BodyFields): LanguageModelV4ReasoningPart {
	const text = block.string('thinking') ?? '';
	const signature = block.string('signature') ?? '';
	const metadata = isForeignThinking(block.value) ? unsealMetadata(signature) : { anthropic: { signature } };
	return { type: 'reasoning', text, ...(metadata === null ? {} : { providerOptions: metadata }) };
}

/** Gemini's signatures of calls, which stand before them as thinking without words (see `toSignatureBlock`), on the calls. */
function joinSignatures(content: AssistantPart[]): AssistantPart[] {
	return content.flatMap((part, index): AssistantPart[] => {
		const before = content[index - 1];
		if (isCallSignature(part) && content[index + 1]?.type === 'tool-call') return [];
		if (part.type !== 'tool-call' || before === undefined || !isCallSignature(before)) return [part];
		return [{ ...part, providerOptions: { ...before.providerOptions, ...part.providerOptions } }];
	});
}

function isCallSignature(part: AssistantPart): boolean {
	const { google, googleVertex, vertex } = part.providerOptions ?? {};
	const isGoogle = (google ?? googleVertex ?? vertex) !== undefined;
	return part.type === 'reasoning' && part.text === '' && isGoogle;
}

function decodeToolCall(block: BodyFields, context: Context): AssistantPart[] {
	const isServerTool = block.get('type') !== 'tool_use';
	const toolCallId = block.requireString('id');
	const toolName = block.requireString('name');
	context.toolNames.set(toolCallId, toolName);
	const input = block.object('input')?.value ?? {};
	if (isServerTool && !SUPPORTED_SERVER_TOOLS.has(toolName))
		return [{ type: 'text', text: describeToolUse(toolName, input) }];
	const executed = isServerTool ? { providerExecuted: true } : {};
	const options = toAnthropicOptions(block, { caller: readToolCaller(block) });
	return [{ type: 'tool-call', toolCallId, toolName, input, ...executed, ...options }];
}

/** A tool's caller as the AI SDK keeps it. */
function readToolCaller(block: BodyFields): JsonObject | undefined {
	const caller = block.get('caller');
	if (!isObject(caller)) return undefined;
	return { type: caller['type'], ...(caller['tool_id'] === undefined ? {} : { toolId: caller['tool_id'] }) };
}

function decodeServerResultBlock(block: BodyFields, toolName: string): LanguageModelV4ToolResultPart {
	const { value, isError } = decodeServerToolResult(toolName, block.get('content'));
	return {
		type: 'tool-result',
		toolCallId: block.requireString('tool_use_id'),
		toolName,
		// the value came out of the body's JSON
		output: { type: isError ? 'error-json' : 'json', value: value as JSONValue },
		...toAnthropicOptions(block, { caller: readToolCaller(block) }),
	};
}

/** A tool's result, and the files of one that failed: what went wrong is a text, so that they follow it. */
function decodeToolResult(
	block: BodyFields,
	{ toolNames, dropped }: Context,
): { result: LanguageModelV4ToolResultPart; files: LanguageModelV4FilePart[] } {
	const toolCallId = block.requireString('tool_use_id');
	const content = block.get('content');
	const blocks = Array.isArray(content) ? block.objects('content') : [];
	// a breakpoint inside the result covers as much as one on it
	const inner = blocks.map((each) => each.object('cache_control')?.value).findLast(Boolean);
	const { files, output } = decodeToolOutput(block, dropped);
	const result: LanguageModelV4ToolResultPart = {
		type: 'tool-result',
		toolCallId,
		toolName: toolNames.get(toolCallId) ?? 'unknown',
		output,
		...toAnthropicOptions(block, { cacheControl: block.object('cache_control')?.value ?? inner }),
	};
	return { result, files };
}

function decodeToolOutput(
	block: BodyFields,
	dropped: string[],
): { output: LanguageModelV4ToolResultOutput; files: LanguageModelV4FilePart[] } {
	const content = block.get('content') ?? '';
	const isError = block.boolean('is_error') ?? false;
	const type = isError ? 'error-text' : 'text';
	if (typeof content === 'string') return { output: { type, value: content }, files: [] };
	const value = block.blocks('content').flatMap((inner) => decodeResultBlock(inner, dropped));
	const texts = value.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	if (!isError && texts.length < value.length) return { output: { type: 'content', value }, files: [] };
	const files = value.filter((part) => part.type === 'file');
	return { output: { type, value: texts.join('\n') }, files };
}

function decodeResultBlock(block: BodyFields, dropped: string[]): ResultPart[] {
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
			const anthropic = { type: 'tool-reference', toolName: block.requireString('tool_name') };
			return [{ type: 'custom', providerOptions: { anthropic } }];
		}
		default:
			dropped.push(block.path);
			return [];
	}
}

/** The options with which Anthropic's provider writes a part again as it stood, its cache breakpoint among them. */
export function toAnthropicOptions(
	fields: BodyFields,
	options: JsonObject = {},
): { providerOptions?: SharedV4ProviderOptions } {
	return providerOptionsFor('anthropic', { cacheControl: fields.object('cache_control')?.value, ...options });
}

function toTextFile(text: string): NeutralFile {
	return { data: { type: 'text', text }, mediaType: 'text/plain' };
}

/** A document made of blocks: its texts; pictures among them are lost. */
function readContentSource(source: BodyFields, dropped: string[]): NeutralFile {
	const content = source.get('content');
	if (typeof content === 'string') return toTextFile(content);
	const blocks = objectsIn(content);
	if (blocks.some(({ type }) => type !== 'text')) dropped.push(source.pathOf('content'));
	return toTextFile(blocks.flatMap(({ text }) => (typeof text === 'string' ? [text] : [])).join('\n'));
}

/** The bytes or the address of a picture or document. */
function readSource(block: BodyFields, usualType: 'image/*' | 'application/pdf', dropped: string[]): NeutralFile {
	const source = block.requireObject('source');
	return placeFile(readSourceFile(source, usualType, dropped), source);
}

function readSourceFile(source: BodyFields, usualType: 'image/*' | 'application/pdf', dropped: string[]): NeutralFile {
	switch (source.string('type')) {
		case 'base64':
			return {
				data: { type: 'data', data: source.requireString('data') },
				mediaType: source.string('media_type') ?? usualType,
			};
		case 'text':
			return toTextFile(source.requireString('data'));
		case 'url': {
			const url = readUrl(source, 'url');
			// what stands behind an address is not looked at, and Gemini takes no half of a media type
			const mediaType = usualType === 'image/*' ? guessMediaType(url, 'image/jpeg') : usualType;
			return { data: { type: 'url', url }, mediaType };
		}
		case 'file': {
			const reference = { anthropic: source.requireString('file_id') };
			return { data: { type: 'reference', reference }, mediaType: usualType };
		}
		case 'content':
			return readContentSource(source, dropped);
		default:
			throw source.invalid('type', '"base64", "text", "url", "file" or "content"');
	}
}

/** An `image` block. */
function decodeImage(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	return { type: 'file', ...readSource(block, 'image/*', dropped), ...toAnthropicOptions(block) };
}

/** A `document` block: PDF or text, with its title and whether it may be cited. */
function decodeDocument(block: BodyFields, dropped: string[]): LanguageModelV4FilePart {
	const title = block.string('title');
	const citations = block.object('citations')?.value;
	return {
		type: 'file',
		...readSource(block, 'application/pdf', dropped),
		...withoutUndefined({ filename: title }),
		...toAnthropicOptions(block, { citations, title, context: block.string('context') }),
	};
}

/** A `search_result` block as text: its title and address above what was found. */
function decodeSearchResult(block: BodyFields, dropped: string[]): LanguageModelV4TextPart {
	const texts = block.objects('content').map((part) => part.string('text') ?? '');
	const lines = [block.string('title'), block.string('source'), ...texts].filter((line) => line !== undefined);
	// it can no longer be cited
	if (block.get('citations') !== undefined) dropped.push(block.pathOf('citations'));
	return { type: 'text', text: lines.join('\n'), ...toAnthropicOptions(block) };
}
