import { isObject, type JsonObject } from '../util/index.ts';
import { changeMembers, type Fitting, findNearest, withMember } from './fitting.ts';
import { type GeminiRules, MAX_GEMINI_STOP_SEQUENCES } from './gemini-rules.ts';

/** Source: https://ai.google.dev/api/caching#FunctionDeclaration (2026-11-28) */
const TOOL_NAMES = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, maxLength: 64 };

const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
/** Tokens of thinking that a level stands for, for models that need a budget; `-1`: as many as the model likes. */
const LEVEL_BUDGETS: Readonly<Record<string, number>> = { minimal: 0, low: 1024, medium: 8192, high: -1 };

/** Said for a person who said nothing: Google takes no empty content. */
const EMPTY_MESSAGE = '(empty message)';

/** The spelling of a member that an object has: Google takes camel case and snake case. */
function spell(object: JsonObject, name: string): string {
	const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
	return object[name] === undefined && object[snake] !== undefined ? snake : name;
}

/** Fits a request for Gemini. */
export function fitGemini(request: Fitting, rules: GeminiRules): void {
	fitConfig(request, rules);
	fitTools(request);
	fitContents(request);
}

function fitConfig(request: Fitting, rules: GeminiRules): void {
	const name = spell(request.body, 'generationConfig');
	const given = request.object(name);
	let config = fitThinking(request, given, rules);
	const stopName = spell(config, 'stopSequences');
	const stop = config[stopName];
	if (Array.isArray(stop)) {
		const kept = stop.filter((text) => text !== '').slice(0, MAX_GEMINI_STOP_SEQUENCES);
		if (kept.length < stop.length) {
			request.note(`${name}.${stopName}`);
			config = withMember(config, stopName, kept.length === 0 ? undefined : kept);
		}
	}
	for (const penalty of rules.penalties ? [] : ['presencePenalty', 'frequencyPenalty']) {
		const spelled = spell(config, penalty);
		if (config[spelled] === undefined) continue;
		if (config[spelled] !== 0) request.note(`${name}.${spelled}`);
		config = withMember(config, spelled, undefined);
	}
	if (config !== given) request.set(name, config);
}

/** The configuration with thinking as the model takes it: by a budget, by a level, or not at all. */
function fitThinking(request: Fitting, config: JsonObject, rules: GeminiRules): JsonObject {
	const name = spell(config, 'thinkingConfig');
	const given = config[name];
	if (!isObject(given)) return config;
	const note = () => request.note(`${spell(request.body, 'generationConfig')}.${name}`);
	if (rules.thinking === 'none') {
		note();
		return withMember(config, name, undefined);
	}
	const fitted = rules.thinking === 'budget' ? toBudget(given, rules) : toLevel(given, rules);
	if (fitted === given) return config;
	note();
	return { ...config, [name]: fitted };
}

function toBudget(given: JsonObject, { maxBudget, minBudget }: GeminiRules): JsonObject {
	const [levelName, budgetName] = [spell(given, 'thinkingLevel'), spell(given, 'thinkingBudget')];
	const level = given[levelName];
	const asked = given[budgetName] ?? (level === undefined ? undefined : LEVEL_BUDGETS[String(level).toLowerCase()]);
	const budget = typeof asked === 'number' && asked >= 0 ? Math.min(Math.max(asked, minBudget), maxBudget) : asked;
	const rest = level === undefined ? given : withMember(given, levelName, undefined);
	return budget === given[budgetName] ? rest : withMember(rest, budgetName, budget);
}

function toLevel(given: JsonObject, { levels }: GeminiRules): JsonObject {
	const [levelName, budgetName] = [spell(given, 'thinkingLevel'), spell(given, 'thinkingBudget')];
	const [level, budget] = [given[levelName], given[budgetName]];
	if (typeof level !== 'string') {
		// budgets are still taken, but thinking cannot be switched off
		return budget === 0 ? { ...withMember(given, budgetName, undefined), [levelName]: levels[0] } : given;
	}
	const rest = budget === undefined ? given : withMember(given, budgetName, undefined);
	const known = level.toLowerCase();
	return levels.includes(known) ? rest : { ...rest, [levelName]: findNearest(known, levels, LEVELS) };
}

function fitTools(request: Fitting): void {
	const tools = changeMembers(request.get('tools'), (tool) => {
		const name = spell(tool, 'functionDeclarations');
		const fitted = changeMembers(tool[name], (declared) => fitDeclaration(request, declared));
		return fitted === undefined || fitted === tool[name] ? tool : { ...tool, [name]: fitted };
	});
	request.set('tools', tools);
	const configName = spell(request.body, 'toolConfig');
	const config = request.object(configName);
	const callingName = spell(config, 'functionCallingConfig');
	const calling = config[callingName];
	if (!isObject(calling)) return;
	const allowedName = spell(calling, 'allowedFunctionNames');
	const allowed = calling[allowedName];
	if (!Array.isArray(allowed)) return;
	const sent = allowed.map((name) => (typeof name === 'string' ? request.toSentName(name, TOOL_NAMES) : name));
	if (sent.some((name, index) => name !== allowed[index]))
		request.setIn(configName, callingName, { ...calling, [allowedName]: sent });
}

function fitDeclaration(request: Fitting, declared: JsonObject): JsonObject {
	const named = request.withSentName(declared, TOOL_NAMES);
	const { parameters } = named;
	if (!isObject(parameters)) return named;
	const { properties } = parameters;
	const isEmpty = !isObject(properties) || Object.keys(properties).length === 0;
	// a function without arguments has no parameters at all
	return isEmpty && String(parameters['type'] ?? 'object').toLowerCase() === 'object'
		? withMember(named, 'parameters', undefined)
		: named;
}

function isEmptyPart(part: JsonObject): boolean {
	return part['text'] === '' && Object.keys(part).length === 1;
}

/** Contents with parts that say something, and with a person's: Google refuses a system instruction alone. */
function fitContents(request: Fitting): void {
	const systemName = spell(request.body, 'systemInstruction');
	const system = request.object(systemName);
	const instructions = changeMembers(system['parts'], (part) => (isEmptyPart(part) ? null : part));
	if (instructions !== undefined && instructions !== system['parts'])
		request.set(systemName, instructions.length === 0 ? undefined : { ...system, parts: instructions });
	const contents = changeMembers(request.get('contents'), (content, index) => fitContent(request, content, index));
	if (contents === undefined || contents.length > 0) {
		request.set('contents', contents);
		return;
	}
	request.note(instructions === undefined ? 'contents' : systemName);
	request.set('contents', [{ role: 'user', parts: instructions ?? [{ text: EMPTY_MESSAGE }] }]);
	request.set(systemName, undefined);
}

function fitContent(request: Fitting, content: JsonObject, index: number): JsonObject | null {
	const { parts } = content;
	if (!Array.isArray(parts)) return content;
	const fitted = changeMembers(parts, (part) => (isEmptyPart(part) ? null : fitPart(request, part)));
	if (fitted === parts || fitted === undefined) return content;
	if (fitted.length > 0) return { ...content, parts: fitted };
	if (content['role'] === 'model') return null;
	request.note(`contents[${index}].parts`);
	return { ...content, parts: [{ text: EMPTY_MESSAGE }] };
}

function fitPart(request: Fitting, part: JsonObject): JsonObject {
	for (const member of ['functionCall', 'functionResponse']) {
		const name = spell(part, member);
		const call = part[name];
		if (!isObject(call)) continue;
		const named = request.withSentName(call, TOOL_NAMES);
		return named === call ? part : { ...part, [name]: named };
	}
	return part;
}
