import { isObject, type JsonObject } from '../util/index.ts';
import { changeMembers, type Fitting, findNearest, withMember } from './fitting.ts';
import { MIN_RESPONSES_TOKENS, type OpenAiRules } from './openai-rules.ts';
import { isStrictSchema, toObjectSchema } from './tool-schemas.ts';

/** Source: https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools (2026-11-28) */
const TOOL_NAMES = { pattern: /^[a-zA-Z0-9_-]+$/, maxLength: 64 };

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
/** As many stop sequences as Chat Completions takes. Source: https://platform.openai.com/docs/api-reference/chat/create#chat_create-stop (2026-11-28) */
const MAX_STOP_SEQUENCES = 4;

/** Chat Completions: members of a request that a model which reasons refuses. */
const PENALTIES = ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop'] as const;
/** Values of members that say nothing beyond the default, which every model takes. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
	temperature: 1,
	top_p: 1,
	presence_penalty: 0,
	frequency_penalty: 0,
	logprobs: false,
};

/** Fits a request for Chat Completions. */
export function fitOpenAiChat(request: Fitting, rules: OpenAiRules): void {
	const effort = fitEffort(request, request.get('reasoning_effort'), rules, 'chat');
	if (effort !== request.get('reasoning_effort')) {
		if (request.get('reasoning_effort') !== undefined) request.note('reasoning_effort');
		request.set('reasoning_effort', effort);
	}
	if (rules.completionLimit) renameLimit(request);
	if (!mayTakeSampling(rules, request.get('reasoning_effort')))
		for (const name of ['temperature', 'top_p', 'logprobs', 'top_logprobs']) dropUnlessDefault(request, name);
	if (!rules.penalties) for (const name of PENALTIES) dropUnlessDefault(request, name);
	fitStop(request);
	if (!rules.searchesInChat) request.drop('web_search_options');
	if (rules.efforts.length === 0 && request.get('verbosity') !== 'medium') request.drop('verbosity');
	fitChatTools(request, rules);
	fitLegacyFunctions(request);
	fitStrictSchema(request, 'response_format', 'json_schema');
	if (request.object('response_format')['type'] === 'json_object') askForJson(request, 'messages');
	request.set(
		'messages',
		changeMembers(request.get('messages'), (message) => fitChatMessage(request, message, rules.developerRole)),
	);
}

/** Fits a request for Responses. */
export function fitOpenAiResponses(request: Fitting, rules: OpenAiRules): void {
	const limit = request.get('max_output_tokens');
	if (typeof limit === 'number' && limit < MIN_RESPONSES_TOKENS) {
		request.note('max_output_tokens');
		request.set('max_output_tokens', MIN_RESPONSES_TOKENS);
	}
	fitReasoning(request, rules);
	if (!mayTakeSampling(rules, request.object('reasoning')['effort']))
		for (const name of ['temperature', 'top_p', 'top_logprobs']) dropUnlessDefault(request, name);
	if (rules.efforts.length === 0 && request.object('text')['verbosity'] !== 'medium')
		request.dropIn('text', 'verbosity');
	fitStrictSchema(request, 'text', 'format');
	const { format } = request.object('text');
	if (isObject(format) && format['type'] === 'json_object') askForJson(request, 'input');
	request.set('tools', fitResponsesTools(request, request.get('tools'), 'tools'));
	const choice = request.get('tool_choice');
	if (isObject(choice)) request.set('tool_choice', fitAllowed(request, request.withSentName(choice, TOOL_NAMES)));
	request.set(
		'input',
		changeMembers(request.get('input'), (item, index) => fitItem(request, item, `input[${index}].tools`)) ??
			request.get('input'),
	);
}

function fitResponsesTools(request: Fitting, tools: unknown, path: string): unknown[] | undefined {
	return changeMembers(tools, (tool, index) => {
		if (tool['type'] !== 'namespace') return fitFunction(request, tool, `${path}[${index}]`);
		const inner = fitResponsesTools(request, tool['tools'], `${path}[${index}].tools`);
		return inner === tool['tools'] ? tool : { ...tool, tools: inner };
	});
}

/** An item with the names of tools as they are sent: a call, or a list of tools that are added. */
function fitItem(request: Fitting, item: JsonObject, path: string): JsonObject {
	const { tools, type } = item;
	if (type === 'function_call' || type === 'custom_tool_call') return request.withSentName(item, TOOL_NAMES);
	const fitted = type === 'additional_tools' ? fitResponsesTools(request, tools, path) : tools;
	return fitted === tools ? item : { ...item, tools: fitted };
}

/** The choice among some of the tools, with their names as they are sent. */
function fitAllowed(request: Fitting, choice: JsonObject): JsonObject {
	const tools = changeMembers(choice['tools'], (tool) => withSentNames(request, tool));
	return tools === undefined || tools === choice['tools'] ? choice : { ...choice, tools };
}

/** A tool, a call or a choice of one with its name as it is sent, wherever it has it. */
function withSentNames(request: Fitting, tool: JsonObject): JsonObject {
	let fitted = request.withSentName(tool, TOOL_NAMES);
	for (const member of ['function', 'custom']) {
		const inner = fitted[member];
		if (!isObject(inner)) continue;
		const named = request.withSentName(inner, TOOL_NAMES);
		if (named !== inner) fitted = { ...fitted, [member]: named };
	}
	return fitted;
}

/** Takes a member out where it asks for anything but the default. */
function dropUnlessDefault(request: Fitting, name: string): void {
	if (Object.hasOwn(DEFAULTS, name) && request.get(name) === DEFAULTS[name]) return;
	request.drop(name);
}

function mayTakeSampling({ sampling }: OpenAiRules, effort: unknown): boolean {
	return sampling === 'always' || (sampling === 'without-reasoning' && effort === 'none');
}

/** The effort that the model takes in place of the one asked for; `undefined`: none. */
function fitEffort(request: Fitting, effort: unknown, rules: OpenAiRules, format: 'chat' | 'responses'): unknown {
	// Chat Completions knows no `max`, and GPT-5.6 no function tools while it reasons there
	const efforts = format === 'chat' ? rules.efforts.filter((each) => each !== 'max') : rules.efforts;
	const tools = request.get('tools');
	if (format === 'chat' && !rules.toolsWhileReasoning && Array.isArray(tools) && tools.length > 0) return 'none';
	if (typeof effort !== 'string' || efforts.includes(effort)) return effort;
	return findNearest(effort, efforts, EFFORTS);
}

function renameLimit(request: Fitting): void {
	const limit = request.get('max_tokens');
	if (limit === undefined) return;
	if (request.get('max_completion_tokens') === undefined) request.set('max_completion_tokens', limit);
	request.set('max_tokens', undefined);
}

function fitStop(request: Fitting): void {
	const stop = request.get('stop');
	if (!Array.isArray(stop) || stop.length <= MAX_STOP_SEQUENCES) return;
	request.note('stop');
	request.set('stop', stop.slice(0, MAX_STOP_SEQUENCES));
}

function fitChatTools(request: Fitting, rules: OpenAiRules): void {
	const tools = changeMembers(request.get('tools'), (tool, index) => {
		const inner = tool['function'];
		if (!isObject(inner)) return withSentNames(request, tool);
		const fitted = fitFunction(request, { type: 'function', ...inner }, `tools[${index}].function`, inner);
		return fitted === inner ? tool : { ...tool, function: fitted };
	});
	request.set('tools', tools?.length === 0 ? undefined : tools);
	if (request.get('tools') === undefined) {
		for (const name of ['parallel_tool_calls', 'tool_choice']) request.set(name, undefined);
	} else if (!rules.parallelToolCalls) request.drop('parallel_tool_calls');
	const choice = request.get('tool_choice');
	if (!isObject(choice)) return;
	const named = withSentNames(request, choice);
	const allowed = named['allowed_tools'];
	const fitted = isObject(allowed) ? fitAllowed(request, allowed) : allowed;
	request.set('tool_choice', fitted === allowed ? named : { ...named, allowed_tools: fitted });
}

/** Functions as they were said before there were tools. */
function fitLegacyFunctions(request: Fitting): void {
	const functions = changeMembers(request.get('functions'), (given, index) =>
		fitFunction(request, { ...given, type: 'function' }, `functions[${index}]`, given),
	);
	request.set('functions', functions);
	const choice = request.get('function_call');
	if (isObject(choice)) request.set('function_call', request.withSentName(choice, TOOL_NAMES));
}

/** A function with a name and a schema that OpenAI takes. `given`: the object that is returned where nothing changes. */
function fitFunction(request: Fitting, tool: JsonObject, path: string, given: JsonObject = tool): JsonObject {
	if (tool['type'] === 'custom') return request.withSentName(given, TOOL_NAMES);
	if (tool['type'] !== 'function') return given;
	let fitted = request.withSentName(given, TOOL_NAMES);
	const { parameters } = fitted;
	if (isObject(parameters)) {
		const { isLoosened, schema } = toObjectSchema(parameters, 'openai');
		if (isLoosened) request.note(`${path}.parameters`);
		if (schema !== parameters) fitted = { ...fitted, parameters: schema };
	}
	if (fitted['strict'] === true && isObject(parameters) && !isStrictSchema(fitted['parameters'], 'openai')) {
		request.note(`${path}.strict`);
		fitted = { ...fitted, strict: false };
	}
	return fitted;
}

/** A schema that is no strict one is not sent as strict. */
function fitStrictSchema(request: Fitting, parent: string, member: string): void {
	const format = request.object(parent)[member];
	if (!isObject(format) || format['strict'] !== true || isStrictSchema(format['schema'], 'openai')) return;
	request.note(`${parent}.${member}.strict`);
	request.setIn(parent, member, { ...format, strict: false });
}

/**
 * JSON without a schema is refused unless a message has the word in it: an instruction says it, after the conversation, whose
 * cached prefix holds. Source: https://platform.openai.com/docs/guides/structured-outputs#json-mode (2026-11-29)
 */
function askForJson(request: Fitting, member: 'messages' | 'input'): void {
	const given = request.get(member);
	const messages: readonly unknown[] = Array.isArray(given) ? given : [{ role: 'user', content: given }];
	if (messages.some((message) => isObject(message) && saysJson(message['content']))) return;
	request.note(member);
	request.set(member, [...messages, { role: 'system', content: 'Answer in JSON.' }]);
}

function saysJson(content: unknown): boolean {
	if (typeof content === 'string') return /json/i.test(content);
	return Array.isArray(content) && content.some((part) => isObject(part) && saysJson(part['text']));
}

/** `developer` is OpenAI's own word. */
function toSystemRole(message: JsonObject): JsonObject {
	return message['role'] === 'developer' ? { ...message, role: 'system' } : message;
}

function fitChatMessage(request: Fitting, message: JsonObject, takesDeveloper: boolean): JsonObject {
	const { function_call: legacy, role, tool_calls: calls } = message;
	if (role === 'developer') return takesDeveloper ? message : toSystemRole(message);
	if (role === 'function') return request.withSentName(message, TOOL_NAMES);
	if (isObject(legacy)) {
		const named = request.withSentName(legacy, TOOL_NAMES);
		return named === legacy ? message : { ...message, function_call: named };
	}
	if (!Array.isArray(calls)) return message;
	if (calls.length === 0) return withMember(message, 'tool_calls', undefined);
	const fitted = changeMembers(calls, (call) => withSentNames(request, call));
	return fitted === calls ? message : { ...message, tool_calls: fitted };
}

function fitReasoning(request: Fitting, rules: OpenAiRules): void {
	if (rules.efforts.length === 0) {
		request.drop('reasoning');
		const include = request.get('include');
		const kept = Array.isArray(include) ? include.filter((each) => each !== 'reasoning.encrypted_content') : include;
		if (Array.isArray(include) && Array.isArray(kept) && kept.length < include.length)
			request.set('include', kept.length === 0 ? undefined : kept);
		return;
	}
	const { effort } = request.object('reasoning');
	const fitted = fitEffort(request, effort, rules, 'responses');
	if (fitted === effort) return;
	request.note('reasoning.effort');
	request.setIn('reasoning', 'effort', fitted);
}

/** Fits a chat request for a server that is not known: what no server misses. */
export function fitCompatibleChat(request: Fitting): void {
	request.set('messages', changeMembers(request.get('messages'), toSystemRole));
}
