import type { Api } from '../mock/behaviour.ts';

/** What a request's body is made for. */
export interface BodyOptions {
	api: Api;
	model: string;
	bytes: number;
	isStream: boolean;
}

type Random = () => number;

const WORDS =
	'the of and to in a is that for it as was with be by on not he this are or his from at which but have an had they you were their one all we can her has there been if more when will would who so no'.split(
		' ',
	);
const AGENT_LIKE_FROM_BYTES = 8000;
const TOOLS = 20;

function randomOf(seed: number): Random {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 2 ** 32;
	};
}

function cut(text: string, bytes: number): string {
	return Buffer.from(text)
		.subarray(0, bytes)
		.toString('utf8')
		.replace(/\uFFFD+$/, '');
}

function word(random: Random): string {
	return WORDS[Math.floor(random() * WORDS.length)] ?? 'the';
}

function prose(random: Random, bytes: number): string {
	const parts: string[] = [];
	for (let length = 0; length < bytes; ) {
		const part = `${word(random)}${random() < 0.08 ? '.\n' : ' '}${random() < 0.004 ? '— “naïve café” 漢字 🚀 ' : ''}`;
		parts.push(part);
		length += Buffer.byteLength(part);
	}
	return cut(parts.join(''), bytes);
}

function code(random: Random, bytes: number): string {
	const number = (limit: number): number => Math.floor(random() * limit);
	let text = '';
	for (let line = 1; text.length < bytes; line += 1)
		text += `  ${line}\tconst v${line} = await fetchItem("id-${number(1e6)}", { retry: ${number(5)}, path: "C:\\\\work\\\\f${line}" }); // ${word(random)}\n`;
	return cut(text, bytes);
}

function tool(api: Api, index: number, random: Random): object {
	const name = `tool_${index}`;
	const description = prose(random, 450);
	const parameters = {
		type: 'object',
		properties: {
			file_path: { type: 'string', description: prose(random, 120) },
			offset: { type: 'number', description: prose(random, 60) },
			pattern: { type: 'string', description: prose(random, 90) },
		},
		required: ['file_path'],
		additionalProperties: false,
	};
	return api === 'anthropic'
		? { name, description, input_schema: parameters }
		: { type: 'function', function: { name, description, parameters } };
}

function turn(api: Api, index: number, random: Random): object {
	if (index % 2 === 1) return { role: 'assistant', content: prose(random, 900) };
	const ask = prose(random, 300);
	const file = code(random, 2800);
	const blocks = [
		{ type: 'text', text: ask },
		{ type: 'text', text: file },
	];
	return { role: 'user', content: api === 'anthropic' ? blocks : `${ask}\n${file}` };
}

/** A long system prompt, sixteen turns with code, twenty tools: what a coding agent sends. */
function agentParts(api: Api): { system: string; turns: object[]; tools: object[] } {
	const random = randomOf(7);
	return {
		system: prose(random, 12_000),
		turns: Array.from({ length: 16 }, (_, index) => turn(api, index, random)),
		tools: Array.from({ length: TOOLS }, (_, index) => tool(api, index, random)),
	};
}

function compose({ api, model, isStream }: BodyOptions, parts: ReturnType<typeof agentParts>, ask: string): string {
	const isAgent = parts.tools.length > 0;
	const head = { model, max_tokens: 1024, temperature: 0.7, stream: isStream };
	const messages = [...parts.turns, { role: 'user', content: ask }];
	const tools = isAgent ? { tools: parts.tools } : {};
	if (api === 'anthropic') {
		const block = { type: 'text', text: parts.system, cache_control: { type: 'ephemeral' } };
		return JSON.stringify({ ...head, system: isAgent ? [block] : parts.system, ...tools, messages });
	}
	const usage = isStream ? { stream_options: { include_usage: true } } : {};
	return JSON.stringify({
		...head,
		...usage,
		messages: [{ role: 'system', content: parts.system }, ...messages],
		...tools,
	});
}

/** The same body on every run, within 32 bytes of the wanted size. */
export function makeBody(options: BodyOptions): string {
	const isAgent = options.bytes >= AGENT_LIKE_FROM_BYTES;
	const parts = isAgent ? agentParts(options.api) : { system: prose(randomOf(7), 120), turns: [], tools: [] };
	const ask = prose(randomOf(42), Math.max(20, options.bytes - Buffer.byteLength(compose(options, parts, ''))));
	const body = compose(options, parts, ask);
	// line ends and quotes take two bytes in JSON
	const excess = Buffer.byteLength(body) - options.bytes;
	return excess > 0 ? compose(options, parts, cut(ask, Buffer.byteLength(ask) - excess)) : body;
}

/** A body so many turns later: each adds an answer and a question of 1 KB to what was said before. */
export function growBody(body: string, turns: number): string {
	const { messages, ...rest } = JSON.parse(body);
	const random = randomOf(11);
	for (let turn = 0; turn < turns; turn += 1)
		for (const role of ['assistant', 'user']) messages.push({ role, content: prose(random, 1000) });
	return JSON.stringify({ ...rest, messages });
}
