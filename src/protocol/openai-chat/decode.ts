import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FilePart,
	LanguageModelV4FunctionTool,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultPart,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import {
	listAt,
	nameAt,
	numberAt,
	objectAt,
	objectsAt,
	optional,
	refuse,
	textAt,
	unknownNames,
} from '../shared/body-fields.ts';
import type { DecodedRequest } from '../shared/caller-format.ts';
import { type NeutralFile, parseFileUrl } from '../shared/media.ts';
import { parseToolInput, withoutUndefined } from '../shared/neutral-form.ts';
import {
	type DecodedTools,
	decodeOpenAiFunction,
	decodeOpenAiResponseFormat,
	decodeOpenAiToolChoice,
	decodeParallelToolCalls,
	mergeProviderOptions,
	type NeutralOptions,
	parseReasoningEffort,
	toFunctionTool,
} from '../shared/openai.ts';
import { decodeThoughtSignature, unsealMetadata } from '../shared/reasoning-seal.ts';
import { objectsIn } from '../shared/usage.ts';
import { readOpenAiChatRequest } from './request.ts';

/** Fields that the neutral form or the gateway carries. */
const CARRIED: ReadonlySet<string> = new Set([
	'model',
	'messages',
	'stream',
	'stream_options',
	'max_completion_tokens',
	'max_tokens',
	'temperature',
	'top_p',
	'top_k',
	'presence_penalty',
	'frequency_penalty',
	'seed',
	'stop',
	'tools',
	'tool_choice',
	'parallel_tool_calls',
	'response_format',
	'reasoning_effort',
]);

/** Fields whose plain value asks for nothing. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
	n: (value) => value === 1,
	logprobs: (value) => value === false,
	store: (value) => value === false,
	modalities: (value) => Array.isArray(value) && value.every((kind) => kind === 'text'),
	service_tier: (value) => value === 'auto' || value === 'default',
};

function samplingOf(body: JsonObject): NeutralOptions {
	const number = (name: string): number | undefined => optional(body[name], name, numberAt);
	const stop = body['stop'];
	return withoutUndefined({
		maxOutputTokens: readOpenAiChatRequest(body).maxOutputTokens ?? undefined,
		temperature: number('temperature'),
		topP: number('top_p'),
		topK: number('top_k'),
		presencePenalty: number('presence_penalty'),
		frequencyPenalty: number('frequency_penalty'),
		seed: number('seed'),
		stopSequences:
			typeof stop === 'string'
				? [stop]
				: optional(stop, 'stop', listAt)?.map((sequence, index) => textAt(sequence, `stop[${index}]`)),
	});
}

function formatOf(body: JsonObject): NeutralOptions {
	const format = optional(body['response_format'], 'response_format', objectAt) ?? {};
	const schema = optional(format['json_schema'], 'response_format.json_schema', objectAt) ?? {};
	return decodeOpenAiResponseFormat(format, schema, 'response_format.json_schema');
}

/** A chat completion request in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiChatRequest(body: JsonObject): DecodedRequest {
	const dropped = unknownNames(body, CARRIED).filter((name) => PLAIN[name]?.(body[name]) !== true);
	const format = formatOf(body);
	const reasoning = parseReasoningEffort(body['reasoning_effort']);
	if (reasoning === null && body['reasoning_effort'] !== undefined && body['reasoning_effort'] !== null) {
		dropped.push('reasoning_effort');
	}
	const options: LanguageModelV4CallOptions = {
		prompt: decodeMessages(objectsAt(body['messages'], 'messages'), dropped),
		...samplingOf(body),
		...decodeTools(body, dropped),
		...format,
		...(reasoning === null ? {} : { reasoning }),
		providerOptions: mergeProviderOptions(format.providerOptions, decodeParallelToolCalls(body)),
	};
	return { options, dropped };
}

function decodeTool(tool: JsonObject, path: string, dropped: string[]): LanguageModelV4FunctionTool[] {
	if (tool['type'] === 'function')
		return [decodeOpenAiFunction(objectAt(tool['function'], `${path}.function`), `${path}.function`)];
	if (tool['type'] === 'custom') {
		const custom = objectAt(tool['custom'], `${path}.custom`);
		return [toFunctionTool(nameAt(custom['name'], `${path}.custom.name`), custom)];
	}
	dropped.push(path);
	return [];
}

/** Tools of a chat completion request; kinds that no other provider has are added to `dropped`. */
function decodeTools(body: JsonObject, dropped: string[]): DecodedTools {
	const told = optional(body['tools'], 'tools', objectsAt) ?? [];
	const tools = told.flatMap((tool, index) => decodeTool(tool, `tools[${index}]`, dropped));
	return decodeOpenAiToolChoice(body['tool_choice'], tools);
}

interface Context {
	dropped: string[];
	/** Names of the tools that were called, by the call's id. */
	toolNames: Map<string, string>;
	prompt: LanguageModelV4Message[];
}

function addSystem(message: JsonObject, path: string, { dropped, prompt }: Context): void {
	const texts = decodeTexts(message['content'], `${path}.content`, dropped);
	if (prompt.every(({ role }) => role === 'system')) {
		prompt.push(
			...texts.map(({ type: _, text, ...options }) => ({ role: 'system' as const, content: text, ...options })),
		);
		return;
	}
	// Most providers take instructions at the start only: later ones keep their place, as the user's words.
	dropped.push(`${path}.role`);
	if (texts.length > 0) prompt.push({ role: 'user', content: texts });
}

function addToolResult(message: JsonObject, path: string, { dropped, prompt, toolNames }: Context): void {
	const toolCallId = nameAt(message['tool_call_id'], `${path}.tool_call_id`);
	const toolName = toolNames.get(toolCallId);
	if (toolName === undefined) {
		refuse(toolCallId, `${path}.tool_call_id`, 'the id of a tool call in a message before it');
	}
	const texts = decodeTexts(message['content'], `${path}.content`, dropped);
	const result: LanguageModelV4ToolResultPart = {
		type: 'tool-result',
		toolCallId,
		toolName,
		output: { type: 'text', value: texts.map(({ text }) => text).join('') },
	};
	const last = prompt.at(-1);
	if (last?.role === 'tool') last.content.push(result);
	else prompt.push({ role: 'tool', content: [result] });
}

function addMessage(message: JsonObject, path: string, context: Context): void {
	const { role } = message;
	if (role === 'system' || role === 'developer') addSystem(message, path, context);
	else if (role === 'user') {
		context.prompt.push({ role, content: decodeUserContent(message['content'], `${path}.content`, context.dropped) });
	} else if (role === 'assistant') context.prompt.push(decodeAssistant(message, path, context));
	else if (role === 'tool') addToolResult(message, path, context);
	else refuse(role, `${path}.role`, 'system, developer, user, assistant or tool');
	if (message['name'] !== undefined && message['name'] !== null && role !== 'tool')
		context.dropped.push(`${path}.name`);
}

/** The messages in the neutral form; what it cannot carry is added to `dropped`. @throws InvalidInputError naming the field */
function decodeMessages(messages: readonly JsonObject[], dropped: string[]): LanguageModelV4Prompt {
	const context: Context = { dropped, toolNames: new Map(), prompt: [] };
	for (const [index, message] of messages.entries()) addMessage(message, `messages[${index}]`, context);
	return context.prompt;
}

/** Reasoning with its signatures where the message still has them, else its text alone. */
function reasoningOf(message: JsonObject, path: string): LanguageModelV4ReasoningPart[] {
	const signed = objectsIn(message['reasoning_details']).flatMap((detail): LanguageModelV4ReasoningPart[] => {
		const metadata = unsealMetadata(detail['signature']);
		const text = typeof detail['text'] === 'string' ? detail['text'] : '';
		return metadata === null ? [] : [{ type: 'reasoning', text, providerOptions: metadata }];
	});
	if (signed.length > 0) return signed;
	const text = optional(message['reasoning_content'] ?? message['reasoning'], `${path}.reasoning_content`, textAt);
	return text === undefined || text === '' ? [] : [{ type: 'reasoning', text }];
}

function toolCallOf(call: JsonObject, path: string): LanguageModelV4ToolCallPart {
	const toolCallId = nameAt(call['id'], `${path}.id`);
	if (call['type'] === 'custom') {
		const custom = objectAt(call['custom'], `${path}.custom`);
		const input = textAt(custom['input'], `${path}.custom.input`);
		return { type: 'tool-call', toolCallId, toolName: nameAt(custom['name'], `${path}.custom.name`), input: { input } };
	}
	const called = objectAt(call['function'], `${path}.function`);
	return {
		type: 'tool-call',
		toolCallId,
		toolName: nameAt(called['name'], `${path}.function.name`),
		input: parseToolInput(textAt(called['arguments'], `${path}.function.arguments`)),
		...decodeThoughtSignature(call),
	};
}

/** Text and refusal are both what the model said. */
function textsOf(message: JsonObject, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	const { content } = message;
	const said = Array.isArray(content)
		? content.map((part) => (part?.type === 'refusal' ? { type: 'text', text: part.refusal } : part))
		: content;
	const refusal = optional(message['refusal'], `${path}.refusal`, textAt);
	const refused: LanguageModelV4TextPart[] = refusal === undefined ? [] : [{ type: 'text', text: refusal }];
	return [...decodeTexts(said, `${path}.content`, dropped), ...refused];
}

/** An assistant's message. `toolNames` learns the names of its calls, which results need. */
function decodeAssistant(
	message: JsonObject,
	path: string,
	{ dropped, toolNames }: { dropped: string[]; toolNames: Map<string, string> },
): LanguageModelV4Message {
	if (message['function_call'] !== undefined && message['function_call'] !== null) {
		refuse(
			message['function_call'],
			`${path}.function_call`,
			'absent: say tool_calls where another provider may answer',
		);
	}
	const calls = optional(message['tool_calls'], `${path}.tool_calls`, objectsAt) ?? [];
	const toolCalls = calls.map((call, index) => toolCallOf(call, `${path}.tool_calls[${index}]`));
	for (const call of toolCalls) toolNames.set(call.toolCallId, call.toolName);
	if (message['audio'] !== undefined && message['audio'] !== null) dropped.push(`${path}.audio`);
	return {
		role: 'assistant',
		content: [...reasoningOf(message, path), ...textsOf(message, path, dropped), ...toolCalls],
	};
}

const AUDIO_TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav' };

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

/** A cache mark that stands on a part, as OpenAI-compatible clients write it for Anthropic's models. */
function cacheMarkOf(part: JsonObject): { providerOptions?: SharedV4ProviderOptions } {
	const mark = part['cache_control'];
	if (!isObject(mark) || typeof mark['type'] !== 'string') return {};
	const ttl = typeof mark['ttl'] === 'string' ? { ttl: mark['ttl'] } : {};
	return { providerOptions: { anthropic: { cacheControl: { type: mark['type'], ...ttl } } } };
}

function imageOf(part: JsonObject, path: string): Part {
	const image = objectAt(part['image_url'], `${path}.image_url`);
	const file = parseFileUrl(nameAt(image['url'], `${path}.image_url.url`), 'image', `${path}.image_url.url`);
	const detail = optional(image['detail'], `${path}.image_url.detail`, textAt);
	return {
		type: 'file',
		...file,
		...(detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } }),
	};
}

function audioOf(part: JsonObject, path: string): Part {
	const audio = objectAt(part['input_audio'], `${path}.input_audio`);
	const format = textAt(audio['format'], `${path}.input_audio.format`);
	const data = textAt(audio['data'], `${path}.input_audio.data`);
	return { type: 'file', mediaType: AUDIO_TYPES[format] ?? `audio/${format}`, data: { type: 'data', data } };
}

function fileDataOf(file: JsonObject, path: string): NeutralFile {
	const id = optional(file['file_id'], `${path}.file_id`, nameAt);
	if (id !== undefined) return { data: { type: 'reference', reference: { openai: id } }, mediaType: 'application/pdf' };
	const data = nameAt(file['file_data'], `${path}.file_data`);
	if (data.startsWith('data:')) return parseFileUrl(data, 'application/pdf', `${path}.file_data`);
	return { data: { type: 'data', data }, mediaType: 'application/pdf' };
}

function fileOf(part: JsonObject, path: string): Part {
	const file = objectAt(part['file'], `${path}.file`);
	const filename = optional(file['filename'], `${path}.file.filename`, textAt);
	return { type: 'file', ...fileDataOf(file, `${path}.file`), ...(filename === undefined ? {} : { filename }) };
}

const READERS: Readonly<Record<string, (part: JsonObject, path: string) => Part>> = {
	text: (part, path) => ({ type: 'text', text: textAt(part['text'], `${path}.text`) }),
	image_url: imageOf,
	input_audio: audioOf,
	file: fileOf,
};

/** A user message's content; parts the neutral form does not know are added to `dropped`. */
function decodeUserContent(content: unknown, path: string, dropped: string[]): Part[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index) => {
		const at = `${path}[${index}]`;
		const read = READERS[String(part['type'])];
		if (read === undefined) {
			dropped.push(at);
			return [];
		}
		const decoded = read(part, at);
		const mark = cacheMarkOf(part).providerOptions;
		return [mark === undefined ? decoded : { ...decoded, providerOptions: { ...decoded.providerOptions, ...mark } }];
	});
}

/** The texts of a content that holds text only, with their cache marks; other parts are added to `dropped`. */
function decodeTexts(content: unknown, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	if (content === undefined || content === null || content === '') return [];
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index): LanguageModelV4TextPart[] => {
		const at = `${path}[${index}]`;
		if (part['type'] === 'text')
			return [{ type: 'text', text: textAt(part['text'], `${at}.text`), ...cacheMarkOf(part) }];
		dropped.push(at);
		return [];
	});
}
