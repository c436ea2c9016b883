import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Conversation, TaskConstraints } from '../../src/index.ts';
import type { WireFormatName } from '../../src/testing.ts';

/** What a gateway's client says beside its task. */
export interface ParityLimits {
	/** As the library takes them. */
	constraints: TaskConstraints;
	policy?: string;
	/** What the body says of the answer's length. */
	tokens?: { maxOutput: number };
}

/** A task as the library takes it and as a client of the gateway sends it. */
export interface ParityTask {
	task: Conversation;
	limits: ParityLimits;
	path: string;
	headers: Readonly<Record<string, string>>;
	body: Readonly<Record<string, unknown>>;
}

const root = join(import.meta.dirname, '..', '..', 'src', 'classify');

/** Asks of the labelled set: seven languages, thirteen kinds of work. */
export const ASKS: readonly string[] = readFileSync(join(root, 'labelled-asks.tsv'), 'utf8')
	.trim()
	.split('\n')
	.map((row) => row.split('\t')[3] ?? '')
	.filter((ask) => ask.trim() !== '');

const LABELLED: Conversation[] = JSON.parse(readFileSync(join(root, 'labelled-conversations.json'), 'utf8')).map(
	(row: { task: Conversation }) => row.task,
);

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const SCHEMA = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

/** Limits in turn. */
const LIMITS: readonly ParityLimits[] = [
	{ constraints: {} },
	{ constraints: { maxCost: 0.05 } },
	{ constraints: { minQuality: 80 } },
	{ constraints: { excludedProviders: ['anthropic'], maxLatency: 20_000 } },
	{ constraints: { allowedProviders: ['anthropic', 'google'] } },
	{ constraints: { excludedModels: ['sonnet', 'haiku'] } },
	{ constraints: { willingnessToPay: 0.001 } },
	{ constraints: {}, policy: 'cheap' },
	{ constraints: { minQuality: 60, maxCost: 0.5 }, policy: 'best' },
	{ constraints: {}, policy: 'fast' },
];

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The limits as a client says them: by headers, by the body's field, or a policy by the model's name. */
function wishesOf({ constraints, policy }: ParityLimits, index: number) {
	const byHeader = index % 2 === 0;
	const headers = Object.entries(constraints).map(([name, value]) => [`x-switchyard-${dashed(name)}`, String(value)]);
	return {
		model: policy === undefined ? 'auto' : `auto:${policy}`,
		headers: byHeader ? Object.fromEntries(headers) : {},
		field: byHeader || Object.keys(constraints).length === 0 ? {} : { switchyard: constraints },
	};
}

type Bare = Pick<ParityTask, 'task' | 'body'>;

/** How each format says one message. */
const SAY: Readonly<Record<WireFormatName, (text: string) => Bare>> = {
	'openai-chat': (text) => {
		const messages = [{ role: 'user', content: text }];
		return { task: { messages }, body: { messages } };
	},
	'openai-responses': (text) => ({ task: { messages: [{ role: 'user', content: text }] }, body: { input: text } }),
	'anthropic-messages': (text) => {
		const messages = [{ role: 'user', content: text }];
		return { task: { messages }, body: { messages, max_tokens: 8000 } };
	},
	gemini: (text) => {
		const contents = [{ role: 'user', parts: [{ text }] }];
		return { task: { contents }, body: { contents } };
	},
};

const PATH_OF: Readonly<Record<WireFormatName, (model: string) => string>> = {
	'openai-chat': () => '/v1/chat/completions',
	'openai-responses': () => '/v1/responses',
	'anthropic-messages': () => '/v1/messages',
	gemini: (model) => `/v1beta/models/${model}:generateContent`,
};

const FORMATS = ['openai-chat', 'anthropic-messages', 'openai-responses', 'gemini'] as const;

function sent(
	format: WireFormatName,
	{ task, body }: Bare,
	{ limits, index }: { limits: ParityLimits; index: number },
) {
	const { model, headers, field } = wishesOf(limits, index);
	const named = format === 'gemini' ? {} : { model };
	const { max_tokens: maxOutput } = body;
	const told = typeof maxOutput === 'number' ? { ...limits, tokens: { maxOutput } } : limits;
	return { task, limits: told, path: PATH_OF[format](model), headers, body: { ...named, ...body, ...field } };
}

/** An ask as one message, in each format in turn, with limits in turn. */
export function askTasks(asks: readonly string[]): ParityTask[] {
	return asks.map((ask, index) => {
		const format = FORMATS[index % FORMATS.length] ?? 'openai-chat';
		return sent(format, SAY[format](ask), { limits: LIMITS[index % LIMITS.length] ?? { constraints: {} }, index });
	});
}

const EXTRAS: ReadonlyArray<(ask: string) => [format: WireFormatName, bare: Bare, asked: TaskConstraints]> = [
	// system prompt and tools, as an agent sends them
	(ask) => {
		const messages = [{ role: 'user', content: ask }];
		const tools = [{ name: 'get_weather', description: 'The weather.', input_schema: SCHEMA }];
		const rest = { system: 'You are a careful engineer.', messages, tools };
		return ['anthropic-messages', { task: rest, body: { ...rest, max_tokens: 4000 } }, {}];
	},
	// a picture, and an answer in a schema
	(ask) => {
		const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
		const messages = [{ role: 'user', content: [{ type: 'text', text: ask }, image] }];
		const format = { type: 'json_schema', json_schema: { name: 'city', schema: SCHEMA } };
		return [
			'openai-chat',
			{ task: { messages }, body: { messages, response_format: format } },
			{ requiredCapabilities: ['structured-output'] },
		];
	},
	// reasoning asked for beside the conversation
	(ask) => {
		const body = {
			instructions: 'Think first.',
			input: [{ role: 'user', content: ask }],
			reasoning: { effort: 'high' },
		};
		const task = { system: body.instructions, messages: body.input };
		return ['openai-responses', { task, body }, { requiredCapabilities: ['thinking'] }];
	},
	// a picture far back in Gemini's format, and its own tools
	(ask) => {
		const picture = { role: 'user', parts: [{ text: 'Look' }, { inlineData: { mimeType: 'image/png', data: PNG } }] };
		const turns = Array.from({ length: 20 }, (_, at) => ({
			role: at % 2 ? 'user' : 'model',
			parts: [{ text: 'Yes.' }],
		}));
		const contents = [picture, ...turns, { role: 'user', parts: [{ text: ask }] }];
		const tools = [{ functionDeclarations: [{ name: 'get_weather', parameters: SCHEMA }] }];
		const system = { parts: [{ text: 'Be brief.' }] };
		return ['gemini', { task: { contents, tools, system }, body: { contents, tools, systemInstruction: system } }, {}];
	},
];

/** A labelled conversation in the format it was written in. */
function labelledAs(task: Conversation): [format: WireFormatName, bare: Bare, asked: TaskConstraints] {
	const said = JSON.stringify(task);
	// a call in the conversation means that the model must know tools, though none is offered any more
	const calls: TaskConstraints = /"(?:tool_use|functionCall)"/.test(said) ? { requiredCapabilities: ['tools'] } : {};
	if (task.contents !== undefined) return ['gemini', { task, body: { ...task } }, calls];
	if (said.includes('"tool_calls"')) return ['openai-chat', { task, body: { ...task } }, {}];
	if (said.includes('"input_text"')) return ['openai-responses', { task, body: { input: task.messages } }, {}];
	return ['anthropic-messages', { task, body: { ...task, max_tokens: 4000 } }, calls];
}

/** Conversations of every shape: the labelled ones, then asks with what agents send along. */
export function conversationTasks(asks: readonly string[], count: number): ParityTask[] {
	const labelled = LABELLED.map(labelledAs);
	const made = asks.flatMap((ask) => EXTRAS.map((extra) => extra(ask)));
	return [...labelled, ...made].slice(0, count).map(([format, bare, asked], index) => {
		const said = LIMITS[index % LIMITS.length] ?? { constraints: {} };
		const limits = { ...said, constraints: { ...said.constraints, ...asked } };
		const task = sent(format, bare, { limits: said, index });
		return { ...task, limits: { ...task.limits, ...limits } };
	});
}
