import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FunctionTool,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { DecodedRequest } from '../shared/caller-format.ts';
import { functionOfCustomTool } from '../shared/custom-tools.ts';
import { decodeFormat, mergeProviderOptions, type NeutralOptions, parallelCallsOf } from '../shared/openai-options.ts';
import { effortOf } from '../shared/openai-reasoning.ts';
import { type DecodedTools, decodeFunction, decodeToolChoice } from '../shared/openai-tools.ts';
import { nameAt, numberAt, objectAt, objectsAt, optional, textAt, unknownNames } from '../shared/request-fields.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { withoutUndefined } from '../shared/without-undefined.ts';
import { decodeItems } from './decode-items.ts';
import { inputItemsOf, readOpenAiResponsesRequest } from './read-request.ts';

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
	if (tool['type'] === 'function') return [decodeFunction(tool, path)];
	if (tool['type'] === 'custom') return [functionOfCustomTool(nameAt(tool['name'], `${path}.name`), tool)];
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
	return decodeToolChoice(isHosted ? undefined : choice, tools);
}

function decodeReasoning(body: JsonObject, dropped: string[]): NeutralOptions {
	const said = optional(body['reasoning'], 'reasoning', objectAt) ?? {};
	const effort = effortOf(said['effort']);
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
	return decodeFormat(format, format, 'text.format');
}

/** A request for a response in the neutral form. @throws InvalidInputError naming the field */
export function decodeOpenAiResponsesRequest(body: JsonObject): DecodedRequest {
	const dropped = unknownNames(body, CARRIED).filter((name) => PLAIN[name]?.(body[name]) !== true);
	const text = decodeText(body, dropped);
	const reasoning = decodeReasoning(body, dropped);
	const instructions = optional(body['instructions'], 'instructions', textAt);
	const options: LanguageModelV4CallOptions = {
		prompt: decodeItems(instructions, inputItemsOf(body), dropped),
		...withoutUndefined({
			maxOutputTokens: readOpenAiResponsesRequest(body).maxOutputTokens ?? undefined,
			temperature: optional(body['temperature'], 'temperature', numberAt),
			topP: optional(body['top_p'], 'top_p', numberAt),
		}),
		...decodeTools(body, dropped),
		...text,
		...reasoning,
		providerOptions: mergeProviderOptions(text.providerOptions, reasoning.providerOptions, parallelCallsOf(body)),
	};
	return { options, dropped };
}
