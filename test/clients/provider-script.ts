import type { ScriptedFault, ScriptedToolCall, SimulatedModel, SimulatedRequest } from '../../src/testing.ts';
import { isObject } from '../../src/util/index.ts';

/** What the model does with a prompt that contains `scenario:<name>`. */
export type Scenario =
	/** One sentence. */
	| 'text'
	/** A long text. */
	| 'stream'
	/** A long text, slowly. */
	| 'slow'
	/** Three tool calls, one after the other; then a sentence. */
	| 'tools'
	/** Two tool calls at once; then a sentence. */
	| 'parallel'
	/** The tool that starts another agent; then a sentence. */
	| 'subagent'
	/** The tool that reads a file, for a picture; then a sentence. */
	| 'picture';

/** A failure of the provider in the middle of a conversation. */
export interface PlannedFault {
	fault: ScriptedFault;
	/** Tool results that the conversation has by then. */
	step: number;
	/** Models that fail. */
	models: RegExp;
	/** Calls that fail. */
	times: number;
}

/** A call of a conversation with a scenario, as the provider got it. */
export interface ScriptedCall {
	request: SimulatedRequest;
	/** What the latest prompt names; `inner`: a second agent's. */
	scenario: string;
	/** Tool results since the prompt. */
	step: number;
}

/** Answers by scenario, and what it has seen. */
export interface ProviderScript {
	answerWith(request: SimulatedRequest): SimulatedModel | null;
	/** Calls of the conversation itself, oldest first; titles and other calls of the client's own are left out. */
	calls: readonly ScriptedCall[];
}

type Fields = Readonly<Record<string, unknown>>;

/** What a tool can do for a scenario. */
type Ability = 'read' | 'run' | 'delegate' | 'wait' | 'finish';

const ABILITIES: Readonly<Record<Ability, RegExp>> = {
	read: /^(read|read_?files?|view|view_file)$/i,
	run: /^(bash|shell|(?:functions__)?exec|exec_command|shell_command|run_shell_command|execute_command|run_commands?)$/i,
	wait: /^(?:\w+__)?wait_agent$/,
	// how a second agent of gemini-cli answers
	finish: /^complete_task$/,
	delegate: /^(agent|task|(?:\w+__)?spawn_agent|generalist|delegate\w*|invoke_agent|ask_helper)$/i,
};

/** Shows what does not stand in it; without `$(`, which gemini-cli blocks. */
const COMMAND = "printf 'SHELL-%d' 42";

/** What Codex's newest models write into its one tool, which runs JavaScript. */
function toCodexScript(command: string): string {
	return `text(JSON.stringify(await tools.exec_command({ cmd: ${JSON.stringify(command)} })));`;
}

function toList(value: unknown): Fields[] {
	return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The turns of a request of any format. */
function listTurns(body: Fields): Fields[] {
	const { input } = body;
	return typeof input === 'string'
		? [{ role: 'user', content: input }]
		: [body['messages'], input, body['contents']].flatMap(toList);
}

function listParts(turn: Fields): Fields[] {
	const content = turn['content'] ?? turn['parts'];
	return typeof content === 'string' ? [{ text: content }] : toList(content);
}

function countResults(turn: Fields): number {
	if (turn['role'] === 'tool' || /_output$/.test(String(turn['type']))) return 1;
	return listParts(turn).filter((part) => part['type'] === 'tool_result' || part['functionResponse'] !== undefined)
		.length;
}

interface Conversation {
	scenario: string;
	/** Tool results since the prompt. */
	step: number;
}

/** The scenario that the latest prompt names, and the tool results since; `null` where none is named. */
function readConversation(body: Fields): Conversation | null {
	let found: Conversation | null = null;
	for (const turn of listTurns(body)) {
		const isPrompt =
			turn['role'] === 'user' ||
			turn['type'] === 'agent_message' || // Codex's, between its agents
			(turn['role'] === undefined && turn['parts'] !== undefined);
		const text = isPrompt ? listParts(turn).map((part) => String(part['text'] ?? part['encrypted_content'] ?? '')) : [];
		const scenario = [...text.join('\n').matchAll(/scenario:(\w+)/g)].at(-1)?.[1];
		if (scenario !== undefined) found = { scenario, step: 0 };
		else if (found !== null) found.step += countResults(turn);
	}
	return found;
}

interface OfferedTool {
	name: string;
	schema: Fields;
	isCustom: boolean;
}

/** The tools of a list in any format, those of its groups too. */
function flattenTools(tools: readonly Fields[]): Fields[] {
	return tools.flatMap((tool) => {
		const inner = [...toList(tool['functionDeclarations']), ...toList(tool['tools'])];
		return inner.length > 0 ? flattenTools(inner) : [isObject(tool['function']) ? tool['function'] : tool];
	});
}

function listTools(body: Fields): OfferedTool[] {
	const added = toList(body['input']).filter(({ type }) => type === 'additional_tools');
	return flattenTools([body, ...added].flatMap(({ tools }) => toList(tools)))
		.filter((tool) => typeof tool['name'] === 'string')
		.map((tool) => {
			const schema = tool['input_schema'] ?? tool['parametersJsonSchema'] ?? tool['parameters'];
			return {
				name: String(tool['name']),
				schema: isObject(schema) ? schema : {},
				isCustom: tool['type'] === 'custom',
			};
		});
}

/** What a call is about. */
interface CallSubject {
	file: string;
	command: string;
}

const VALUES: ReadonlyArray<[name: RegExp, value: (subject: CallSubject) => unknown]> = [
	[/^(file_?path|absolute_?path|path|target_file)$/i, ({ file }) => file],
	[/^(cmd|command|commands)$/, ({ command }) => command],
	[/^(prompt|message|objective|request|input|task)$/, () => 'Count the words of this sentence. scenario:inner'],
	[/^(description|title|task_name)$/, () => 'count_words'],
	[/^(result|response)$/, () => INNER_ANSWER],
	// gemini-cli's
	[/^agent_name$/, () => 'generalist'],
	// Claude Code's and qwen-code's
	[/^subagent_type$/, () => 'general-purpose'],
];

/** By type, the first that a schema allows. */
const PLAIN_VALUES: Readonly<Record<string, unknown>> = { null: null, boolean: false, number: 10_000, integer: 10_000 };

/** A value that a schema takes, for one member of a tool's arguments. */
function inventValue(name: string, schema: Fields, subject: CallSubject): unknown {
	const types = [schema['type']].flat().map((type) => String(type).toLowerCase());
	const known = VALUES.find(([pattern]) => pattern.test(name))?.[1](subject);
	const choices = Array.isArray(schema['enum']) ? schema['enum'] : [known];
	if (types.includes('array')) {
		const items = isObject(schema['items']) ? schema['items'] : {};
		if (items['type'] === 'object') return [inventArguments(items, subject)];
		return [known ?? subject.file];
	}
	if (types.includes('object')) return inventArguments(schema, subject);
	if (known !== undefined) return choices.includes(known) ? known : choices[0];
	const plain = Object.keys(PLAIN_VALUES).find((type) => types.includes(type));
	return plain === undefined ? (choices[0] ?? 'x') : PLAIN_VALUES[plain];
}

function inventArguments(schema: Fields, subject: CallSubject): Record<string, unknown> {
	const members = isObject(schema['properties']) ? schema['properties'] : {};
	const required = Array.isArray(schema['required']) ? schema['required'] : [];
	return Object.fromEntries(
		Object.entries(members)
			.filter(([name]) => required.includes(name))
			.map(([name, inner]) => [name, inventValue(name, isObject(inner) ? inner : {}, subject)]),
	);
}

const ABILITIES_BY_SCENARIO: Readonly<Record<string, readonly Ability[]>> = {
	tools: ['read', 'run', 'run', 'run'],
	parallel: ['read', 'run'],
	subagent: ['delegate', 'wait'],
	inner: ['finish'],
	picture: ['read'],
};

/** The calls of a step; empty where the scenario has come to its end. */
function planCalls(scenario: string, step: number, tools: readonly OfferedTool[], folder: string): ScriptedToolCall[] {
	const abilities = ABILITIES_BY_SCENARIO[scenario] ?? [];
	const due = scenario === 'parallel' ? (step === 0 ? abilities : []) : abilities.slice(step, step + 1);
	const file = `${folder}/${scenario === 'picture' ? 'picture.png' : 'hello.txt'}`;
	return due.flatMap((ability) => {
		const find = (wanted: Ability) => tools.find(({ name }) => ABILITIES[wanted].test(name));
		const reader = find(ability);
		const tool = reader ?? (ability === 'read' && scenario !== 'picture' ? find('run') : undefined);
		if (tool === undefined) return [];
		const command = ability === 'read' ? `cat ${file}` : COMMAND;
		// a tool of plain text becomes one with a single member where it is translated
		const isScript = /^(?:functions__)?exec$/.test(tool.name);
		const invented = inventArguments(tool.schema, { file, command });
		const agent = tool.name === 'task' ? { subagent_type: 'general' } : {}; // opencode's
		const values = isScript ? { input: toCodexScript(command) } : { ...invented, ...agent };
		return [{ name: tool.name, arguments: tool.isCustom ? toCodexScript(command) : values }];
	});
}

/** The lines of a long text: `line 1` to `line 300`. */
export const LONG_TEXT: string = Array.from({ length: 300 }, (_, index) => `line ${index + 1}`).join('\n');

/** What a second agent answers its caller. */
export const INNER_ANSWER = 'The sentence has SEVEN-WORDS';

/** The thought before the call of that step; no two are alike, nor are their signatures. */
export function describeThought(step: number): string {
	return `I look first, at step ${step}.`;
}

/** A request that has the model think, in any format. */
export const THOUGHT: RegExp =
	/"thinking":\{"type":"(?:adaptive|enabled)|"reasoning":\{|"reasoning_effort":"|"thinkingConfig":\{/;

/** A request for an answer of a given shape: a client's own call. */
const NAMES_SCHEMA = /"json_schema"|"responseSchema"|"responseJsonSchema"/;

/** A provider that follows the scenario of each prompt. `toolsMarkMainCalls`: the client's own small calls offer no tools. */
export function createProviderScript(options: {
	/** Where `hello.txt` and `picture.png` are. */
	folder: string;
	toolsMarkMainCalls: boolean;
	faults: readonly PlannedFault[];
	/** A fault of any other call; `null`: none. */
	drawFault?: () => ScriptedFault | null;
}): ProviderScript {
	const calls: ScriptedCall[] = [];
	const left = new Map(options.faults.map((planned) => [planned, planned.times]));
	const findFault = (model: string, step: number): ScriptedFault | undefined => {
		const due = options.faults.find(
			(planned) => planned.step === step && planned.models.test(model) && (left.get(planned) ?? 0) > 0,
		);
		if (due === undefined) return options.drawFault?.() ?? undefined;
		left.set(due, (left.get(due) ?? 0) - 1);
		return due.fault;
	};
	const answerWith = (request: SimulatedRequest): SimulatedModel | null => {
		const body = isObject(request.body) ? request.body : {};
		const conversation = readConversation(body);
		const isOther = /count_?tokens|input_tokens/i.test(request.path) || NAMES_SCHEMA.test(request.bodyText);
		if (conversation === null || isOther) return null;
		const tools = listTools(body);
		if (tools.length === 0 && options.toolsMarkMainCalls) return { text: 'A short title' };
		calls.push({ request, ...conversation });
		const fault = findFault(request.model, conversation.step);
		return { ...answer(conversation, tools, request), ...(fault === undefined ? {} : { afterwards: fault }) };
	};
	const answer = (
		{ scenario, step }: Conversation,
		tools: readonly OfferedTool[],
		{ bodyText, model }: Pick<SimulatedRequest, 'bodyText' | 'model'>,
	): SimulatedModel => {
		if (scenario === 'slow') return { text: LONG_TEXT, tokensPerSecond: 25 };
		if (scenario === 'stream') return { text: LONG_TEXT };
		const toolCalls = planCalls(scenario, step, tools, options.folder);
		// Gemini signs the first call of every turn, whether its thoughts are asked for or not
		const isSigned = model.startsWith('gemini') || THOUGHT.test(bodyText);
		const reasoning = isSigned ? { reasoning: describeThought(step) } : {};
		if (toolCalls.length > 0) return { ...reasoning, toolCalls, callsAfterResults: true };
		const text = scenario === 'inner' ? INNER_ANSWER : `FINISHED with ${step} results from ${model}`;
		return { toolCalls, text };
	};
	return { answerWith, calls };
}
