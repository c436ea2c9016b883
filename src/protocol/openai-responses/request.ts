import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FilePart,
	LanguageModelV4Prompt,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
} from '@ai-sdk/provider';
import type { ConversationMessage } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, isItemReference, objectsIn, toObject, withoutUndefined } from '../shared/body-fields.ts';
import type { DecodedRequest, RequestChange, WireRequest } from '../shared/caller-format.ts';
import { placeFile } from '../shared/file-places.ts';
import { editJson, type JsonEdit, type JsonText, removeMembers, setJsonMembers } from '../shared/json-splice.ts';
import { readFileUrl } from '../shared/media.ts';
import { appendMessage, mergeProviderOptions, parseToolInput, providerOptionsFor } from '../shared/neutral-form.ts';
import {
	createOpenAiFields,
	decodeOpenAiResponseFormat,
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
import { describeToolResult, describeToolUse } from '../shared/tool-text.ts';
import { decodeTools, listTools, toFlatName } from './tools.ts';

/** Fields that the gateway reads or, as `metadata`, the answer repeats. */
const READ_BY_GATEWAY = ['model', 'stream', 'stream_options', 'max_output_tokens', 'metadata'] as const;

/** Fields whose plain value asks for nothing. */
const PLAIN: PlainValues = {
	background: (value) => value === false,
	store: (value) => value === false,
	top_logprobs: (value) => value === 0,
	truncation: (value) => value === 'disabled',
	service_tier: (value) => value === 'auto' || value === 'default',
	include: (value) => Array.isArray(value) && value.every((name) => name === 'reasoning.encrypted_content'),
};

/** A request for a response in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiResponsesRequest(json: JsonObject): DecodedRequest {
	const body = createOpenAiFields(json);
	const dropped: string[] = [];
	const text = decodeText(body, dropped);
	const reasoning = decodeReasoningSettings(body, dropped);
	const options: LanguageModelV4CallOptions = {
		prompt: decodeItems(body, dropped),
		...withoutUndefined({
			maxOutputTokens: readOpenAiResponsesRequest(json).maxOutputTokens ?? undefined,
			temperature: body.number('temperature'),
			topP: body.number('top_p'),
		}),
		...decodeTools(body, readInputItems(body), dropped),
		...text,
		...reasoning,
		providerOptions: mergeProviderOptions(
			text.providerOptions,
			reasoning.providerOptions,
			decodeParallelToolCalls(body),
			providerOptionsFor('openai', { maxToolCalls: body.positiveCount('max_tool_calls') }).providerOptions,
		),
	};
	for (const name of READ_BY_GATEWAY) body.get(name);
	return { options, dropped: [...getDroppedPaths(body, PLAIN), ...dropped] };
}

function decodeText(body: BodyFields, dropped: string[]): NeutralOptions {
	const text = body.object('text');
	const format = text?.object('format');
	if (text !== undefined) dropped.push(...getDroppedPaths(text, { verbosity: (value) => value === 'medium' }));
	return decodeOpenAiResponseFormat(format, format);
}

function decodeReasoningSettings(body: BodyFields, dropped: string[]): NeutralOptions {
	const reasoning = body.object('reasoning');
	const effort = decodeReasoningEffort(reasoning, 'effort', dropped);
	const summary = reasoning?.string('summary');
	dropped.push(...(reasoning?.unreadPaths() ?? []));
	return { ...effort, ...providerOptionsFor('openai', { reasoningSummary: summary }) };
}

const ITEM_DECODERS: ReadonlyMap<unknown, (item: BodyFields, prompt: OpenAiPrompt) => void> = new Map(
	Object.entries({
		message: addMessage,
		function_call: addCall,
		custom_tool_call: addCall,
		function_call_output: addToolResult,
		custom_tool_call_output: addToolResult,
		reasoning: addReasoning,
		agent_message: addAgentMessage,
		item_reference: refuseReference,
		// read with the tools
		additional_tools: () => {},
	}),
);

/** Instructions and input; items no other provider knows are added to `dropped`. */
function decodeItems(body: BodyFields, dropped: string[]): LanguageModelV4Prompt {
	assertNotHeld(body);
	const prompt = new OpenAiPrompt(dropped);
	const instructions = body.string('instructions') ?? '';
	if (instructions !== '') prompt.messages.push({ role: 'system', content: instructions });
	for (const item of readInputItems(body)) {
		const type = isItemReference(item.value) ? 'item_reference' : item.get('type');
		const decode = ITEM_DECODERS.get(type ?? 'message') ?? addForeignItem;
		decode(item, prompt);
	}
	return prompt.messages;
}

/** What only OpenAI has: an answer without it would be an answer to something else. @throws InvalidInputError naming it */
function assertNotHeld(body: BodyFields): void {
	const name = HELD_BY_PROVIDER.find((each) => body.get(each) !== undefined);
	if (name === undefined) return;
	throw new InvalidInputError(
		`${name} names what is held at OpenAI, and this model is not served there. Send the whole conversation in input with "store": false, or ask for the model that answered before.`,
	);
}

/** How the ids begin and go on that responses get here when they are translated; OpenAI's are longer, those of others random. */
const OWN_RESPONSE = /^resp_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/;

/** The id of the earlier response. @throws InvalidInputError for one that no provider holds, as it was made here of another's */
function readPreviousResponse(body: BodyFields): string | undefined {
	const id = body.name('previous_response_id');
	if (id === undefined || !OWN_RESPONSE.test(id)) return id;
	throw new InvalidInputError(
		'previous_response_id names an answer of a model that holds no answers. Send the whole conversation in input with "store": false.',
	);
}

/** True for the id of an item that was made here of another provider's answer, and that OpenAI does not hold. */
function isOwnId(id: unknown): boolean {
	return typeof id === 'string' && /_[0-9a-f]{32}_\d+$/.test(id);
}

/** @throws InvalidInputError for an item that is named and not sent */
function refuseReference(item: BodyFields): never {
	throw new InvalidInputError(
		`${item.path} is an item_reference, and the item is not held where this is answered. Send the item itself: with "store": false, clients do.`,
	);
}

function addMessage(item: BodyFields, prompt: OpenAiPrompt): void {
	const { dropped, messages } = prompt;
	const role = item.get('role');
	if (role === 'system' || role === 'developer') prompt.addInstructions(decodeTexts(item, dropped));
	// the items of one turn make one message
	else if (role === 'assistant') appendMessage(messages, { role, content: decodeTexts(item, dropped) });
	else if (role === 'user') messages.push({ role, content: decodeContent(item, 'content', dropped) });
	else throw item.invalid('role', 'system, developer, user or assistant');
}

function addCall(item: BodyFields, prompt: OpenAiPrompt): void {
	const toolCallId = item.requireName('call_id');
	const toolName = toFlatName(item.get('namespace'), item.requireName('name'));
	prompt.nameCall(toolCallId, toolName);
	const input =
		item.get('type') === 'custom_tool_call'
			? { input: item.requireString('input') }
			: parseToolInput(item.requireString('arguments'));
	const signature = decodeThoughtSignature(item.value);
	const content = [{ type: 'tool-call' as const, toolCallId, toolName, input, ...signature }];
	appendMessage(prompt.messages, { role: 'assistant', content });
}

function addToolResult(item: BodyFields, prompt: OpenAiPrompt): void {
	prompt.addToolResult(item, 'call_id', decodeToolOutput(item, prompt.dropped));
}

/** Reasoning with its signature where it was sealed here. What OpenAI encrypted, no other provider can read. */
function addReasoning(item: BodyFields, { dropped, messages }: OpenAiPrompt): void {
	const texts = [...objectsIn(item.get('summary')), ...objectsIn(item.get('content'))].map(({ text }) => text);
	const text = texts.filter((part) => typeof part === 'string').join('\n\n');
	const encrypted = item.get('encrypted_content');
	const metadata = unsealMetadata(encrypted);
	if (metadata === null && isSignature(encrypted)) dropped.push(item.pathOf('encrypted_content'));
	if (metadata === null && text === '') return;
	const signature = metadata === null ? {} : { providerOptions: metadata };
	appendMessage(messages, { role: 'assistant', content: [{ type: 'reasoning', text, ...signature }] });
}

/** What another agent wrote (Codex), in words; what of it OpenAI encrypted, no other provider can read. */
function addAgentMessage(item: BodyFields, { dropped, messages }: OpenAiPrompt): void {
	const { author, content, recipient } = item.value;
	const parts = objectsIn(content);
	const texts = parts.flatMap(({ text }) => (typeof text === 'string' && text !== '' ? [text] : []));
	if (texts.length < parts.length || parts.length === 0) dropped.push(item.path);
	if (texts.length === 0) return;
	const names = [author, recipient].map((name) => (typeof name === 'string' ? name : 'another agent'));
	const text = `Message from ${names[0]} to ${names[1]}:\n${texts.join('\n')}`;
	appendMessage(messages, { role: 'user', content: [{ type: 'text', text }] });
}

/** Members of an item that say nothing of what was done. */
const ITEM_FRAME: ReadonlySet<string> = new Set(['type', 'id', 'call_id', 'status']);

/** The work of a tool that only OpenAI has, or that its caller runs for it, as text; any other item is dropped. */
function addForeignItem(item: BodyFields, { dropped, messages }: OpenAiPrompt): void {
	const type = item.string('type') ?? '';
	const [, name, isOutput] = /^(.+)_call(_output)?$/.exec(type) ?? [];
	if (name === undefined) {
		dropped.push(item.path);
		return;
	}
	const { output: result, outputs = result, results = outputs, ...members } = item.value;
	const used = Object.fromEntries(Object.entries(members).filter(([member]) => !ITEM_FRAME.has(member)));
	const toText = (text: string) => ({ type: 'text' as const, text });
	if (isOutput !== undefined) {
		const files = objectsIn([result]).filter(({ image_url }) => typeof image_url === 'string');
		const pictures = files.map((file) => readFileUrl(createOpenAiFields(file), 'image_url', 'image'));
		const content = [toText(describeToolResult(name, pictures.length > 0 ? 'a picture' : result))];
		appendMessage(messages, {
			role: 'user',
			content: [...content, ...pictures.map((file) => toImagePart(file, undefined))],
		});
		return;
	}
	const { result: picture, ...drawn } = used;
	if (name === 'image_generation' && typeof picture === 'string') {
		const mediaType = `image/${typeof drawn['output_format'] === 'string' ? drawn['output_format'] : 'png'}`;
		const file = { type: 'file' as const, mediaType, data: { type: 'data' as const, data: picture } };
		appendMessage(messages, { role: 'assistant', content: [toText(describeToolUse(name, drawn))] });
		// what a model drew itself no other provider takes among its words
		appendMessage(messages, { role: 'user', content: [toText(describeToolResult(name, 'a picture')), file] });
		return;
	}
	const tool = typeof members['name'] === 'string' ? members['name'] : name;
	const returned = results === undefined || results === null ? [] : [toText(describeToolResult(tool, results))];
	appendMessage(messages, { role: 'assistant', content: [toText(describeToolUse(tool, used)), ...returned] });
}

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

function decodeTextPart(part: BodyFields): Part {
	return { type: 'text', text: part.requireString('text') };
}

const PART_DECODERS: ReadonlyMap<unknown, (part: BodyFields) => Part> = new Map(
	Object.entries<(part: BodyFields) => Part>({
		input_text: decodeTextPart,
		output_text: decodeTextPart,
		text: decodeTextPart,
		refusal: (part) => ({ type: 'text', text: part.requireString('refusal') }),
		input_image(part) {
			const id = part.name('file_id');
			const file =
				id === undefined
					? readFileUrl(part, 'image_url', 'image')
					: placeFile({ data: { type: 'reference', reference: { openai: id } }, mediaType: 'image' }, part);
			return toImagePart(file, part.string('detail'));
		},
		input_file: (part) => ({
			type: 'file',
			...readOpenAiFile(part),
			...withoutUndefined({ filename: part.string('filename') }),
		}),
	}),
);

/** The content of a message or of a tool's output; parts the neutral form does not know are added to `dropped`. */
function decodeContent(item: BodyFields, name: 'content' | 'output', dropped: string[]): Part[] {
	return item.blocks(name).flatMap((block) => {
		const part = PART_DECODERS.get(block.get('type'))?.(block);
		if (part === undefined) dropped.push(block.path);
		return part ?? [];
	});
}

/** The texts of a content that holds text only; other parts are dropped. */
function decodeTexts(item: BodyFields, dropped: string[]): LanguageModelV4TextPart[] {
	return decodeContent(item, 'content', dropped).flatMap((part) => {
		if (part.type === 'text') return [part];
		dropped.push(item.pathOf('content'));
		return [];
	});
}

function decodeToolOutput(item: BodyFields, dropped: string[]): LanguageModelV4ToolResultOutput {
	const parts = decodeContent(item, 'output', dropped);
	const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	return texts.length === parts.length ? { type: 'text', value: texts.join('') } : { type: 'content', value: parts };
}

/** Fields that stand for a conversation, a prompt or an answer that the provider holds. */
const HELD_BY_PROVIDER = ['previous_response_id', 'conversation', 'prompt'] as const;

function isHeldByProvider(body: BodyFields): boolean {
	return HELD_BY_PROVIDER.some((name) => body.get(name) !== undefined);
}

/** The items of `input`; a text is one user message. @throws InvalidInputError */
function readInputItems(body: BodyFields): BodyFields[] {
	const input = body.get('input');
	if (typeof input === 'string') {
		const message = { type: 'message', role: 'user', content: input };
		return createOpenAiFields({ input: [message] }).objects('input');
	}
	if (Array.isArray(input)) return body.objects('input');
	if (input === undefined && isHeldByProvider(body)) return [];
	throw body.invalid('input', 'a text or a list of items');
}

/** An item as a message of a conversation; shares the item's objects. */
function toMessage({ value }: BodyFields): ConversationMessage {
	// a reader of a conversation looks before it takes
	if (typeof value['role'] === 'string') return value as ConversationMessage;
	if ('output' in value) return { role: 'tool', content: value['output'] };
	return { role: 'assistant', content: [value] };
}

function hasImage({ value: { content, output } }: BodyFields): boolean {
	return [...objectsIn(content), ...objectsIn(output)].some(({ type }) => type === 'input_image');
}

function isBound({ value }: BodyFields): boolean {
	const parts = value['type'] === 'agent_message' ? objectsIn(value['content']) : [];
	return isItemReference(value) || [value, ...parts].some(({ encrypted_content: encrypted }) => isSignature(encrypted));
}

function getSession(body: JsonObject): string | null {
	const { conversation } = body;
	const id = isObject(conversation) ? conversation['id'] : conversation;
	return typeof id === 'string' && id !== '' ? id : getOpenAiSession(body);
}

/** What routing and money need of a request for a response. @throws InvalidInputError naming the field */
export function readOpenAiResponsesRequest(json: JsonObject): WireRequest {
	const body = createOpenAiFields(json);
	// it would be answered, and billed, when nobody here waits for it any more
	if (body.get('background') === true) throw body.invalid('background', 'false: here an answer is waited for');
	const items = readInputItems(body);
	for (const item of items) if (isItemReference(item.value) && isOwnId(item.get('id'))) refuseReference(item);
	const previousResponse = readPreviousResponse(body);
	const instructions = body.get('instructions');
	const tools = listTools(json).map(({ tool }) => tool);
	return {
		model: body.requireName('model'),
		isStream: body.boolean('stream') ?? false,
		conversation: {
			...(instructions === undefined ? {} : { system: instructions }),
			messages: items.map(toMessage),
			...(tools.length > 0 ? { tools } : {}),
		},
		maxOutputTokens: body.positiveCount('max_output_tokens') ?? null,
		requiredCapabilities: readOpenAiCapabilities({
			tools,
			format: toObject(json['text'])['format'],
			effort: toObject(json['reasoning'])['effort'],
			hasImage: items.some(hasImage),
		}),
		answerCount: 1,
		wantsUsage: true,
		session: getSession(json),
		boundToModel: isHeldByProvider(body) || items.some(isBound),
		...(isHeldByProvider(body) ? { isHeld: true } : {}),
		...(previousResponse === undefined ? {} : { previousResponse }),
		...(tools.some(({ type }) => String(type).startsWith('web_search')) ? { searchesWeb: true } : {}),
	};
}

/**
 * The same bytes but for the model, the limit, and what `findHistoryEdits` says of the conversation. Usage is always part of
 * the stream.
 */
export function spliceOpenAiResponsesRequest(text: JsonText, body: JsonObject, change: RequestChange): JsonText {
	const set = setJsonMembers({ model: change.model, max_output_tokens: change.maxOutputTokens });
	return editJson(text, [...findHistoryEdits(body, change), set]);
}

/**
 * The edits that take out of a conversation what was translated here (OpenAI refuses reasoning it did not encrypt and
 * members it does not know), and give tool calls ids that it takes.
 */
function findHistoryEdits(body: JsonObject, { onDropped, toolIds = null }: RequestChange): JsonEdit[] {
	const ids = new ToolIds(toolIds);
	const leftOut = new Set<number>();
	const input = Array.isArray(body['input']) ? body['input'] : [];
	const edits = input.flatMap((member: unknown, index): JsonEdit[] => {
		const item = toObject(member);
		const { call_id: id, extra_content: extra, type } = item;
		if (type === 'reasoning' && isSealed(item['encrypted_content'])) {
			leftOut.add(index);
			onDropped?.('reasoning');
			return [];
		}
		const isResult = String(type).endsWith('_output');
		if (item['role'] !== undefined) ids.endTurn();
		const path = ['input', index, 'call_id'] as const;
		return [
			...(isResult ? ids.editResult(path, id) : ids.editCall(path, id)),
			...removeSealedSignature(['input', index], extra),
		];
	});
	return leftOut.size === 0 ? edits : [...edits, removeMembers(['input'], leftOut)];
}
