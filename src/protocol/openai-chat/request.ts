import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FilePart,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolCallPart,
	LanguageModelV4ToolResultOutput,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { ConversationMessage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, objectsIn, toObject, withoutUndefined } from '../shared/body-fields.ts';
import type { DecodedRequest, RequestChange, WireRequest } from '../shared/caller-format.ts';
import { placeFile } from '../shared/file-places.ts';
import { editJson, type JsonEdit, type JsonText, removeMembers, setJsonMembers } from '../shared/json-splice.ts';
import { readFileUrl } from '../shared/media.ts';
import { mergeProviderOptions, parseToolInput } from '../shared/neutral-form.ts';
import {
	createOpenAiFields,
	decodeOpenAiResponseFormat,
	decodeOpenAiToolChoice,
	decodeOpenAiTools,
	decodeParallelToolCalls,
	decodeReasoningEffort,
	getDroppedPaths,
	getOpenAiSession,
	type NeutralOptions,
	OpenAiPrompt,
	type PlainValues,
	readOpenAiCapabilities,
	readOpenAiFile,
	toImagePart,
} from '../shared/openai.ts';
import {
	decodeThoughtSignature,
	isSealed,
	isSignature,
	removeSealedSignature,
	unsealMetadata,
} from '../shared/reasoning-seal.ts';
import { ToolIds } from '../shared/tool-ids.ts';

/** Fields that `readOpenAiChatRequest` reads for the gateway. */
const READ_BY_GATEWAY = ['model', 'stream', 'stream_options', 'max_completion_tokens', 'max_tokens'] as const;

/** Fields whose plain value asks for nothing. */
const PLAIN: PlainValues = {
	n: (value) => value === 1,
	logprobs: (value) => value === false,
	store: (value) => value === false,
	modalities: (value) => Array.isArray(value) && value.every((kind) => kind === 'text'),
	service_tier: (value) => value === 'auto' || value === 'default',
};

/** A chat completion request in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiChatRequest(json: JsonObject): DecodedRequest {
	const body = createOpenAiFields(json);
	const dropped: string[] = [];
	const format = body.object('response_format');
	const responseFormat = decodeOpenAiResponseFormat(format, format?.object('json_schema'));
	const options: LanguageModelV4CallOptions = {
		prompt: decodeMessages(body, dropped),
		...decodeSampling(body),
		...decodeOpenAiToolChoice(
			body,
			decodeOpenAiTools(body.objects('tools'), (tool, type) => tool.requireObject(type), dropped),
		),
		...responseFormat,
		...decodeReasoningEffort(body, 'reasoning_effort', dropped),
		providerOptions: mergeProviderOptions(responseFormat.providerOptions, decodeParallelToolCalls(body)),
	};
	for (const name of READ_BY_GATEWAY) body.get(name);
	return { options, dropped: [...getDroppedPaths(body, PLAIN), ...dropped] };
}

function decodeSampling(body: BodyFields): NeutralOptions {
	const stop = body.get('stop');
	return withoutUndefined({
		maxOutputTokens: readOpenAiChatRequest(body.value).maxOutputTokens ?? undefined,
		temperature: body.number('temperature'),
		topP: body.number('top_p'),
		topK: body.number('top_k'),
		presencePenalty: body.number('presence_penalty'),
		frequencyPenalty: body.number('frequency_penalty'),
		seed: body.number('seed'),
		stopSequences: typeof stop === 'string' ? [stop] : body.strings('stop'),
	});
}

function decodeMessages(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	const prompt = new OpenAiPrompt(dropped);
	for (const message of body.requireObjects('messages')) addMessage(message, prompt);
	return prompt.messages;
}

function addMessage(message: BodyFields, prompt: OpenAiPrompt): void {
	const { dropped, messages } = prompt;
	const role = message.get('role');
	if (role === 'system' || role === 'developer') prompt.addInstructions(decodeTexts(message, dropped));
	else if (role === 'user') messages.push({ role, content: decodeUserContent(message, dropped) });
	else if (role === 'assistant') messages.push(decodeAssistant(message, prompt));
	else if (role === 'tool') prompt.addToolResult(message, 'tool_call_id', decodeToolOutput(message, dropped));
	else throw message.invalid('role', 'system, developer, user, assistant or tool');
	if (message.get('name') !== undefined && role !== 'tool') dropped.push(message.pathOf('name'));
}

/** What a tool returned: a text, or texts and pictures. */
function decodeToolOutput(message: BodyFields, dropped: string[]): LanguageModelV4ToolResultOutput {
	if (typeof (message.get('content') ?? '') === 'string')
		return { type: 'text', value: message.string('content') ?? '' };
	const value = decodeUserContent(message, dropped);
	const texts = value.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	return texts.length === value.length ? { type: 'text', value: texts.join('') } : { type: 'content', value };
}

/** An assistant's message; the names of its calls are kept for their results. */
function decodeAssistant(message: BodyFields, prompt: OpenAiPrompt): LanguageModelV4Message {
	if (message.get('function_call') !== undefined)
		throw message.invalid('function_call', 'absent: say tool_calls where another provider may answer');
	const toolCalls = message.objects('tool_calls').map(decodeToolCall);
	for (const { toolCallId, toolName } of toolCalls) prompt.nameCall(toolCallId, toolName);
	if (message.get('audio') !== undefined) prompt.dropped.push(message.pathOf('audio'));
	const refusal = message.string('refusal');
	const refused: LanguageModelV4TextPart[] = refusal === undefined ? [] : [{ type: 'text', text: refusal }];
	const content = [...decodeReasoning(message), ...decodeTexts(message, prompt.dropped), ...refused, ...toolCalls];
	return { role: 'assistant', content };
}

/** Reasoning with its signatures where the message still has them, else its text alone. */
function decodeReasoning(message: BodyFields): LanguageModelV4ReasoningPart[] {
	const signed = objectsIn(message.get('reasoning_details')).flatMap((detail): LanguageModelV4ReasoningPart[] => {
		const metadata = unsealMetadata(detail['signature']);
		const text = typeof detail['text'] === 'string' ? detail['text'] : '';
		return metadata === null ? [] : [{ type: 'reasoning', text, providerOptions: metadata }];
	});
	if (signed.length > 0) return signed;
	const text = message.string('reasoning_content') ?? message.string('reasoning') ?? '';
	return text === '' ? [] : [{ type: 'reasoning', text }];
}

function decodeToolCall(call: BodyFields): LanguageModelV4ToolCallPart {
	// what other servers answered comes back: calls without an id, or without arguments where the tool has none
	const toolCallId = call.string('id') ?? '';
	if (call.get('type') === 'custom') {
		const custom = call.requireObject('custom');
		const input = { input: custom.requireString('input') };
		return { type: 'tool-call', toolCallId, toolName: custom.requireName('name'), input };
	}
	const called = call.requireObject('function');
	const input = parseToolInput(called.string('arguments') ?? '');
	const toolName = called.requireName('name');
	return { type: 'tool-call', toolCallId, toolName, input, ...decodeThoughtSignature(call.value) };
}

/** The arguments of all calls in a request. */
export function listOpenAiChatArguments({ messages }: JsonObject): string[] {
	const calls = objectsIn(messages).flatMap((message) => objectsIn(message['tool_calls']));
	return calls.map((call) => toObject(call['function'])['arguments']).filter((input) => typeof input === 'string');
}

/** A cache breakpoint on a part, as OpenAI-compatible clients write it for Anthropic's models. */
function decodeCacheControl(part: BodyFields): { providerOptions?: SharedV4ProviderOptions } {
	const control = part.get('cache_control');
	if (!isObject(control) || typeof control['type'] !== 'string') return {};
	const ttl = typeof control['ttl'] === 'string' ? { ttl: control['ttl'] } : {};
	return { providerOptions: { anthropic: { cacheControl: { type: control['type'], ...ttl } } } };
}

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

const AUDIO_TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg', wav: 'audio/wav' };

const PART_DECODERS: ReadonlyMap<unknown, (part: BodyFields) => Part> = new Map(
	Object.entries<(part: BodyFields) => Part>({
		text: (part) => ({ type: 'text', text: part.requireString('text') }),
		image_url(part) {
			// Mistral's clients write the address alone
			if (typeof part.get('image_url') === 'string')
				return toImagePart(readFileUrl(part, 'image_url', 'image'), undefined);
			const image = part.requireObject('image_url');
			return toImagePart(readFileUrl(image, 'url', 'image'), image.string('detail'));
		},
		input_audio(part) {
			const audio = part.requireObject('input_audio');
			const format = audio.requireString('format');
			const data = audio.requireString('data');
			const mediaType = AUDIO_TYPES[format] ?? `audio/${format}`;
			return { type: 'file', ...placeFile({ mediaType, data: { type: 'data', data } }, audio) };
		},
		file(part) {
			const file = part.requireObject('file');
			return { type: 'file', ...readOpenAiFile(file), ...withoutUndefined({ filename: file.string('filename') }) };
		},
	}),
);

/** A user message's content; parts the neutral form does not know are added to `dropped`. */
function decodeUserContent(message: BodyFields, dropped: string[]): Part[] {
	return message.blocks('content').flatMap((block) => {
		const part = PART_DECODERS.get(block.get('type'))?.(block);
		if (part === undefined) {
			dropped.push(block.path);
			return [];
		}
		const { providerOptions } = decodeCacheControl(block);
		if (providerOptions === undefined) return [part];
		return [{ ...part, providerOptions: { ...part.providerOptions, ...providerOptions } }];
	});
}

/** The texts of a content that holds text only, with their cache breakpoints; other parts are added to `dropped`. */
function decodeTexts(message: BodyFields, dropped: string[]): LanguageModelV4TextPart[] {
	const content = message.get('content');
	if (content === undefined || content === '') return [];
	return message.blocks('content').flatMap((block): LanguageModelV4TextPart[] => {
		const member = block.get('type') === 'refusal' ? 'refusal' : 'text';
		if (block.get('type') === member)
			return [{ type: 'text', text: block.requireString(member), ...decodeCacheControl(block) }];
		dropped.push(block.path);
		return [];
	});
}

/** Names of the output limit, the current one first. */
const LIMIT_FIELDS = ['max_completion_tokens', 'max_tokens'] as const;

function hasImage(messages: readonly JsonObject[]): boolean {
	return messages.some(({ content }) => objectsIn(content).some((part) => part['type'] === 'image_url'));
}

function isSigned(message: JsonObject): boolean {
	return objectsIn(message['reasoning_details']).some(
		({ signature, data }) => isSignature(signature) || isSignature(data),
	);
}

/** What routing and money need of a chat completion request. @throws InvalidInputError naming the field */
export function readOpenAiChatRequest(body: JsonObject): WireRequest {
	const fields = createOpenAiFields(body);
	const messages = fields.requireObjects('messages').map(({ value }) => value);
	const limits = LIMIT_FIELDS.map((name) => fields.positiveCount(name) ?? 0);
	return {
		model: fields.requireName('model'),
		isStream: fields.boolean('stream') ?? false,
		conversation: {
			// every member is an object; whatever its members are, the reader of a conversation looks before it takes
			messages: messages as readonly ConversationMessage[],
			...(Array.isArray(body['tools']) ? { tools: body['tools'] } : {}),
		},
		// servers disagree on which of two limits holds: money is reserved for the larger
		maxOutputTokens: Math.max(...limits) || null,
		requiredCapabilities: readOpenAiCapabilities({
			tools: objectsIn(body['tools']).length > 0 ? body['tools'] : body['functions'],
			format: body['response_format'],
			effort: body['reasoning_effort'],
			hasImage: hasImage(messages),
		}),
		answerCount: fields.positiveCount('n') ?? 1,
		wantsUsage: fields.object('stream_options')?.get('include_usage') === true,
		session: getOpenAiSession(body),
		boundToModel: messages.some(isSigned),
	};
}

/**
 * The same bytes but for the model, the limit (in the field that the caller used), the usage that is asked for, and what
 * `findHistoryEdits` says of the conversation.
 */
export function spliceOpenAiChatRequest(text: JsonText, body: JsonObject, change: RequestChange): JsonText {
	const used = LIMIT_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
	const limits = used.length > 0 ? used : LIMIT_FIELDS.slice(0, 1);
	const addsUsage = change.includeUsage === true && toObject(body['stream_options'])['include_usage'] !== true;
	const set = setJsonMembers(
		{ model: change.model, ...Object.fromEntries(limits.map((name) => [name, change.maxOutputTokens])) },
		addsUsage ? { stream_options: { include_usage: true } } : {},
	);
	return editJson(text, [...findHistoryEdits(body, change), set]);
}

const TRANSLATED_REASONING: ReadonlySet<string> = new Set(['reasoning_content', 'reasoning_details']);

/**
 * The edits that take out of a conversation what was translated here (many servers of this format refuse members they do
 * not know, and none can read another's reasoning), and give tool calls ids that the server takes. What a server of this
 * format wrote itself stays: some refuse a conversation without it.
 */
function findHistoryEdits(body: JsonObject, { onDropped, toolIds = null }: RequestChange): JsonEdit[] {
	const ids = new ToolIds(toolIds);
	const messages = Array.isArray(body['messages']) ? body['messages'] : [];
	return messages.flatMap((member: unknown, index): JsonEdit[] => {
		const message = toObject(member);
		const path = ['messages', index] as const;
		const isTranslated = objectsIn(message['reasoning_details']).some(({ signature }) => isSealed(signature));
		if (isTranslated) onDropped?.('reasoning');
		const { tool_call_id: resultId, tool_calls: calls } = message;
		if (message['role'] === 'assistant') ids.endTurn();
		return [
			...(isTranslated ? [removeMembers(path, TRANSLATED_REASONING)] : []),
			...ids.editResult([...path, 'tool_call_id'], resultId),
			...(Array.isArray(calls) ? calls : []).flatMap((call: unknown, at): JsonEdit[] => {
				const { id, extra_content: extra } = toObject(call);
				const callPath = [...path, 'tool_calls', at];
				return [...ids.editCall([...callPath, 'id'], id), ...removeSealedSignature(callPath, extra)];
			}),
		];
	});
}
