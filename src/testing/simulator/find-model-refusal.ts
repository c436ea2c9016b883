import type { WireFormatName } from '../../contracts/index.ts';
import {
	type AnthropicRules,
	type GeminiRules,
	getModelRules,
	isStrictSchema,
	MAX_GEMINI_STOP_SEQUENCES,
	MIN_RESPONSES_TOKENS,
	type OpenAiRules,
} from '../../model-rules/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { findMediaRefusal } from './find-media-refusal.ts';
import { listParts, toFields, toFieldsList, toNumber, toStrings, toText } from './json-fields.ts';

/** What is wrong with a request, in its provider's words; `null`: nothing. */
type Refusal = string | null;

/** Why a provider refuses a request for one of its models, by the rules of the model's generation; `null`: it does not. */
export function findModelRefusal(format: WireFormatName, model: string, body: JsonObject): Refusal {
	const rules = getModelRules({ format, ids: [model] });
	const media = findMediaRefusal(format, body, rules);
	if (media !== null) return media;
	if (rules.family === 'anthropic') return refuseAnthropic(body, rules);
	if (rules.family === 'google') return refuseGemini(body, rules);
	if (rules.family !== 'openai') return null;
	return format === 'openai-chat' ? refuseChat(body, rules) : refuseResponses(body, rules);
}

/** The first of what is wrong. */
function firstOf(...checks: ReadonlyArray<() => Refusal>): Refusal {
	for (const check of checks) {
		const refusal = check();
		if (refusal !== null) return refusal;
	}
	return null;
}

function refuseAnthropic(body: JsonObject, rules: AnthropicRules): Refusal {
	return firstOf(
		() => refuseThinking(body, rules),
		() => refuseSampling(body, rules),
		() => refuseTier(body, ['auto', 'standard_only']),
		() => refuseOutputFormat(toFields(toFields(body['output_config'])['format']), rules),
		() => refuseAnthropicTools(body, rules),
		() => refuseMessages(body, rules),
	);
}

function refuseThinking(body: JsonObject, rules: AnthropicRules): Refusal {
	const { budget_tokens: budget, type } = toFields(body['thinking']);
	const maxTokens = toNumber(body['max_tokens']) ?? Number.POSITIVE_INFINITY;
	if (type !== undefined && !rules.thinking.some((form) => form === type)) {
		return type === 'adaptive'
			? 'adaptive thinking is not supported on this model'
			: `"thinking.type.${toText(type)}" is not supported for this model.`;
	}
	if (type === 'enabled' && (toNumber(budget) ?? 0) < 1024)
		return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
	if (type === 'enabled' && (toNumber(budget) ?? 0) >= maxTokens)
		return '`max_tokens` must be greater than `thinking.budget_tokens`.';
	return refuseAnthropicEffort(toFields(body['output_config'])['effort'], type, rules);
}

function refuseAnthropicEffort(effort: unknown, form: unknown, rules: AnthropicRules): Refusal {
	if (effort === undefined) return null;
	if (rules.efforts.length === 0) return 'This model does not support the effort parameter.';
	if (!rules.efforts.includes(toText(effort)))
		return `output_config.effort: "${toText(effort)}" is not supported by this model`;
	const highest = rules.efforts.indexOf(rules.effortWithoutThinking ?? '');
	const isBeyond = highest !== -1 && rules.efforts.indexOf(toText(effort)) > highest;
	return isBeyond && (form === 'disabled' || form === 'between_tools')
		? `output_config.effort: "${toText(effort)}" needs thinking`
		: null;
}

function refuseTier({ service_tier: tier }: JsonObject, tiers: readonly string[]): Refusal {
	const isKnown = tier === undefined || tier === null || tiers.includes(toText(tier));
	return isKnown ? null : `service_tier: '${toText(tier)}' is not one of ${tiers.join(', ')}`;
}

function refuseOutputFormat({ schema, type }: JsonObject, { schemas }: AnthropicRules): Refusal {
	if (type === undefined) return null;
	if (!schemas) return 'output_config.format: structured outputs are not supported for this model';
	return isStrictSchema(schema, 'anthropic') ? null : 'output_config.format.schema: a keyword is not supported';
}

function refuseSampling(body: JsonObject, { sampling }: AnthropicRules): Refusal {
	const isThinking = ['enabled', 'adaptive', 'between_tools'].includes(toText(toFields(body['thinking'])['type']));
	const { temperature, top_k: topK, top_p: topP } = body;
	const isSet = [temperature, topK, topP].some((value) => value !== undefined);
	if (sampling === 'none' && isSet) return '`temperature`, `top_p` and `top_k` are not supported for this model.';
	if (sampling === 'one' && temperature !== undefined && topP !== undefined)
		return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
	if (isThinking && temperature !== undefined && temperature !== 1)
		return '`temperature` may only be set to 1 when thinking is enabled.';
	if (isThinking && topK !== undefined) return '`top_k` must be unset when thinking is enabled.';
	if (temperature !== undefined && Number(temperature) > 1)
		return 'temperature: Input should be less than or equal to 1';
	return toStrings(body['stop_sequences'] ?? []).some((text) => text.trim() === '')
		? 'stop_sequences: each stop sequence must contain non-whitespace'
		: null;
}

function refuseAnthropicTools(body: JsonObject, rules: AnthropicRules): Refusal {
	for (const [index, tool] of toFieldsList(body['tools']).entries()) {
		const refusal = (tool['type'] ?? 'custom') === 'custom' ? refuseAnthropicTool(tool, index, rules) : null;
		if (refusal !== null) return refusal;
	}
	const { type } = toFields(body['tool_choice']);
	const isForced = type === 'any' || type === 'tool';
	if (!isForced) return null;
	if (rules.forcedTools === 'never') return 'tool_choice: forced tool use is not supported for this model';
	const form = toFields(body['thinking'])['type'];
	return form === 'enabled' || (form === 'adaptive' && rules.forcedTools === 'without-thinking')
		? 'Thinking may not be enabled when tool_choice forces tool use.'
		: null;
}

function refuseAnthropicTool(tool: JsonObject, index: number, rules: AnthropicRules): Refusal {
	const path = `tools.${index}.custom`;
	if (!/^[a-zA-Z0-9_-]{1,128}$/.test(toText(tool['name'])))
		return `${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
	const schema = toFields(tool['input_schema']);
	if (schema['type'] !== 'object') return `${path}.input_schema.type: Field required`;
	if (['oneOf', 'anyOf', 'allOf'].some((keyword) => schema[keyword] !== undefined))
		return `${path}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`;
	return tool['strict'] === true && !(rules.schemas && isStrictSchema(schema, 'anthropic'))
		? `${path}: the schema is not supported with strict`
		: null;
}

function refuseMessages(body: JsonObject, rules: AnthropicRules): Refusal {
	const messages = toFieldsList(body['messages']);
	if (messages.length === 0) return 'messages: at least one message is required';
	const system = listParts(body['system'] ?? []);
	if (system.some(isEmptyText)) return 'system: text content blocks must be non-empty';
	for (const message of messages) {
		const refusal = refuseMessage(message, rules);
		if (refusal !== null) return refusal;
	}
	const last = messages.at(-1);
	return last?.['role'] === 'assistant' ? refusePrefill(last, body, rules) : null;
}

function refusePrefill({ content }: JsonObject, body: JsonObject, { prefill }: AnthropicRules): Refusal {
	if (!prefill)
		return 'This model does not support assistant message prefill. The conversation must end with a user message.';
	const text = typeof content === 'string' ? content : toText(listParts(content).at(-1)?.['text'] ?? '');
	if (text.trimEnd() !== text) return 'messages: final assistant content cannot end with trailing whitespace';
	return toFields(body['thinking'])['type'] === 'enabled'
		? 'Prefilling assistant messages is not supported while thinking is enabled.'
		: null;
}

function refuseMessage({ content, role }: JsonObject, rules: AnthropicRules): Refusal {
	if (role === 'system' && !rules.systemMessages) return "role 'system' is not supported on this model";
	const parts = listParts(content);
	// a result may be nothing, but no block of it may
	const inner = parts.flatMap((part) => toFieldsList(part['content']));
	if ([...parts, ...inner].some(isEmptyText)) return 'messages: text content blocks must be non-empty';
	const ids = parts.flatMap((part) => [part['id'], part['tool_use_id']].filter((id) => id !== undefined));
	if (ids.some((id) => !/^[a-zA-Z0-9_-]+$/.test(toText(id))))
		return "messages: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
	const isBlank = parts.every(({ text, type }) => type === 'text' && toText(text).trim() === '');
	return role === 'assistant' && isBlank ? 'messages: text content blocks must contain non-whitespace text' : null;
}

function isEmptyText({ text, type }: JsonObject): boolean {
	return type === 'text' && toText(text) === '';
}

/** Members with the values that say nothing beyond the default. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
	temperature: 1,
	top_p: 1,
	presence_penalty: 0,
	frequency_penalty: 0,
	logprobs: false,
};

/** The first of these parameters that asks for something, refused in OpenAI's words. */
function refuseParameters(body: JsonObject, names: readonly string[]): Refusal {
	const name = names.find((each) => body[each] !== undefined && body[each] !== null && body[each] !== DEFAULTS[each]);
	return name === undefined ? null : `Unsupported parameter: '${name}' is not supported with this model.`;
}

function refuseEffort(effort: unknown, parameter: string, efforts: readonly string[]): Refusal {
	if (effort === undefined || effort === null) return null;
	if (efforts.length === 0) return `Unsupported parameter: '${parameter}' is not supported with this model.`;
	return efforts.includes(toText(effort))
		? null
		: `Unsupported value: '${parameter}' does not support '${toText(effort)}' with this model.`;
}

/** Whether sampling is refused, with this effort of reasoning. */
function refusesSampling({ sampling }: OpenAiRules, effort: unknown): boolean {
	return sampling === 'never' || (sampling === 'without-reasoning' && effort !== 'none');
}

function refuseChat(body: JsonObject, rules: OpenAiRules): Refusal {
	const effort = body['reasoning_effort'];
	const tools = toFieldsList(body['tools']);
	const stop = body['stop'];
	const format = toFields(toFields(body['response_format'])['json_schema']);
	return firstOf(
		() => (rules.completionLimit ? refuseParameters(body, ['max_tokens']) : null),
		() =>
			refuseEffort(
				effort,
				'reasoning_effort',
				rules.efforts.filter((each) => each !== 'max'),
			),
		() =>
			refusesSampling(rules, effort)
				? refuseParameters(body, ['temperature', 'top_p', 'logprobs', 'top_logprobs'])
				: null,
		() =>
			rules.penalties ? null : refuseParameters(body, ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop']),
		() =>
			Array.isArray(stop) && stop.length > 4
				? "Invalid 'stop': array too long. Expected an array with maximum length 4."
				: null,
		() => (rules.searchesInChat ? null : refuseParameters(body, ['web_search_options'])),
		() => (Array.isArray(body['tools']) && tools.length === 0 ? "Invalid 'tools': empty array." : null),
		() => (tools.length === 0 ? refuseParameters(body, ['tool_choice', 'parallel_tool_calls']) : null),
		() => (rules.parallelToolCalls ? null : refuseParameters(body, ['parallel_tool_calls'])),
		() =>
			tools.length > 0 && !rules.toolsWhileReasoning && effort !== 'none'
				? 'Function tools with reasoning_effort are not supported for this model in /v1/chat/completions.'
				: null,
		() => refuseTools(tools, rules),
		() => refuseFunctions(tools.filter(({ type }) => type !== 'custom').map((tool) => toFields(tool['function']))),
		() => refuseStrict(format),
		() => refuseTier(body, OPENAI_TIERS),
		() => refuseJsonMode(body['response_format'], body['messages']),
		() => refuseChatMessages(toFieldsList(body['messages']), rules),
	);
}

function refuseChatMessages(messages: readonly JsonObject[], rules: OpenAiRules): Refusal {
	for (const message of messages) {
		if (message['role'] === 'developer' && !rules.developerRole)
			return "Invalid value: 'developer'. Supported values are: 'system', 'assistant', 'user', and 'tool'.";
		const calls = message['tool_calls'];
		if (Array.isArray(calls) && calls.length === 0) return "Invalid 'messages.tool_calls': empty array.";
		const ids = refuseLongIds(toFieldsList(calls ?? []), 'id', 40) ?? refuseLongIds([message], 'tool_call_id', 40);
		if (ids !== null) return ids;
	}
	return null;
}

/** As many tools as OpenAI takes, and none of free text where the model has none. */
function refuseTools(tools: readonly JsonObject[], { customTools }: OpenAiRules): Refusal {
	if (tools.length > 128) return "Invalid 'tools': array too long. Expected an array with maximum length 128.";
	return !customTools && tools.some(({ type }) => type === 'custom')
		? "Unsupported tool type: 'custom' is not supported with this model."
		: null;
}

/** Functions with names and schemas that OpenAI takes. */
function refuseFunctions(functions: readonly JsonObject[]): Refusal {
	for (const { name, parameters, strict } of functions) {
		if (!/^[a-zA-Z0-9_-]{1,64}$/.test(toText(name)))
			return `Invalid 'tools': string does not match pattern. Expected a string that matches '^[a-zA-Z0-9_-]{1,64}$'.`;
		if (!isObject(parameters)) continue;
		if (parameters['type'] !== 'object' || !isObject(parameters['properties']))
			return `Invalid schema for function '${toText(name)}': In context=(), object schema missing properties.`;
		if (['oneOf', 'anyOf', 'allOf', 'enum', 'const', 'not'].some((keyword) => parameters[keyword] !== undefined))
			return `Invalid schema for function '${toText(name)}': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'const'/'not' at the top level.`;
		if (Object.values(toFields(parameters['properties'])).some((each) => isListOfAnything(toFields(each))))
			return `Invalid schema for function '${toText(name)}': array schema missing items.`;
		if (strict === true && !isStrictSchema(parameters, 'openai'))
			return `Invalid schema for function '${toText(name)}': 'additionalProperties' is required to be supplied and to be false.`;
	}
	return null;
}

function isListOfAnything({ items, type }: JsonObject): boolean {
	return type === 'array' && items === undefined;
}

function refuseStrict({ name, schema, strict }: JsonObject): Refusal {
	return strict === true && !isStrictSchema(schema, 'openai')
		? `Invalid schema for response_format '${toText(name)}': 'additionalProperties' is required to be supplied and to be false.`
		: null;
}

function refuseResponses(body: JsonObject, rules: OpenAiRules): Refusal {
	const { effort } = toFields(body['reasoning']);
	const limit = toNumber(body['max_output_tokens']);
	return firstOf(
		() =>
			limit !== null && limit < MIN_RESPONSES_TOKENS
				? `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= ${MIN_RESPONSES_TOKENS}, but got ${limit} instead.`
				: null,
		() => (rules.efforts.length === 0 ? refuseParameters(body, ['reasoning']) : null),
		() => refuseEffort(effort, 'reasoning.effort', rules.efforts),
		() => (refusesSampling(rules, effort) ? refuseParameters(body, ['temperature', 'top_p', 'top_logprobs']) : null),
		() =>
			rules.efforts.length === 0 && toStrings(body['include'] ?? []).includes('reasoning.encrypted_content')
				? 'Encrypted content is not supported with this model.'
				: null,
		() => refuseTools(toFieldsList(body['tools']), rules),
		() => refuseFunctions(toFieldsList(body['tools']).filter(({ type }) => type === 'function')),
		() => refuseStrict(toFields(toFields(body['text'])['format'])),
		() => refuseTier(body, OPENAI_TIERS),
		() => refuseJsonMode(toFields(body['text'])['format'], body['input']),
		() => refuseLongIds(Array.isArray(body['input']) ? toFieldsList(body['input']) : [], 'call_id', 64),
	);
}

const OPENAI_TIERS = ['auto', 'default', 'flex', 'scale', 'priority'];

/** JSON mode, which needs the word in the conversation. */
function refuseJsonMode(format: unknown, conversation: unknown): Refusal {
	const isMissing = toFields(format)['type'] === 'json_object' && !/json/i.test(JSON.stringify(conversation ?? ''));
	return isMissing ? "Messages must contain the word 'json' in some form, to use 'json_object'." : null;
}

function refuseLongIds(items: readonly JsonObject[], member: string, longest: number): Refusal {
	const isLong = items.some((item) => toText(item[member] ?? '').length > longest);
	return isLong ? `Invalid '${member}': string too long. Expected a string with maximum length ${longest}.` : null;
}

function refuseGemini(body: JsonObject, rules: GeminiRules): Refusal {
	const config = toFields(body['generationConfig'] ?? body['generation_config']);
	const declared = toFieldsList(body['tools']).flatMap((tool) =>
		toFieldsList(tool['functionDeclarations'] ?? tool['function_declarations']),
	);
	const stop = config['stopSequences'] ?? config['stop_sequences'];
	const penalties = ['presencePenalty', 'frequencyPenalty'].some((name) => config[name] !== undefined);
	return firstOf(
		() => refuseContents(toFieldsList(body['contents']), rules),
		() => (!rules.penalties && penalties ? 'Penalty is not enabled for this model' : null),
		() =>
			Array.isArray(stop) && stop.length > MAX_GEMINI_STOP_SEQUENCES
				? `The number of stop sequences must be at most ${MAX_GEMINI_STOP_SEQUENCES}.`
				: null,
		() => refuseDeclared(declared),
		() => refuseGeminiThinking(toFields(config['thinkingConfig'] ?? config['thinking_config']), rules),
	);
}

function refuseContents(contents: readonly JsonObject[], rules: GeminiRules): Refusal {
	const [first] = contents;
	if (first === undefined) return '* GenerateContentRequest.contents: contents is not specified';
	const turns = contents.map(({ parts }) => toFieldsList(parts));
	if (turns.some((parts) => parts.length === 0))
		return '* GenerateContentRequest.contents[0].parts: contents.parts must not be empty.';
	if (first['role'] === 'model' && turns[0]?.some((part) => part['functionCall'] !== undefined))
		return 'Please ensure that function call turn comes immediately after a user turn or after a function response turn.';
	const hasFiles = turns.flat().some((part) => toFields(part['functionResponse'])['parts'] !== undefined);
	return hasFiles && !rules.filesInResults ? 'Multimodal function responses are not supported for this model.' : null;
}

function refuseDeclared(declared: readonly JsonObject[]): Refusal {
	const path = '* GenerateContentRequest.tools[0].function_declarations[0].parameters.properties';
	for (const { name, parameters } of declared) {
		if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(toText(name)))
			return 'Invalid function name. Must start with a letter or an underscore, with a maximum length of 64.';
		if (!isObject(parameters)) continue;
		if (parameters['type'] === undefined) return `${path}: only allowed for OBJECT type`;
		if (Object.keys(toFields(parameters['properties'])).length === 0)
			return `${path}: should be non-empty for OBJECT type`;
	}
	return null;
}

function refuseGeminiThinking(thinking: JsonObject, rules: GeminiRules): Refusal {
	if (Object.keys(thinking).length === 0) return null;
	if (rules.thinking === 'none') return 'Thinking is not enabled for this model.';
	const level = thinking['thinkingLevel'] ?? thinking['thinking_level'];
	const budget = toNumber(thinking['thinkingBudget'] ?? thinking['thinking_budget']);
	if (level !== undefined && budget !== null) return 'You can only set only one of thinking budget and thinking level.';
	if (rules.thinking === 'budget') return refuseBudget(level, budget, rules);
	if (level !== undefined && !rules.levels.includes(toText(level).toLowerCase()))
		return `Thinking level ${toText(level)} is not supported for this model.`;
	return budget === 0 ? 'Budget 0 is invalid. This model only works in thinking mode.' : null;
}

function refuseBudget(level: unknown, budget: number | null, rules: GeminiRules): Refusal {
	if (level !== undefined) return 'Thinking level is not supported for this model.';
	if (budget === 0 && !rules.canSwitchOff) return 'Budget 0 is invalid. This model only works in thinking mode.';
	return budget !== null && budget > 0 && (budget < rules.minBudget || budget > rules.maxBudget)
		? `The thinking budget ${budget} is invalid. Please choose a value between ${rules.minBudget} and ${rules.maxBudget}.`
		: null;
}
