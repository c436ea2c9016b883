import type {
	JSONSchema7,
	LanguageModelV4CallOptions,
	LanguageModelV4Citation,
	LanguageModelV4FunctionTool,
	LanguageModelV4Source,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { flagAt, nameAt, objectAt, objectsAt, optional, refuse, textAt } from './body-fields.ts';
import type { WireError } from './caller-format.ts';
import { withoutUndefined } from './neutral-form.ts';
import { objectsIn } from './usage.ts';

/** Everything of a neutral request but its messages. */
export type NeutralOptions = Omit<LanguageModelV4CallOptions, 'prompt'>;

/** `response_format` of a chat completion, or `text.format` of a response, whose members stand beside `type`. */
export function decodeOpenAiResponseFormat(format: JsonObject, described: JsonObject, path: string): NeutralOptions {
	if (format['type'] === 'json_object') return { responseFormat: { type: 'json' } };
	if (format['type'] !== 'json_schema') return {};
	const responseFormat = {
		type: 'json' as const,
		...withoutUndefined({
			name: optional(described['name'], `${path}.name`, nameAt),
			description: optional(described['description'], `${path}.description`, textAt),
			// what a caller calls a schema is handed on as one; the provider judges it
			schema: optional(described['schema'], `${path}.schema`, objectAt) as JSONSchema7 | undefined,
		}),
	};
	return { responseFormat, providerOptions: { openai: { strictJsonSchema: described['strict'] === true } } };
}

/** One call at a time, in the words of the providers that know it. */
export function decodeParallelToolCalls(body: JsonObject): SharedV4ProviderOptions {
	if (body['parallel_tool_calls'] !== false) return {};
	return { openai: { parallelToolCalls: false }, anthropic: { disableParallelToolUse: true } };
}

/** Options of several sources, provider by provider. */
export function mergeProviderOptions(...sources: (SharedV4ProviderOptions | undefined)[]): SharedV4ProviderOptions {
	const merged: SharedV4ProviderOptions = {};
	for (const source of sources) {
		for (const [provider, options] of Object.entries(source ?? {}))
			merged[provider] = { ...merged[provider], ...options };
	}
	return merged;
}

/** Tools and the choice among them. */
export type DecodedTools = Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice'>;

/** A function that a caller describes: the same members in both of OpenAI's formats. @throws InvalidInputError */
export function decodeOpenAiFunction(described: JsonObject, path: string): LanguageModelV4FunctionTool {
	const description = optional(described['description'], `${path}.description`, textAt);
	const strict = optional(described['strict'], `${path}.strict`, flagAt);
	const schema = optional(described['parameters'], `${path}.parameters`, objectAt);
	return {
		type: 'function',
		name: nameAt(described['name'], `${path}.name`),
		...(description === undefined ? {} : { description }),
		// what a caller calls a schema is handed on as one; the provider judges it
		inputSchema: (schema ?? { type: 'object', properties: {} }) as JSONSchema7,
		...(strict === undefined ? {} : { strict }),
	};
}

/** The name in a choice or in a member of allowed tools. */
function namedIn(choice: JsonObject): unknown {
	const named = choice['function'] ?? choice['custom'] ?? choice;
	return isObject(named) ? named['name'] : undefined;
}

/** Only the tools that a choice allows are offered: what the caller means, in every provider's words. */
function decodeAllowed(allowed: JsonObject, path: string, tools: LanguageModelV4FunctionTool[]): DecodedTools {
	const names = new Set(objectsAt(allowed['tools'], `${path}.tools`).map(namedIn));
	const toolChoice = { type: allowed['mode'] === 'required' ? ('required' as const) : ('auto' as const) };
	return { tools: tools.filter(({ name }) => names.has(name)), toolChoice };
}

/** The choice of either format applied to the tools. @throws InvalidInputError for a choice that neither knows */
export function decodeOpenAiToolChoice(choice: unknown, tools: LanguageModelV4FunctionTool[]): DecodedTools {
	if (tools.length === 0) return {};
	if (choice === undefined || choice === null) return { tools };
	if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: { type: choice } };
	const said = isObject(choice) ? choice : {};
	if (said['type'] === 'allowed_tools') {
		const allowed = said['allowed_tools'] ?? said;
		return decodeAllowed(objectAt(allowed, 'tool_choice.allowed_tools'), 'tool_choice.allowed_tools', tools);
	}
	const toolName = namedIn(said);
	if (typeof toolName !== 'string') return refuse(choice, 'tool_choice', 'auto, none, required or a tool by its name');
	return { tools, toolChoice: { type: 'tool', toolName } };
}

type WebSource = Extract<LanguageModelV4Source, { sourceType: 'url' }>;

/** A web source that supports text from `start` to `end`. */
export interface UrlCitation extends JsonObject {
	url: string;
	title: string;
	start_index: number;
	end_index: number;
}

/** A source of the whole text. */
export function toUrlCitation({ url, title }: WebSource, textLength: number): UrlCitation {
	return { url, title: title ?? url, start_index: 0, end_index: textLength };
}

/** Citations of a text as OpenAI's APIs say them; those of documents, which they cannot say, are added to `dropped`. */
export function toUrlCitations(
	citations: readonly LanguageModelV4Citation[] | undefined,
	textLength: number,
	dropped: Set<string>,
): UrlCitation[] {
	return (citations ?? []).flatMap(({ source, startIndex, endIndex }) => {
		if (source.sourceType === 'url') {
			const whole = toUrlCitation(source, textLength);
			return [{ ...whole, start_index: startIndex ?? 0, end_index: endIndex ?? textLength }];
		}
		dropped.add('citations');
		return [];
	});
}

type Effort = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: ReadonlySet<string> = new Set<Effort>(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** An effort that the neutral form knows; `null` for any other. */
export function parseReasoningEffort(value: unknown): Effort | null {
	// a member of the set is an Effort
	return typeof value === 'string' && EFFORTS.has(value) ? (value as Effort) : null;
}

/** True where the caller asks the model to think: every effort but the two that stand for none. */
export function requestsThinking(effort: unknown): boolean {
	return typeof effort === 'string' && effort !== 'none' && effort !== 'minimal';
}

/** Longest id of a conversation that is taken. */
const MAX_SESSION_CHARACTERS = 256;

/** The conversation's id in a request to OpenAI's APIs: said in `metadata`, else what its prompt cache or its user is named by. */
export function getOpenAiSession(body: JsonObject): string | null {
	const metadata = isObject(body['metadata']) ? body['metadata'] : {};
	const said = [
		metadata['session_id'],
		metadata['conversation_id'],
		body['prompt_cache_key'],
		body['safety_identifier'],
		body['user'],
	];
	const usable = (id: unknown): id is string =>
		typeof id === 'string' && id !== '' && id.length <= MAX_SESSION_CHARACTERS;
	return said.find(usable) ?? null;
}

const TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	403: 'permission_error',
	404: 'not_found_error',
	408: 'timeout_error',
	429: 'rate_limit_error',
};

/** An error as OpenAI's APIs say it. Source: https://platform.openai.com/docs/guides/error-codes */
export function toOpenAiError({ status, message, code, param }: WireError): JsonObject {
	const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
	return { message, type, param: param ?? null, code };
}

/** A tool that takes free text (`type: custom`), as a function of one text: models of every provider can call that. */
export function toFunctionTool(name: string, tool: JsonObject): LanguageModelV4FunctionTool {
	const format = isObject(tool['format']) ? tool['format'] : {};
	const grammar = isObject(format['grammar']) ? format['grammar'] : format;
	const definition = grammar['definition'];
	const rule =
		typeof definition === 'string' ? ` It must follow this ${String(grammar['syntax'])} grammar:\n${definition}` : '';
	return {
		type: 'function',
		name,
		...(typeof tool['description'] === 'string' ? { description: tool['description'] } : {}),
		inputSchema: {
			type: 'object',
			properties: { input: { type: 'string', description: `The whole input of the tool, as plain text.${rule}` } },
			required: ['input'],
			additionalProperties: false,
		},
	};
}

/** Names of the tools in a request's `tools` that take free text. */
export function getCustomToolNames(tools: unknown): ReadonlySet<string> {
	const custom = objectsIn(tools).filter((tool) => tool['type'] === 'custom');
	const names = custom.map((tool) => (isObject(tool['custom']) ? tool['custom']['name'] : tool['name']));
	return new Set(names.filter((name) => typeof name === 'string'));
}

/** The free text in the JSON input of a call of such a function; the input itself where it is not in that form. */
export function getCustomToolInput(input: string): string {
	try {
		const parsed: unknown = JSON.parse(input);
		return isObject(parsed) && typeof parsed['input'] === 'string' ? parsed['input'] : input;
	} catch {
		// the model wrote the text without the JSON around it
		return input;
	}
}
