import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FilePart,
	LanguageModelV4FunctionTool,
	LanguageModelV4Message,
	LanguageModelV4Prompt,
	LanguageModelV4ReasoningPart,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
	LanguageModelV4ToolResultPart,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import {
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
import { decodeThoughtSignature, isSignature, unsealMetadata } from '../shared/reasoning-seal.ts';
import { objectsIn } from '../shared/usage.ts';
import { readInputItems, readOpenAiResponsesRequest } from './request.ts';

/** Fields that the neutral form or the gateway carries. `metadata` comes back in the answer. */
const CARRIED: ReadonlySet<string> = new Set([
	'model',
	'input',
	'instructions',
	'stream',
	'stream_options',
	'max_output_tokens',
	'temperature',
	'top_p',
	'tools',
	'tool_choice',
	'parallel_tool_calls',
	'text',
	'reasoning',
	'metadata',
]);

/** Fields whose plain value asks for nothing. */
const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
	background: (value) => value === false,
	store: (value) => value === false,
	top_logprobs: (value) => value === 0,
	truncation: (value) => value === 'disabled',
	service_tier: (value) => value === 'auto' || value === 'default',
	include: (value) => Array.isArray(value) && value.every((name) => name === 'reasoning.encrypted_content'),
};

function decodeTool(tool: JsonObject, path: string, dropped: string[]): LanguageModelV4FunctionTool[] {
	if (tool['type'] === 'function') return [decodeOpenAiFunction(tool, path)];
	if (tool['type'] === 'custom') return [toFunctionTool(nameAt(tool['name'], `${path}.name`), tool)];
	dropped.push(path);
	return [];
}

function decodeTools(body: JsonObject, dropped: string[]): DecodedTools {
	const told = optional(body['tools'], 'tools', objectsAt) ?? [];
	const tools = told.flatMap((tool, index) => decodeTool(tool, `tools[${index}]`, dropped));
	const choice = body['tool_choice'];
	// a tool that OpenAI runs itself has no name
	const isHosted = isObject(choice) && choice['type'] !== 'allowed_tools' && choice['name'] === undefined;
	if (isHosted) dropped.push('tool_choice');
	return decodeOpenAiToolChoice(isHosted ? undefined : choice, tools);
}

function decodeReasoning(body: JsonObject, dropped: string[]): NeutralOptions {
	const said = optional(body['reasoning'], 'reasoning', objectAt) ?? {};
	const effort = parseReasoningEffort(said['effort']);
	const known = new Set(effort === null ? ['summary'] : ['effort', 'summary']);
	dropped.push(...unknownNames(said, known).map((name) => `reasoning.${name}`));
	const summary = optional(said['summary'], 'reasoning.summary', textAt);
	const providerOptions: SharedV4ProviderOptions =
		summary === undefined ? {} : { openai: { reasoningSummary: summary } };
	return { ...(effort === null ? {} : { reasoning: effort }), providerOptions };
}

function decodeText(body: JsonObject, dropped: string[]): NeutralOptions {
	const text = optional(body['text'], 'text', objectAt) ?? {};
	const isPlain = (name: string): boolean => name === 'verbosity' && text[name] === 'medium';
	const unknown = unknownNames(text, new Set(['format'])).filter((name) => !isPlain(name));
	dropped.push(...unknown.map((name) => `text.${name}`));
	const format = optional(text['format'], 'text.format', objectAt) ?? {};
	return decodeOpenAiResponseFormat(format, format, 'text.format');
}

/** A request for a response in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiResponsesRequest(body: JsonObject): DecodedRequest {
	const dropped = unknownNames(body, CARRIED).filter((name) => PLAIN[name]?.(body[name]) !== true);
	const text = decodeText(body, dropped);
	const reasoning = decodeReasoning(body, dropped);
	const instructions = optional(body['instructions'], 'instructions', textAt);
	const options: LanguageModelV4CallOptions = {
		prompt: decodeItems(instructions, readInputItems(body), dropped),
		...withoutUndefined({
			maxOutputTokens: readOpenAiResponsesRequest(body).maxOutputTokens ?? undefined,
			temperature: optional(body['temperature'], 'temperature', numberAt),
			topP: optional(body['top_p'], 'top_p', numberAt),
		}),
		...decodeTools(body, dropped),
		...text,
		...reasoning,
		providerOptions: mergeProviderOptions(
			text.providerOptions,
			reasoning.providerOptions,
			decodeParallelToolCalls(body),
		),
	};
	return { options, dropped };
}

type Assistant = Extract<LanguageModelV4Message, { role: 'assistant' }>;

interface Context {
	dropped: string[];
	/** Names of the tools that were called, by the call's id. */
	toolNames: Map<string, string>;
	prompt: LanguageModelV4Message[];
}

/** What a model said in one turn stands in one message, whatever items it came in. */
function addToAssistant({ prompt }: Context, content: Assistant['content']): void {
	if (content.length === 0) return;
	const last = prompt.at(-1);
	if (last?.role === 'assistant') last.content.push(...content);
	else prompt.push({ role: 'assistant', content });
}

function addSystem(item: JsonObject, path: string, { dropped, prompt }: Context): void {
	const texts = decodeTexts(item['content'], `${path}.content`, dropped);
	if (prompt.every(({ role }) => role === 'system')) {
		prompt.push(...texts.map(({ text }) => ({ role: 'system' as const, content: text })));
		return;
	}
	// Most providers take instructions at the start only: later ones keep their place, as the user's words.
	dropped.push(`${path}.role`);
	if (texts.length > 0) prompt.push({ role: 'user', content: texts });
}

function addMessage(item: JsonObject, path: string, context: Context): void {
	const { role } = item;
	const at = `${path}.content`;
	if (role === 'system' || role === 'developer') addSystem(item, path, context);
	else if (role === 'assistant') addToAssistant(context, decodeTexts(item['content'], at, context.dropped));
	else if (role === 'user') context.prompt.push({ role, content: decodeContent(item['content'], at, context.dropped) });
	else refuse(role, `${path}.role`, 'system, developer, user or assistant');
}

function addCall(item: JsonObject, path: string, context: Context): void {
	const isCustom = item['type'] === 'custom_tool_call';
	const toolCallId = nameAt(item['call_id'], `${path}.call_id`);
	const toolName = nameAt(item['name'], `${path}.name`);
	context.toolNames.set(toolCallId, toolName);
	const input = isCustom
		? { input: textAt(item['input'], `${path}.input`) }
		: parseToolInput(textAt(item['arguments'], `${path}.arguments`));
	addToAssistant(context, [{ type: 'tool-call', toolCallId, toolName, input, ...decodeThoughtSignature(item) }]);
}

function addOutput(item: JsonObject, path: string, { dropped, prompt, toolNames }: Context): void {
	const toolCallId = nameAt(item['call_id'], `${path}.call_id`);
	const toolName = toolNames.get(toolCallId);
	if (toolName === undefined) {
		refuse(
			toolCallId,
			`${path}.call_id`,
			'the id of a call in the input before it: what one provider holds, no other can read',
		);
	}
	const output = decodeToolOutput(item['output'], `${path}.output`, dropped);
	const result: LanguageModelV4ToolResultPart = { type: 'tool-result', toolCallId, toolName, output };
	const last = prompt.at(-1);
	if (last?.role === 'tool') last.content.push(result);
	else prompt.push({ role: 'tool', content: [result] });
}

const READERS: Readonly<Record<string, (item: JsonObject, path: string, context: Context) => void>> = {
	message: addMessage,
	function_call: addCall,
	custom_tool_call: addCall,
	function_call_output: addOutput,
	custom_tool_call_output: addOutput,
	reasoning: (item, path, context) =>
		addToAssistant(context, decodeReasoningDecodeReasoning(item, path, context.dropped)),
};

/** Instructions and input in the neutral form; items no other provider knows are added to `dropped`. @throws InvalidInputError */
function decodeItems(
	instructions: string | undefined,
	items: readonly JsonObject[],
	dropped: string[],
): LanguageModelV4Prompt {
	const prompt: LanguageModelV4Message[] =
		instructions === undefined || instructions === '' ? [] : [{ role: 'system', content: instructions }];
	const context: Context = { dropped, toolNames: new Map(), prompt };
	for (const [index, item] of items.entries()) {
		const path = `input[${index}]`;
		const read = READERS[String(item['type'] ?? 'message')];
		if (read === undefined) dropped.push(path);
		else read(item, path, context);
	}
	return prompt;
}

type Part = LanguageModelV4TextPart | LanguageModelV4FilePart;

function heldFile(part: JsonObject, path: string, mediaType: string): NeutralFile | null {
	const id = optional(part['file_id'], `${path}.file_id`, nameAt);
	return id === undefined ? null : { data: { type: 'reference', reference: { openai: id } }, mediaType };
}

function imageOf(part: JsonObject, path: string): Part {
	const at = `${path}.image_url`;
	const file = heldFile(part, path, 'image') ?? parseFileUrl(nameAt(part['image_url'], at), 'image', at);
	const detail = optional(part['detail'], `${path}.detail`, textAt);
	const providerOptions: SharedV4ProviderOptions = detail === undefined ? {} : { openai: { imageDetail: detail } };
	return { type: 'file', ...file, ...(detail === undefined ? {} : { providerOptions }) };
}

function fileDataOf(part: JsonObject, path: string): NeutralFile {
	const url = optional(part['file_url'], `${path}.file_url`, nameAt);
	if (url !== undefined) return parseFileUrl(url, 'application/pdf', `${path}.file_url`);
	const data = nameAt(part['file_data'], `${path}.file_data`);
	if (data.startsWith('data:')) return parseFileUrl(data, 'application/pdf', `${path}.file_data`);
	return { data: { type: 'data', data }, mediaType: 'application/pdf' };
}

function fileOf(part: JsonObject, path: string): Part {
	const filename = optional(part['filename'], `${path}.filename`, textAt);
	const file = heldFile(part, path, 'application/pdf') ?? fileDataOf(part, path);
	return { type: 'file', ...file, ...(filename === undefined ? {} : { filename }) };
}

function textOf(part: JsonObject, path: string): Part {
	return { type: 'text', text: textAt(part['text'], `${path}.text`) };
}

const READERS_DECODE_PARTS: Readonly<Record<string, (part: JsonObject, path: string) => Part>> = {
	input_text: textOf,
	output_text: textOf,
	text: textOf,
	refusal: (part, path) => ({ type: 'text', text: textAt(part['refusal'], `${path}.refusal`) }),
	input_image: imageOf,
	input_file: fileOf,
};

/** The content of a message or of a tool's output; parts the neutral form does not know are added to `dropped`. */
function decodeContent(content: unknown, path: string, dropped: string[]): Part[] {
	if (typeof content === 'string') return [{ type: 'text', text: content }];
	return objectsAt(content, path).flatMap((part, index) => {
		const at = `${path}[${index}]`;
		const read = READERS_DECODE_PARTS[String(part['type'])];
		if (read !== undefined) return [read(part, at)];
		dropped.push(at);
		return [];
	});
}

/** The texts of a content that holds text only; other parts are added to `dropped`. */
function decodeTexts(content: unknown, path: string, dropped: string[]): LanguageModelV4TextPart[] {
	return decodeContent(content, path, dropped).flatMap((part) => {
		if (part.type === 'text') return [part];
		dropped.push(path);
		return [];
	});
}

/** What a tool answered. */
function decodeToolOutput(output: unknown, path: string, dropped: string[]): LanguageModelV4ToolResultOutput {
	if (typeof output === 'string') return { type: 'text', value: output };
	const parts = decodeContent(output, path, dropped);
	const texts = parts.flatMap((part) => (part.type === 'text' ? [part.text] : []));
	return texts.length === parts.length ? { type: 'text', value: texts.join('') } : { type: 'content', value: parts };
}

/**
 * A reasoning item: its text, and what its maker signed it with where this package sealed that. What OpenAI encrypted,
 * nobody else can read: it is named in `dropped`.
 */
function decodeReasoningDecodeReasoning(
	item: JsonObject,
	path: string,
	dropped: string[],
): LanguageModelV4ReasoningPart[] {
	const told = [...objectsIn(item['summary']), ...objectsIn(item['content'])].map(({ text }) => text);
	const text = told.filter((said) => typeof said === 'string').join('\n\n');
	const encrypted = item['encrypted_content'];
	const metadata = unsealMetadata(encrypted);
	if (metadata !== null) return [{ type: 'reasoning', text, providerOptions: metadata }];
	if (isSignature(encrypted)) dropped.push(`${path}.encrypted_content`);
	return text === '' ? [] : [{ type: 'reasoning', text }];
}
