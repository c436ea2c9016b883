import type {
	LanguageModelV4CallOptions,
	LanguageModelV4FunctionTool,
	LanguageModelV4ProviderTool,
} from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { type BodyFields, objectsIn, withoutUndefined } from '../shared/body-fields.ts';
import type { DecodedRequest } from '../shared/caller-format.ts';
import { providerOptionsFor, toReasoningEffort } from '../shared/neutral-form.ts';
import { decodeGeminiContents } from './decode-contents.ts';
import { createGeminiFields } from './request.ts';

const MODALITIES: ReadonlySet<unknown> = new Set(['TEXT', 'IMAGE', 'AUDIO']);
const CATEGORY =
	/^HARM_CATEGORY_(UNSPECIFIED|HATE_SPEECH|DANGEROUS_CONTENT|HARASSMENT|SEXUALLY_EXPLICIT|CIVIC_INTEGRITY)$/;

/** Safety settings of the categories that the AI SDK knows; another would fail the call. */
function decodeSafetySettings(body: BodyFields, dropped: string[]): JsonObject[] | undefined {
	const settings = body.objects('safetySettings').flatMap((setting) => {
		const category = setting.string('category') ?? '';
		if (CATEGORY.test(category))
			return [{ category, threshold: setting.string('threshold') ?? 'HARM_BLOCK_THRESHOLD_UNSPECIFIED' }];
		dropped.push(setting.path);
		return [];
	});
	return settings.length === 0 ? undefined : settings;
}

function decodeModalities(config: BodyFields | undefined, dropped: string[]): string[] | undefined {
	const words = config?.strings('responseModalities')?.map((word) => word.toUpperCase());
	if (words === undefined || words.every((word) => MODALITIES.has(word))) return words;
	dropped.push(config?.pathOf('responseModalities') ?? '');
	return undefined;
}

/** Settings that only Google knows. */
function decodeGoogleSettings(
	body: BodyFields,
	config: BodyFields | undefined,
	dropped: string[],
): Readonly<Record<string, unknown>> {
	return {
		safetySettings: decodeSafetySettings(body, dropped),
		responseModalities: decodeModalities(config, dropped),
		audioTimestamp: config?.boolean('audioTimestamp'),
		retrievalConfig: body.object('toolConfig')?.object('retrievalConfig')?.value,
	};
}

/**
 * A request for content in the neutral form. Signatures of thoughts and what only Google knows go to its provider
 * options, so that they are written again where Google answers. @throws InvalidInputError naming the field's path
 */
export function decodeGeminiRequest(json: JsonObject): DecodedRequest {
	const body = createGeminiFields(json);
	const dropped: string[] = [];
	const config = body.object('generationConfig');
	const prompt = decodeGeminiContents(body, dropped);
	const { tools, choice } = decodeToolConfig(body, decodeTools(body, dropped), dropped);
	const { thinkingConfig, reasoning } = decodeThinking(config, dropped);
	const options: LanguageModelV4CallOptions = {
		prompt,
		...decodeSettings(config),
		...withoutUndefined({
			responseFormat: decodeResponseFormat(config, dropped),
			reasoning,
			tools: tools.length === 0 ? undefined : tools,
			toolChoice: choice,
		}),
		...providerOptionsFor('google', { thinkingConfig, ...decodeGoogleSettings(body, config, dropped) }),
	};
	// one answer is what the neutral form gives
	if (config?.count('candidateCount') !== undefined && config.count('candidateCount') !== 1) {
		dropped.push(config.pathOf('candidateCount'));
	}
	body.get('model');
	return { options, dropped: [...new Set([...dropped, ...(config?.unreadPaths() ?? []), ...body.unreadPaths()])] };
}

type ResponseFormat = NonNullable<LanguageModelV4CallOptions['responseFormat']>;
type JsonFormat = Extract<ResponseFormat, { type: 'json' }>;

/** What form the answer must have; a media type that the neutral form does not know is dropped. */
function decodeResponseFormat(config: BodyFields | undefined, dropped: string[]): ResponseFormat | undefined {
	const type = config?.string('responseMimeType');
	const own = config?.object('responseSchema')?.value;
	const json = config?.object('responseJsonSchema')?.value;
	if (type !== undefined && type !== 'application/json') {
		if (type !== 'text/plain') dropped.push(config?.pathOf('responseMimeType') ?? '');
		return undefined;
	}
	const schema = json ?? (own === undefined ? undefined : decodeSchema(own));
	if (schema === undefined) return type === undefined ? undefined : { type: 'json' };
	// a schema is the caller's: the provider validates it
	return { type: 'json', schema: schema as NonNullable<JsonFormat['schema']> };
}

/** The settings that every provider may know. */
function decodeSettings(config: BodyFields | undefined): Partial<LanguageModelV4CallOptions> {
	if (config === undefined) return {};
	return withoutUndefined({
		maxOutputTokens: config.count('maxOutputTokens'),
		temperature: config.number('temperature'),
		topP: config.number('topP'),
		topK: config.number('topK'),
		presencePenalty: config.number('presencePenalty'),
		frequencyPenalty: config.number('frequencyPenalty'),
		seed: config.number('seed'),
		stopSequences: config.strings('stopSequences'),
	});
}

type Reasoning = NonNullable<LanguageModelV4CallOptions['reasoning']>;

const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;

/** A request's settings for thinking: for Google as they stand, for others as an effort. */
interface Thinking {
	thinkingConfig: JsonObject | undefined;
	reasoning: Reasoning | undefined;
}

function toReasoning(budget: number | undefined): Reasoning | undefined {
	// -1 leaves it to the model
	if (budget === undefined || budget < 0) return undefined;
	return budget === 0 ? 'none' : toReasoningEffort(budget);
}

/** Reads `thinkingConfig`. */
function decodeThinking(config: BodyFields | undefined, dropped: string[]): Thinking {
	const thinking = config?.object('thinkingConfig');
	if (thinking === undefined) return { thinkingConfig: undefined, reasoning: undefined };
	const word = thinking.string('thinkingLevel')?.toLowerCase();
	const level = LEVELS.find((known) => known === word);
	if (word !== undefined && level === undefined && word !== 'thinking_level_unspecified') {
		dropped.push(thinking.pathOf('thinkingLevel'));
	}
	const thinkingBudget = thinking.number('thinkingBudget');
	const includeThoughts = thinking.boolean('includeThoughts');
	dropped.push(...thinking.unreadPaths());
	return {
		thinkingConfig: withoutUndefined({ thinkingBudget, includeThoughts, thinkingLevel: level }),
		reasoning: level ?? toReasoning(thinkingBudget),
	};
}

type Tool = LanguageModelV4FunctionTool | LanguageModelV4ProviderTool;
type ToolChoice = NonNullable<LanguageModelV4CallOptions['toolChoice']>;

/** Google's own tools, by their member; the AI SDK's names for them. */
const PROVIDER_TOOLS: Readonly<Record<string, string>> = {
	googleSearch: 'google_search',
	urlContext: 'url_context',
	codeExecution: 'code_execution',
	enterpriseWebSearch: 'enterprise_web_search',
	googleMaps: 'google_maps',
	fileSearch: 'file_search',
};

function decodeFunction(declaration: BodyFields, dropped: string[]): LanguageModelV4FunctionTool {
	const description = declaration.string('description');
	const own = declaration.object('parameters')?.value;
	const json = declaration.object('parametersJsonSchema')?.value;
	const schema: JsonObject = json ?? (own === undefined ? { type: 'object', properties: {} } : decodeSchema(own));
	const name = declaration.requireString('name');
	dropped.push(...declaration.unreadPaths());
	return {
		type: 'function',
		name,
		...withoutUndefined({ description }),
		// a schema is the caller's: the provider validates it
		inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
	};
}

function decodeProviderTools(tool: BodyFields): LanguageModelV4ProviderTool[] {
	return Object.entries(PROVIDER_TOOLS).flatMap(([member, name]) => {
		const args = tool.object(member)?.value;
		return args === undefined ? [] : [{ type: 'provider', id: `google.${name}`, name, args: { ...args } }];
	});
}

/** The tools a caller offers. */
function decodeTools(body: BodyFields, dropped: string[]): Tool[] {
	return body.objects('tools').flatMap((tool) => {
		const functions = tool.objects('functionDeclarations').map((item) => decodeFunction(item, dropped));
		const provided = decodeProviderTools(tool);
		dropped.push(...tool.unreadPaths());
		return [...functions, ...provided];
	});
}

/** Which tools may or must be called; tools outside a list of allowed ones are taken away. */
function decodeToolConfig(body: BodyFields, tools: Tool[], dropped: string[]): { tools: Tool[]; choice?: ToolChoice } {
	const config = body.object('toolConfig');
	const calling = config?.object('functionCallingConfig');
	config?.get('retrievalConfig');
	dropped.push(...(config?.unreadPaths() ?? []));
	if (calling === undefined) return { tools };
	// Google takes it in either case, as its own libraries do
	const mode = (calling.string('mode') ?? 'AUTO').toUpperCase();
	const allowed = calling.strings('allowedFunctionNames') ?? [];
	dropped.push(...calling.unreadPaths());
	const offered =
		allowed.length === 0 ? tools : tools.filter(({ type, name }) => type !== 'function' || allowed.includes(name));
	const [only, ...others] = allowed;
	switch (mode) {
		case 'AUTO':
		case 'MODE_UNSPECIFIED':
			return { tools, choice: { type: 'auto' } };
		case 'NONE':
			return { tools, choice: { type: 'none' } };
		case 'ANY':
			if (only !== undefined && others.length === 0) return { tools, choice: { type: 'tool', toolName: only } };
			return { tools: offered, choice: { type: 'required' } };
		case 'VALIDATED':
			dropped.push(calling.pathOf('mode'));
			return { tools: offered, choice: { type: 'auto' } };
		default:
			throw calling.invalid('mode', '"AUTO", "ANY", "NONE" or "VALIDATED"');
	}
}

/** Members of Google's schema that JSON Schema has under the same name. */
const SAME = 'title description enum format required default minimum maximum pattern'.split(' ');
/** Counts, which Google also takes as text, with their other spelling. */
const COUNTS: ReadonlyArray<readonly [name: string, spelling: string]> = [
	['minItems', 'min_items'],
	['maxItems', 'max_items'],
	['minLength', 'min_length'],
	['maxLength', 'max_length'],
	['minProperties', 'min_properties'],
	['maxProperties', 'max_properties'],
];

/** The members of a schema that are the same in JSON Schema. */
function decodeSame(schema: JsonObject): Record<string, unknown> {
	const same: Record<string, unknown> = {};
	for (const name of SAME) {
		const value = schema[name];
		if (value !== undefined && value !== null) same[name] = value;
	}
	for (const [name, spelling] of COUNTS) {
		const value = schema[name] ?? schema[spelling];
		if (value !== undefined && value !== null) same[name] = typeof value === 'string' ? Number(value) : value;
	}
	return same;
}

function decodeType(schema: JsonObject): JsonObject {
	const type = schema['type'];
	if (typeof type !== 'string' || type === 'TYPE_UNSPECIFIED') return {};
	const name = type.toLowerCase();
	return { type: schema['nullable'] === true ? [name, 'null'] : name };
}

function decodeProperties(schema: JsonObject): JsonObject {
	const properties = schema['properties'];
	if (!isObject(properties)) return {};
	const read = Object.entries(properties).map(([name, inner]) => [name, isObject(inner) ? decodeSchema(inner) : {}]);
	return { properties: Object.fromEntries(read) };
}

/** Google's `Schema` as JSON Schema. Source: https://ai.google.dev/api/caching#Schema */
function decodeSchema(schema: JsonObject): JsonObject {
	const anyOf = objectsIn(schema['anyOf'] ?? schema['any_of']).map(decodeSchema);
	return {
		...decodeType(schema),
		...decodeSame(schema),
		...decodeProperties(schema),
		...(isObject(schema['items']) ? { items: decodeSchema(schema['items']) } : {}),
		...(anyOf.length > 0 ? { anyOf } : {}),
	};
}
