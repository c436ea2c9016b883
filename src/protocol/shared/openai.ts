import type {
	JSONSchema7,
	LanguageModelV4CallOptions,
	LanguageModelV4Citation,
	LanguageModelV4FilePart,
	LanguageModelV4FunctionTool,
	LanguageModelV4Message,
	LanguageModelV4ProviderTool,
	LanguageModelV4Source,
	LanguageModelV4TextPart,
	LanguageModelV4ToolResultOutput,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { NANO_PER_USD, type RequiredCapability, type Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { BodyFields, objectsIn, parseJson, toObject, withoutUndefined } from './body-fields.ts';
import type { WireError } from './caller-format.ts';
import { type NeutralFile, placeFile } from './file-places.ts';
import { readFileUrl } from './media.ts';
import { appendMessage } from './neutral-form.ts';
import { UsageFields } from './usage.ts';

/** A body of either of OpenAI's formats. */
export function createOpenAiFields(body: JsonObject): BodyFields {
	return new BodyFields(body, { stringWord: 'text' });
}

/** Everything of a neutral request but its messages. */
export type NeutralOptions = Omit<LanguageModelV4CallOptions, 'prompt'>;

/** By field, whether a value asks for nothing, so that nothing is lost without it. */
export type PlainValues = Readonly<Record<string, (value: unknown) => boolean>>;

/** Paths of the members that say something and were read by nobody. */
export function getDroppedPaths(fields: BodyFields, plain: PlainValues): string[] {
	return fields.unreadPaths().filter((path) => {
		const name = path.slice(path.lastIndexOf('.') + 1);
		return plain[name]?.(fields.value[name]) !== true;
	});
}

/** What a request's members ask of a model, but for what its messages do. */
export function readOpenAiCapabilities(request: {
	tools: unknown;
	/** `response_format`, or `text.format`. */
	format: unknown;
	effort: unknown;
	hasImage: boolean;
}): RequiredCapability[] {
	const { type } = toObject(request.format);
	const capabilities: RequiredCapability[] = [];
	if (objectsIn(request.tools).length > 0) capabilities.push('tools');
	if (request.hasImage) capabilities.push('vision');
	if (type === 'json_schema' || type === 'json_object') capabilities.push('structured-output');
	if (requestsThinking(request.effort)) capabilities.push('thinking');
	return capabilities;
}

/** Longest id of a conversation that is taken. */
const MAX_SESSION_CHARACTERS = 256;

/** The conversation's id: from `metadata`, else the key of the prompt cache or the user's id; `null` without one. */
export function getOpenAiSession(body: JsonObject): string | null {
	const { session_id, conversation_id } = toObject(body['metadata']);
	const { prompt_cache_key, safety_identifier, user } = body;
	const ids = [session_id, conversation_id, prompt_cache_key, safety_identifier, user];
	const texts = ids.filter((id) => typeof id === 'string');
	return texts.find((id) => id !== '' && id.length <= MAX_SESSION_CHARACTERS) ?? null;
}

/** The form of the answer: `type` in `format`, a schema's members in `described`, which may be the same object. */
export function decodeOpenAiResponseFormat(
	format: BodyFields | undefined,
	described: BodyFields | undefined,
): NeutralOptions {
	const type = format?.get('type');
	if (type === 'json_object') return { responseFormat: { type: 'json' } };
	if (type !== 'json_schema') return {};
	const responseFormat = {
		type: 'json' as const,
		...withoutUndefined({
			name: described?.name('name'),
			description: described?.string('description'),
			// a schema is the caller's: the provider validates it
			schema: described?.object('schema')?.value as JSONSchema7 | undefined,
		}),
	};
	return { responseFormat, providerOptions: { openai: { strictJsonSchema: described?.get('strict') === true } } };
}

/** One call at a time, in the words of the providers that know it. */
export function decodeParallelToolCalls(body: BodyFields): SharedV4ProviderOptions {
	if (body.get('parallel_tool_calls') !== false) return {};
	return { openai: { parallelToolCalls: false }, anthropic: { disableParallelToolUse: true } };
}

type Effort = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const EFFORTS: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The effort of a member, where the neutral form knows it; any other is added to `dropped`. */
export function decodeReasoningEffort(
	fields: BodyFields | undefined,
	name: string,
	dropped: string[],
): Pick<NeutralOptions, 'reasoning'> {
	const value = fields?.get(name);
	const effort = EFFORTS.find((known) => known === value);
	if (fields !== undefined && value !== undefined && effort === undefined) dropped.push(fields.pathOf(name));
	return withoutUndefined({ reasoning: effort });
}

/** True where the caller asks the model to think: every effort but the two that stand for none. */
function requestsThinking(effort: unknown): boolean {
	return typeof effort === 'string' && effort !== 'none' && effort !== 'minimal';
}

/** A file: uploaded before (its id), at an address, or as base64; a PDF where the request does not name a type. */
export function readOpenAiFile(fields: BodyFields): NeutralFile {
	const id = fields.name('file_id');
	const mediaType = 'application/pdf';
	if (id !== undefined) return placeFile({ data: { type: 'reference', reference: { openai: id } }, mediaType }, fields);
	if (fields.get('file_url') !== undefined) return readFileUrl(fields, 'file_url', mediaType);
	const data = fields.requireName('file_data');
	if (data.startsWith('data:')) return readFileUrl(fields, 'file_data', mediaType);
	return placeFile({ data: { type: 'data', data }, mediaType }, fields);
}

/** An image as a part of a message, with the detail in which it is to be seen. */
export function toImagePart(file: NeutralFile, detail: string | undefined): LanguageModelV4FilePart {
	const options = detail === undefined ? {} : { providerOptions: { openai: { imageDetail: detail } } };
	return { type: 'file', ...file, ...options };
}

/** Tools and the choice among them. */
type DecodedTools = Pick<LanguageModelV4CallOptions, 'tools' | 'toolChoice'>;

type Tool = LanguageModelV4FunctionTool | LanguageModelV4ProviderTool;

/** Tools that OpenAI runs itself, or defines for its callers; the dates of some are left away. */
const HOSTED_TOOL =
	/^(web_search(?:_preview)?|code_interpreter|file_search|computer|local_shell|shell|apply_patch|image_generation|mcp)(?:_\d.*)?$/;

function camelCase(name: string): string {
	return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The value with its members in camel case, as the AI SDK has the settings of tools. */
function withCamelCase(value: unknown): unknown {
	if (!isObject(value)) return value;
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [camelCase(name), withCamelCase(member)]));
}

function decodeHostedTool(tool: BodyFields, type: string): LanguageModelV4ProviderTool {
	const { type: _, ...args } = tool.value;
	return { type: 'provider', id: `openai.${type}`, name: type, args: toObject(withCamelCase(args)) };
}

/**
 * The tools of a request. `describe` finds the members of a tool, which one format nests; kinds that are not known are added
 * to `dropped`. @throws InvalidInputError naming the field
 */
export function decodeOpenAiTools(
	tools: readonly BodyFields[],
	describe: (tool: BodyFields, type: 'function' | 'custom') => BodyFields,
	dropped: string[],
): Tool[] {
	return tools.flatMap((tool): Tool[] => {
		const type = tool.get('type');
		if (type === 'function') return [decodeFunction(describe(tool, type))];
		if (type === 'custom') return [decodeCustomTool(describe(tool, type))];
		const hosted = typeof type === 'string' ? HOSTED_TOOL.exec(type)?.[1] : undefined;
		if (hosted !== undefined) return [decodeHostedTool(tool, hosted)];
		dropped.push(tool.path);
		return [];
	});
}

function decodeFunction(described: BodyFields): LanguageModelV4FunctionTool {
	const description = described.string('description');
	const strict = described.boolean('strict');
	const schema = described.object('parameters')?.value ?? { type: 'object', properties: {} };
	const name = described.requireName('name');
	// a schema is the caller's: the provider validates it
	return { type: 'function', name, inputSchema: schema as JSONSchema7, ...withoutUndefined({ description, strict }) };
}

/** A tool that takes free text (`type: custom`), as a function of one text: models of every provider can call that. */
function decodeCustomTool(described: BodyFields): LanguageModelV4FunctionTool {
	const format = toObject(described.get('format'));
	const { definition, syntax } = isObject(format['grammar']) ? format['grammar'] : format;
	const rule = typeof definition === 'string' ? ` It must follow this ${String(syntax)} grammar:\n${definition}` : '';
	const description = described.get('description');
	return {
		type: 'function',
		name: described.requireName('name'),
		...(typeof description === 'string' ? { description } : {}),
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
	const text = toObject(parseJson(input))['input'];
	return typeof text === 'string' ? text : input;
}

/** The name in a choice or in a member of allowed tools. */
function getToolName(choice: JsonObject): unknown {
	return toObject(choice['function'] ?? choice['custom'] ?? choice)['name'];
}

/** The choice of either format applied to the tools. @throws InvalidInputError for a choice that neither knows */
export function decodeOpenAiToolChoice(body: BodyFields, tools: Tool[]): DecodedTools {
	const choice = body.get('tool_choice');
	if (tools.length === 0) return {};
	if (choice === undefined) return { tools };
	if (choice === 'auto' || choice === 'none' || choice === 'required') return { tools, toolChoice: { type: choice } };
	const fields = isObject(choice) ? body.requireObject('tool_choice') : undefined;
	if (fields?.get('type') === 'allowed_tools') {
		// only these are offered: what the caller means, in every provider's words
		const allowed = fields.object('allowed_tools') ?? fields;
		const names = new Set(allowed.objects('tools').map((tool) => getToolName(tool.value)));
		const type = allowed.get('mode') === 'required' ? 'required' : 'auto';
		return { tools: tools.filter(({ name }) => names.has(name)), toolChoice: { type } };
	}
	const toolName = getToolName(toObject(choice));
	if (typeof toolName !== 'string') throw body.invalid('tool_choice', 'auto, none, required or a tool by its name');
	return { tools, toolChoice: { type: 'tool', toolName } };
}

/** How one of the formats names what it counts, and the details of it that say nothing more. */
export interface OpenAiUsageNames {
	input: string;
	output: string;
	ignoredInputDetails?: readonly string[];
	ignoredOutputDetails?: readonly string[];
}

/** xAI's unit of cost: https://docs.x.ai/docs/api-reference#chat-completions */
const TICKS_PER_NANO_USD = 10;
/** Most that a provider can say of one call and be believed: $1000. */
const MAX_STATED_NANO_USD = 1000 * NANO_PER_USD;

function isAmount(value: unknown): value is number {
	return typeof value === 'number' && value >= 0;
}

/**
 * What the provider says the call costs, rounded up to nano-dollars: OpenRouter and Perplexity in USD, xAI in ticks.
 * Source: https://openrouter.ai/docs/use-cases/usage-accounting, https://docs.perplexity.ai/api-reference/chat-completions-post
 */
function readStatedCost(fields: UsageFields): Pick<Usage, 'providerCostNanoUsd'> {
	const cost = fields.get('cost');
	const ticks = fields.get('cost_in_usd_ticks');
	const details = toObject(fields.get('cost_details'));
	// With a key of one's own OpenRouter's cost is its fee, and the model's provider bills the rest.
	const upstream = fields.get('is_byok') === true ? details['upstream_inference_cost'] : 0;
	const usd = isObject(cost) ? cost['total_cost'] : cost;
	// Where xAI's models are served by others, the ticks are there and always 0.
	const fromTicks = isAmount(ticks) && ticks > 0 ? ticks / TICKS_PER_NANO_USD : null;
	const nano = isAmount(usd) ? (usd + (isAmount(upstream) ? upstream : 0)) * NANO_PER_USD : fromTicks;
	if (nano === null || nano > MAX_STATED_NANO_USD) return {};
	// a product such as 0.0000113 * 1e9 is a little over the whole number that was meant
	return { providerCostNanoUsd: Math.ceil(Number(nano.toFixed(3))) };
}

/**
 * A usage of either format: the input includes the cached tokens, the output the reasoning, unless the total counts that
 * beside it. `serviceTier` and `perUse` come from the answer around the usage: the service and the tools that are billed.
 */
export function readOpenAiUsage(
	usage: unknown,
	names: OpenAiUsageNames,
	{ serviceTier, perUse = {} }: { serviceTier: unknown; perUse?: Pick<Usage, 'perUse'> },
): Usage {
	const fields = new UsageFields(usage);
	const answer = new UsageFields({ service_tier: serviceTier });
	const input = fields.count(names.input);
	const output = fields.count(names.output);
	const inputDetails = fields.nested(`${names.input}_details`);
	const cacheReadTokens = inputDetails.count('cached_tokens');
	const cacheWrite5mTokens = inputDetails.count('cache_write_tokens');
	const writeDetails = inputDetails.nested('cache_write_tokens_details');
	const outputDetails = fields.nested(`${names.output}_details`);
	const reasoningTokens = outputDetails.count('reasoning_tokens');
	// some servers (xAI) count the reasoning beside the output: then their total does too
	const isBeside = reasoningTokens > 0 && fields.get('total_tokens') === input + output + reasoningTokens;
	const cached = cacheReadTokens + cacheWrite5mTokens;
	// Grok at Azure counts cached tokens beside the prompt, all of which it calls text
	const isCacheBeside = cached > input && inputDetails.get('text_tokens') === input;
	fields.ignore('total_tokens');
	inputDetails.ignore(...(names.ignoredInputDetails ?? []));
	outputDetails.ignore(...(names.ignoredOutputDetails ?? []));
	// the lifetime that the price list knows; one with rates of its own stays visible
	writeDetails.ignore('ttl_30m_tokens');
	return fields.toUsage(
		{
			inputTokens: fields.subtract(input, cached, isCacheBeside),
			cacheReadTokens,
			cacheWrite5mTokens,
			outputTokens: fields.subtract(output, reasoningTokens, isBeside),
			reasoningTokens,
			...perUse,
			...answer.serviceTier('service_tier'),
			...readStatedCost(fields),
		},
		answer.unknown(),
	);
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

/** Citations of a text that begins at `offset`; those of documents, which OpenAI's APIs do not have, are dropped. */
export function toUrlCitations(
	citations: readonly LanguageModelV4Citation[] | undefined,
	{ length, offset = 0 }: { length: number; offset?: number },
	dropped: Set<string>,
): UrlCitation[] {
	return (citations ?? []).flatMap(({ source, startIndex = 0, endIndex = length }) => {
		if (source.sourceType === 'url') {
			const whole = toUrlCitation(source, length);
			return [{ ...whole, start_index: startIndex + offset, end_index: endIndex + offset }];
		}
		dropped.add('citations');
		return [];
	});
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	403: 'permission_error',
	404: 'not_found_error',
	408: 'timeout_error',
	429: 'rate_limit_error',
};

/** Classes of errors that OpenAI has, whoever else uses them too. */
const KNOWN_ERROR_TYPES: ReadonlySet<string> = new Set([
	...Object.values(ERROR_TYPES),
	'insufficient_quota',
	'invalid_request_error',
	'requests',
	'server_error',
	'tokens',
	'usage_limit_reached',
]);

/** By this code clients know that a conversation is too long, and shorten it. */
const TOO_LONG = 'context_length_exceeded';

/** OpenAI's own sentence about a request that is too long, before what was said of it. */
function describeExcess({ limit, tokens }: NonNullable<WireError['excess']>, message: string): string {
	if (/maximum context length|context window/i.test(message)) return message;
	const sentence =
		limit === null || tokens === null
			? 'Your input exceeds the context window of this model. Please adjust your input and try again.'
			: `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${tokens} tokens. Please reduce the length of the messages.`;
	return `${sentence}\n${message}`;
}

/** The body of an error answer. Source: https://platform.openai.com/docs/guides/error-codes */
export function encodeOpenAiError(error: WireError): {
	error: { message: string; type: string; param: string | null; code: string | null };
} {
	const { body, code, excess, members, message, param = null, status, type } = error;
	const own = toObject(body?.['error']);
	const isOwn = typeof own['message'] === 'string' && (excess === undefined || own['code'] === TOO_LONG);
	// a provider's own error of this form is passed on whole, with members that only some clients know
	if (isOwn)
		return {
			error: { type: 'invalid_request_error', param: null, code: null, ...own, message: own['message'] } as never,
		};
	const known = type != null && KNOWN_ERROR_TYPES.has(type) ? type : ERROR_TYPES[status];
	const byStatus = status >= 500 ? 'server_error' : 'invalid_request_error';
	if (excess !== undefined)
		return {
			error: { message: describeExcess(excess, message), type: 'invalid_request_error', param, code: TOO_LONG },
		};
	return { error: { message, type: known ?? byStatus, param, code, ...members } };
}

/** The conversation of a request to either of OpenAI's APIs, while it is decoded. */
export class OpenAiPrompt {
	readonly messages: LanguageModelV4Message[] = [];
	/** Paths of what the neutral form cannot carry. */
	readonly dropped: string[];
	/** Names of the tools that were called, by the call's id: some servers give several calls the same one, or none. */
	readonly #toolNames = new Map<string, string[]>();

	constructor(dropped: string[]) {
		this.dropped = dropped;
	}

	/** Adds instructions in their place; where they may stand is the provider's rule. */
	addInstructions(texts: readonly LanguageModelV4TextPart[]): void {
		for (const { type: _, text, ...options } of texts)
			this.messages.push({ role: 'system', content: text, ...options });
	}

	/** Notes which tool a call is of: its result names the call only. */
	nameCall(toolCallId: string, toolName: string): void {
		const names = this.#toolNames.get(toolCallId);
		if (names === undefined) this.#toolNames.set(toolCallId, [toolName]);
		else names.push(toolName);
	}

	/** Adds the result of the first call without one that has the id in the member `idName`; one of no call is told in words later. */
	addToolResult(message: BodyFields, idName: string, output: LanguageModelV4ToolResultOutput): void {
		const toolCallId = message.string(idName) ?? '';
		const names = this.#toolNames.get(toolCallId) ?? [];
		// a call that is answered twice keeps its name
		const toolName = (names.length > 1 ? names.shift() : names[0]) ?? 'unknown';
		appendMessage(this.messages, { role: 'tool', content: [{ type: 'tool-result', toolCallId, toolName, output }] });
	}
}
