import type {
	LanguageModelV4,
	LanguageModelV4CallOptions,
	LanguageModelV4Message,
	SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import {
	type FittedRequest,
	fitRequest,
	getModelRules,
	type ModelRules,
	type ToolNames,
} from '../../model-rules/index.ts';
import { withoutUndefined } from '../../protocol/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import type { CallFitting } from '../library-fetch.ts';

/** Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolSpecification.html (2026-11-29) */
const MAX_TOOL_NAME_LENGTH = 64;
const FORMAT = 'anthropic-messages';

/**
 * One of Bedrock's models behind the AI SDK, called as the model takes it. The requests are fitted in the neutral form: the
 * library signs what it writes, and a body that is changed after that is refused.
 */
export function createConverseModel(model: LanguageModelV4, fitting: CallFitting = {}): LanguageModelV4 {
	const prepare = (options: LanguageModelV4CallOptions) => fitConverse(options, model.modelId, fitting);
	return {
		specificationVersion: model.specificationVersion,
		provider: model.provider,
		modelId: model.modelId,
		supportedUrls: model.supportedUrls,
		async doGenerate(given) {
			const { names, options } = prepare(given);
			const result = await model.doGenerate(options);
			return { ...result, content: result.content.map((part) => withToolName(part, names)) };
		},
		async doStream(given) {
			const { names, options } = prepare(given);
			const result = await model.doStream(options);
			if (names.size === 0) return result;
			const renamed = new TransformStream({
				transform: (part, controller) => controller.enqueue(withToolName(part, names)),
			});
			return { ...result, stream: result.stream.pipeThrough(renamed) };
		},
	};
}

/** The part with the name of its tool in the other spelling. */
function withToolName<Part extends object>(part: Part, names: ToolNames): Part {
	const name = 'toolName' in part ? names.get(String(part.toolName)) : undefined;
	return name === undefined ? part : { ...part, toolName: name };
}

/** The call as the model takes it, and the names of tools that answers are to be told back. */
function fitConverse(
	options: LanguageModelV4CallOptions,
	modelId: string,
	{ family, ids = [], onFitted, ...limits }: CallFitting,
): { options: LanguageModelV4CallOptions; names: ToolNames } {
	const rules = getModelRules({ family, format: FORMAT, ids: [modelId, ...ids] });
	const asked = readThinking(options, rules);
	const isLost = isThinking(asked) && isHeldByTool(options, modelId, rules);
	const effort = asked.isDerived ? undefined : asked.effort;
	const thinking = isLost ? { thinking: undefined, effort, isDerived: false } : asked;
	const given = { ...toMessagesBody(options), ...(rules.family === 'anthropic' && toSettings(options, thinking)) };
	const fitted = fitRequest(FORMAT, given, {
		...limits,
		// what is not Claude's: names and schemas of tools are all that its body has in it, and Bedrock asks the same of every model
		rules: rules.family === 'anthropic' ? rules : getModelRules({ format: FORMAT, ids: ['claude-3-haiku'] }),
		toolNameLength: MAX_TOOL_NAME_LENGTH,
	});
	// a form and an effort that are ours are not named, thinking that is lost is
	const own = !thinking.isDerived
		? []
		: ['output_config.effort', ...(fitted.body['thinking'] === undefined ? [] : ['thinking'])];
	const dropped = [...fitted.dropped.filter((path) => !own.includes(path)), ...(isLost ? ['thinking'] : [])];
	onFitted?.({ body: fitted.body, dropped }, FORMAT);
	const names: ToolNames = fitted.names ?? new Map();
	const named = withSentTools(options, fitted);
	return { options: rules.family === 'anthropic' ? withSettings(named, fitted.body, thinking) : named, names };
}

/** How much a call asks the model to think, in Anthropic's words. */
interface AskedThinking {
	thinking: JsonObject | undefined;
	effort: unknown;
	/** The form is ours: the call names an effort alone. */
	isDerived: boolean;
}

function readThinking({ providerOptions, reasoning }: LanguageModelV4CallOptions, rules: ModelRules): AskedThinking {
	const own = getBedrockOptions(providerOptions)['reasoningConfig'];
	const { effort: anthropicEffort, thinking: anthropicThinking } = providerOptions?.['anthropic'] ?? {};
	const asked = isObject(own) ? own : anthropicThinking;
	const effort = isObject(own) ? own['maxReasoningEffort'] : anthropicEffort;
	if (isObject(asked) && asked['type'] !== undefined) {
		const { budgetTokens: budget_tokens, display, type } = asked;
		const thinking = {
			type,
			...(budget_tokens !== undefined && { budget_tokens }),
			...(display !== undefined && { display }),
		};
		return { thinking, effort, isDerived: false };
	}
	const isUnasked = reasoning === undefined || reasoning === 'provider-default' || effort !== undefined;
	const hasThinking = rules.family === 'anthropic' && rules.thinking.length > 0;
	if (isUnasked || (reasoning === 'none' && !hasThinking)) return { thinking: undefined, effort, isDerived: false };
	if (reasoning === 'none') return { thinking: { type: 'disabled' }, effort, isDerived: false };
	return { thinking: { type: 'adaptive' }, effort: reasoning === 'minimal' ? 'low' : reasoning, isDerived: true };
}

function isThinking({ thinking }: AskedThinking): boolean {
	return thinking !== undefined && thinking['type'] !== 'disabled';
}

/** Models whose answers the library holds to a schema by a tool that it forces, though they have schemas of their own. */
const SCHEMA_BY_TOOL = /claude-(?:haiku-4-5|sonnet-4-6|opus-4-7)/;

/** Whether the answer is held to a schema by a forced tool, which the model does not take while it thinks. */
function isHeldByTool({ responseFormat }: LanguageModelV4CallOptions, modelId: string, rules: ModelRules): boolean {
	if (responseFormat?.type !== 'json' || responseFormat.schema === undefined || rules.family !== 'anthropic')
		return false;
	return rules.forcedTools === 'without-thinking' && (!rules.schemas || SCHEMA_BY_TOOL.test(modelId));
}

/** The library's own options, under either of its names. */
function getBedrockOptions(options: SharedV4ProviderOptions | undefined): JsonObject {
	return options?.['amazonBedrock'] ?? options?.['bedrock'] ?? {};
}

/** The settings of a call as Anthropic names them. */
function toSettings(options: LanguageModelV4CallOptions, { effort, thinking }: AskedThinking): JsonObject {
	return {
		max_tokens: options.maxOutputTokens,
		temperature: options.temperature,
		top_p: options.topP,
		top_k: options.topK,
		stop_sequences: options.stopSequences,
		thinking,
		...(effort !== undefined && { output_config: { effort } }),
	};
}

/** The conversation and the tools of a call, as far as rules ask for them. */
function toMessagesBody({ prompt, toolChoice, tools }: LanguageModelV4CallOptions): JsonObject {
	const type = toolChoice?.type === 'required' ? 'any' : toolChoice?.type;
	return {
		messages: prompt.filter(({ role }) => role !== 'system').map(toMessage),
		tools: tools?.map((tool) =>
			tool.type === 'function'
				? { name: tool.name, input_schema: tool.inputSchema, ...(tool.strict !== undefined && { strict: tool.strict }) }
				: { type: tool.id, name: tool.name },
		),
		tool_choice:
			type === undefined ? undefined : toolChoice?.type === 'tool' ? { type, name: toolChoice.toolName } : { type },
	};
}

function toMessage({ content, role }: LanguageModelV4Message): JsonObject {
	const parts = typeof content === 'string' ? [] : content;
	return { role: role === 'tool' ? 'user' : role, content: parts.map(toBlock) };
}

function toBlock(part: Exclude<LanguageModelV4Message['content'], string>[number]): JsonObject {
	switch (part.type) {
		case 'text':
			return { type: 'text', text: part.text };
		case 'reasoning': {
			const { redactedContent, redactedData, signature } = getBedrockOptions(part.providerOptions);
			if ((redactedContent ?? redactedData) !== undefined) return { type: 'redacted_thinking' };
			return { type: 'thinking', signature };
		}
		case 'tool-call':
			return { type: 'tool_use', name: part.toolName };
		case 'tool-result':
			return { type: 'tool_result' };
		default:
			return { type: part.type };
	}
}

/** The call with its tools as they are sent: with the names, the schemas and the choice that were fitted. */
function withSentTools(
	options: LanguageModelV4CallOptions,
	{ body, names }: FittedRequest,
): LanguageModelV4CallOptions {
	const sent = new Map([...(names ?? [])].map(([sentName, name]) => [name, sentName]));
	const given: readonly unknown[] = Array.isArray(body['tools']) ? body['tools'] : [];
	const tools = options.tools?.map((tool, index) => {
		const fitted = given[index];
		if (tool.type !== 'function' || !isObject(fitted)) return tool;
		const { strict: _strict, ...rest } = tool;
		const isStrict = fitted['strict'] === undefined ? rest : tool;
		return { ...isStrict, name: String(fitted['name']), inputSchema: Object(fitted['input_schema']) };
	});
	const choice = isObject(body['tool_choice']) ? body['tool_choice'] : {};
	const { toolChoice } = options;
	const isLoosened = choice['type'] === 'auto' && toolChoice !== undefined;
	const named =
		toolChoice?.type === 'tool'
			? { ...toolChoice, toolName: sent.get(toolChoice.toolName) ?? toolChoice.toolName }
			: toolChoice;
	return {
		...options,
		...(tools !== undefined && { tools }),
		...(named !== undefined && { toolChoice: isLoosened ? { type: 'auto' } : named }),
		prompt: sent.size === 0 ? options.prompt : options.prompt.map((message) => withSentNames(message, sent)),
	};
}

function withSentNames(message: LanguageModelV4Message, sent: ToolNames): LanguageModelV4Message {
	if (message.role !== 'assistant' && message.role !== 'tool') return message;
	// each kind of message keeps its own kinds of parts
	return { ...message, content: message.content.map((part) => withToolName(part, sent)) } as LanguageModelV4Message;
}

/** The call with settings that the model takes, and thinking within the output limit: the library adds a budget on top. */
function withSettings(
	options: LanguageModelV4CallOptions,
	body: JsonObject,
	{ isDerived }: AskedThinking,
): LanguageModelV4CallOptions {
	const {
		maxOutputTokens: _limit,
		stopSequences: _stop,
		temperature: _temperature,
		topK: _topK,
		topP: _topP,
		...rest
	} = options;
	const { bedrock: _legacy, ...others } = options.providerOptions ?? {};
	const {
		reasoningConfig: _asked,
		additionalModelRequestFields: given,
		...own
	} = getBedrockOptions(options.providerOptions);
	const config = toReasoningConfig(body, isDerived);
	const { top_k, thinking } = body;
	// members that Converse has no place for. Source: https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html (2026-11-29)
	const isOutside = isObject(thinking) && thinking['type'] === 'between_tools';
	const fields = { ...Object(given), ...(isOutside && { thinking }), ...withoutUndefined({ top_k }) };
	const providerOptions: Record<string, unknown> = {
		...others,
		amazonBedrock: {
			...own,
			reasoningConfig: config,
			...(Object.keys(fields).length > 0 && { additionalModelRequestFields: fields }),
		},
	};
	const { max_tokens: limit, stop_sequences: stop } = body;
	const maxOutputTokens = typeof limit === 'number' ? limit - (config.budgetTokens ?? 0) : undefined;
	const stopSequences: string[] | undefined = Array.isArray(stop) ? stop : undefined;
	return {
		...rest,
		reasoning: 'provider-default',
		...withoutUndefined({
			maxOutputTokens,
			stopSequences,
			temperature: toNumber(body['temperature']),
			topP: toNumber(body['top_p']),
		}),
		providerOptions: providerOptions as SharedV4ProviderOptions,
	};
}

/** What Bedrock's library takes for thinking and effort. */
function toReasoningConfig(body: JsonObject, isDerived: boolean): JsonObject & { budgetTokens?: number } {
	const { budget_tokens, display, type } = Object(body['thinking']);
	const { effort } = Object(body['output_config']);
	return {
		...withoutUndefined({
			type: type === 'between_tools' ? undefined : type,
			display: type === 'adaptive' ? display : undefined,
			maxReasoningEffort: isDerived && type === 'enabled' ? undefined : effort,
		}),
		...(type === 'enabled' && { budgetTokens: budget_tokens }),
	};
}

function toNumber(value: unknown): number | undefined {
	return typeof value === 'number' ? value : undefined;
}
