import type {
	JSONObject,
	LanguageModelV4CallOptions,
	LanguageModelV4FunctionTool,
	LanguageModelV4ProviderTool,
} from '@ai-sdk/provider';
import type { JsonObject } from '../../util/index.ts';
import { BodyFields, withoutUndefined } from '../shared/body-fields.ts';
import type { DecodedRequest } from '../shared/caller-format.ts';
import { decodeAnthropicMessages, toAnthropicOptions } from './decode-messages.ts';
import { decodeAnthropicThinking } from './reasoning.ts';

/** Values that the AI SDK knows; others would fail the call. */
const SUPPORTED_VALUES: Readonly<Record<string, ReadonlySet<unknown>>> = {
	service_tier: new Set(['auto', 'standard_only']),
	speed: new Set(['fast', 'standard']),
	inference_geo: new Set(['us', 'global']),
};

/** A setting whose value is known; any other is dropped. */
function decodeSetting(body: BodyFields, name: string, dropped: string[]): unknown {
	const value = body.get(name);
	if (value === undefined || SUPPORTED_VALUES[name]?.has(value)) return value;
	dropped.push(body.pathOf(name));
	return undefined;
}

function decodeResponseFormat(body: BodyFields): LanguageModelV4CallOptions['responseFormat'] {
	const format = body.object('output_config')?.object('format') ?? body.object('output_format');
	const schema = format?.object('schema')?.value;
	if (schema === undefined) return undefined;
	// a schema is the caller's: the provider validates it
	type Schema = NonNullable<Extract<LanguageModelV4CallOptions['responseFormat'], { type: 'json' }>>['schema'];
	return { type: 'json', schema: schema as NonNullable<Schema> };
}

function decodeProviderOptions(
	body: BodyFields,
	dropped: string[],
): Pick<LanguageModelV4CallOptions, 'providerOptions'> {
	const isSequential = body.object('tool_choice')?.boolean('disable_parallel_tool_use');
	const { thinking, effort, taskBudget } = decodeAnthropicThinking(body, dropped);
	const { providerOptions } = toAnthropicOptions(body, {
		thinking,
		effort,
		taskBudget,
		disableParallelToolUse: isSequential,
		metadata: withoutUndefined({ userId: body.object('metadata')?.string('user_id') }),
		serviceTier: decodeSetting(body, 'service_tier', dropped),
		speed: decodeSetting(body, 'speed', dropped),
		inferenceGeo: decodeSetting(body, 'inference_geo', dropped),
	});
	const openai = isSequential === true ? { openai: { parallelToolCalls: false } } : {};
	return { providerOptions: { ...providerOptions, ...openai } };
}

/**
 * A request for a message in the neutral form. Cache breakpoints, signatures and what only Anthropic knows go to its
 * provider options, so that they are written again where Anthropic answers. @throws InvalidInputError naming the field's path
 */
export function decodeAnthropicRequest(json: JsonObject): DecodedRequest {
	const body = new BodyFields(json);
	const dropped: string[] = [];
	const prompt = decodeAnthropicMessages(body, dropped);
	const tools = decodeTools(body, dropped);
	const choice = body.object('tool_choice');
	const options: LanguageModelV4CallOptions = {
		prompt,
		...withoutUndefined({
			maxOutputTokens: body.count('max_tokens'),
			temperature: body.number('temperature'),
			topP: body.number('top_p'),
			topK: body.number('top_k'),
			stopSequences: body.strings('stop_sequences'),
			responseFormat: decodeResponseFormat(body),
			reasoning: decodeAnthropicThinking(body, []).reasoning,
			tools: tools.length === 0 ? undefined : tools,
			toolChoice: choice === undefined ? undefined : decodeToolChoice(choice),
		}),
		...decodeProviderOptions(body, dropped),
	};
	// these are read by the gateway itself
	for (const name of ['model', 'stream']) body.get(name);
	return { options, dropped: [...new Set([...dropped, ...body.unreadPaths()])] };
}

type Tool = LanguageModelV4FunctionTool | LanguageModelV4ProviderTool;

function camelCase(name: string): string {
	return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A tool that Anthropic defines, e.g. `web_search_20250305`. */
function decodeServerTool(tool: BodyFields, type: string, dropped: string[]): LanguageModelV4ProviderTool {
	const name = tool.string('name') ?? type;
	// the AI SDK has no place for a breakpoint on these
	if (tool.object('cache_control') !== undefined) dropped.push(tool.pathOf('cache_control'));
	const { type: _type, name: _name, cache_control: _breakpoint, ...args } = tool.value;
	const camelArgs = Object.entries(args).map(([key, value]): [string, unknown] => [camelCase(key), value]);
	const id = type.replace(/^tool_search_tool_/, 'tool_search_');
	return { type: 'provider', id: `anthropic.${id}`, name, args: Object.fromEntries(camelArgs) };
}

function decodeFunction(tool: BodyFields, dropped: string[]): LanguageModelV4FunctionTool {
	const examples = tool.objects('input_examples').map(({ value }) => ({ input: value as JSONObject }));
	const schema: JsonObject = tool.object('input_schema')?.value ?? { type: 'object' };
	const decoded: LanguageModelV4FunctionTool = {
		type: 'function',
		name: tool.requireString('name'),
		// a schema is the caller's: the provider validates it
		inputSchema: schema as LanguageModelV4FunctionTool['inputSchema'],
		...withoutUndefined({
			description: tool.string('description'),
			strict: tool.boolean('strict'),
			inputExamples: examples.length === 0 ? undefined : examples,
		}),
		...toAnthropicOptions(tool, {
			eagerInputStreaming: tool.boolean('eager_input_streaming'),
			deferLoading: tool.boolean('defer_loading'),
			allowedCallers: tool.strings('allowed_callers'),
		}),
	};
	dropped.push(...tool.unreadPaths());
	return decoded;
}

/** The tools a caller offers. */
function decodeTools(body: BodyFields, dropped: string[]): Tool[] {
	return body.objects('tools').map((tool) => {
		const type = tool.string('type') ?? 'custom';
		return type === 'custom' ? decodeFunction(tool, dropped) : decodeServerTool(tool, type, dropped);
	});
}

/** Which tool must be called. */
function decodeToolChoice(choice: BodyFields): NonNullable<LanguageModelV4CallOptions['toolChoice']> {
	const type = choice.string('type');
	switch (type) {
		case 'auto':
		case 'none':
			return { type };
		case 'any':
			return { type: 'required' };
		case 'tool':
			return { type: 'tool', toolName: choice.requireString('name') };
		default:
			throw choice.invalid('type', '"auto", "any", "tool" or "none"');
	}
}
