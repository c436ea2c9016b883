import { EMPTY_MESSAGE } from '../contracts/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import { changeMembers, type Fitting, findNearest, withMember } from './fitting.ts';
import { type GeminiRules, MAX_GEMINI_STOP_SEQUENCES } from './gemini-rules.ts';

/** Source: https://ai.google.dev/api/caching#FunctionDeclaration (2026-11-28) */
const TOOL_NAMES = { pattern: /^[a-zA-Z_][a-zA-Z0-9_.:-]*$/, maxLength: 64 };

const LEVELS = ['minimal', 'low', 'medium', 'high', 'xhigh'] as const;
/** Tokens of thinking that a level stands for, for models that need a budget; `-1`: as many as the model likes. */
const LEVEL_BUDGETS: Readonly<Record<string, number>> = { minimal: 0, low: 1024, medium: 8192, high: -1, xhigh: -1 };

/** The spelling of a member that an object has: Google takes camel case and snake case. */
function spell(object: JsonObject, name: string): string {
	const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
	return object[name] === undefined && object[snake] !== undefined ? snake : name;
}

/** Fits a request for Gemini. */
export function fitGemini(request: Fitting, rules: GeminiRules): void {
	fitConfig(request, rules);
	fitTools(request);
	fitContents(request, rules);
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

function toBudget(given: JsonObject, { canSwitchOff, maxBudget, minBudget }: GeminiRules): JsonObject {
	const [levelName, budgetName] = [spell(given, 'thinkingLevel'), spell(given, 'thinkingBudget')];
	const level = given[levelName];
	const asked = given[budgetName] ?? (level === undefined ? undefined : LEVEL_BUDGETS[String(level).toLowerCase()]);
	const isFree = typeof asked !== 'number' || asked < 0 || (asked === 0 && canSwitchOff);
	const budget = isFree ? asked : Math.min(Math.max(asked, minBudget), maxBudget);
	const rest = level === undefined ? given : withMember(given, levelName, undefined);
	return budget === given[budgetName] ? rest : withMember(rest, budgetName, budget);
}

function toLevel(given: JsonObject, { levels }: GeminiRules): JsonObject {
	const [levelName, budgetName] = [spell(given, 'thinkingLevel'), spell(given, 'thinkingBudget')];
	const [level, budget] = [given[levelName], given[budgetName]];
	const rest = budget === undefined ? given : withMember(given, budgetName, undefined);
	if (typeof level !== 'string') {
		// budgets are taken for old clients only, and Google warns of the answers
		if (typeof budget !== 'number') return given;
		return budget < 0 ? rest : { ...rest, [levelName]: findNearest(toLevelOf(budget), levels, LEVELS) };
	}
	const known = level.toLowerCase();
	return levels.includes(known) ? rest : { ...rest, [levelName]: findNearest(known, levels, LEVELS) };
}

/** The level that a budget of tokens stands for. */
function toLevelOf(budget: number): string {
	if (budget === 0) return 'minimal';
	if (budget <= 1024) return 'low';
	return budget <= 8192 ? 'medium' : 'high';
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
	let fitted = request.withSentName(declared, TOOL_NAMES);
	for (const member of ['parameters', 'parametersJsonSchema', 'parameters_json_schema']) {
		const schema = fitted[member];
		if (!isObject(schema)) continue;
		const { properties, type } = schema;
		const isEmpty = !isObject(properties) || Object.keys(properties).length === 0;
		const isObjectType = String(type ?? 'object').toLowerCase() === 'object';
		// a function without arguments has no parameters at all, and properties without a type are refused
		if (isEmpty && isObjectType && (member === 'parameters' || type === undefined))
			fitted = withMember(fitted, member, undefined);
		else if (type === undefined) fitted = { ...fitted, [member]: { ...schema, type: 'object' } };
	}
	return fitted;
}

function isEmptyPart(part: JsonObject): boolean {
	return part['text'] === '' && Object.keys(part).length === 1;
}

/** Contents with parts that say something, and with a person's: Google refuses a system instruction alone. */
function fitContents(request: Fitting, rules: GeminiRules): void {
	const systemName = spell(request.body, 'systemInstruction');
	const system = request.object(systemName);
	const given = system['parts'];
	const instructions = changeMembers(given, (part) => (isEmptyPart(part) ? null : part));
	if (instructions?.length === 0) request.set(systemName, undefined);
	else if (instructions !== given) request.set(systemName, { ...system, parts: instructions });
	const contents = changeMembers(request.get('contents'), (content, index) =>
		fitContent(request, content, { index, rules }),
	);
	if (contents === undefined || contents.length > 0) {
		request.set('contents', contents === undefined ? undefined : withPersonFirst(request, contents));
		return;
	}
	const said = instructions === undefined || instructions.length === 0 ? undefined : instructions;
	request.note(said === undefined ? 'contents' : systemName);
	request.set('contents', [{ role: 'user', parts: said ?? [{ text: EMPTY_MESSAGE }] }]);
	request.set(systemName, undefined);
}

/** A call of a function must follow a person's turn or a response. Source: https://ai.google.dev/gemini-api/docs/function-calling (2026-11-29) */
function withPersonFirst(request: Fitting, contents: unknown[]): unknown[] {
	const [first] = contents;
	if (!isObject(first) || first['role'] !== 'model' || !Array.isArray(first['parts'])) return contents;
	if (!first['parts'].some((part) => isObject(part) && part[spell(part, 'functionCall')] !== undefined))
		return contents;
	request.note('contents');
	return [{ role: 'user', parts: [{ text: EMPTY_MESSAGE }] }, ...contents];
}

function fitContent(
	request: Fitting,
	content: JsonObject,
	{ index, rules }: { index: number; rules: GeminiRules },
): JsonObject | readonly JsonObject[] | null {
	const { parts = [] } = content;
	if (!Array.isArray(parts)) return content;
	const files: unknown[] = [];
	const fitted = changeMembers(parts, (part) => {
		if (isEmptyPart(part)) return null;
		const named = fitPart(request, part);
		return rules.filesInResults ? named : withoutFiles(named, files);
	});
	if (fitted !== undefined && fitted.length > 0) {
		const changed = fitted === parts ? content : { ...content, parts: fitted };
		return files.length === 0 ? changed : [changed, { role: 'user', parts: files }];
	}
	if (content['role'] === 'model') return null;
	request.note(`contents[${index}].parts`);
	return { ...content, parts: [{ text: EMPTY_MESSAGE }] };
}

/** A part whose response of a function has no files in it; they are added to `files`. */
function withoutFiles(part: JsonObject, files: unknown[]): JsonObject {
	const name = spell(part, 'functionResponse');
	const response = part[name];
	if (!isObject(response) || !Array.isArray(response['parts'])) return part;
	files.push(...response['parts']);
	return { ...part, [name]: withMember(response, 'parts', undefined) };
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
