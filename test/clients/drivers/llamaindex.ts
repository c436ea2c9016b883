import type { ClientDriver, ClientResult, ClientTask } from '../client-driver.ts';
import { createTools, importFrom, joinPrompt, type LibraryTool, MAX_TURNS, readPicture, runTool } from '../library.ts';

interface ToolCall {
	id: string;
	name: string;
	input: unknown;
}

interface Message {
	role: string;
	content: unknown;
	options?: object;
}

interface Chunk {
	delta: string;
	options?: { toolCall?: readonly ToolCall[] };
}

interface Model {
	chat(parameters: object & { stream?: false }): Promise<{ message: { content: unknown; options?: Chunk['options'] } }>;
	chat(parameters: object & { stream: true }): Promise<AsyncIterable<Chunk>>;
}

interface LlamaOpenAi {
	OpenAI: new (options: object) => Model;
}

interface Tools {
	tool(options: object): unknown;
}

interface Zod {
	z: { object(shape: object): unknown; string(): unknown };
}

/** One answer: its text, and its calls by id; a stream brings each call again as it grows. */
async function receive(
	model: Model,
	parameters: object,
	isStreamed: boolean,
): Promise<{ text: string; calls: ToolCall[] }> {
	if (!isStreamed) {
		const { message } = await model.chat(parameters);
		return { text: String(message.content), calls: [...(message.options?.toolCall ?? [])] };
	}
	let text = '';
	const calls = new Map<string, ToolCall>();
	for await (const { delta, options } of await model.chat({ ...parameters, stream: true })) {
		text += delta;
		for (const call of options?.toolCall ?? []) calls.set(call.id, call);
	}
	return { text, calls: [...calls.values()] };
}

function toPrompt(task: ClientTask): Message {
	const text = joinPrompt(task);
	if (task.picture === null) return { role: 'user', content: text };
	const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${readPicture(task.picture)}` } };
	return { role: 'user', content: [{ type: 'text', text }, image] };
}

async function converse(model: Model, offered: readonly unknown[], task: ClientTask): Promise<ClientResult> {
	const tools = createTools(task);
	const messages: Message[] = [toPrompt(task)];
	for (let turn = 0; turn < MAX_TURNS; turn += 1) {
		const { text, calls } = await receive(model, { messages, tools: offered }, task.isStreamed);
		if (calls.length === 0) return { text, isError: false };
		messages.push({ role: 'assistant', content: text, options: { toolCall: calls } });
		for (const { id, name, input } of calls) {
			const values: unknown = typeof input === 'string' ? JSON.parse(input) : input;
			const result = await runTool(tools, name, values);
			messages.push({ role: 'user', content: result, options: { toolResult: { id, result, isError: false } } });
		}
	}
	throw new Error(`the conversation did not end after ${MAX_TURNS} turns`);
}

export const driver: ClientDriver = {
	title: 'llamaindex',
	company: 'openai',
	kind: 'library',
	cannot: {
		thinking: 'it names a reasoning effort for the models only that it knew when it was published',
		subagent: 'its agents hand over to one another inside the library; the gateway sees one conversation',
		cancel: 'its chat call takes no abort signal',
	},
	run: async (task) => {
		const { OpenAI } = await importFrom<LlamaOpenAi>(task.installed, '@llamaindex/openai');
		const { tool } = await importFrom<Tools>(task.installed, 'llamaindex');
		const { z } = await importFrom<Zod>(task.installed, 'zod');
		const toTool = ({ name, description, argument, run }: LibraryTool) =>
			tool({ name, description, parameters: z.object({ [argument]: z.string() }), execute: run });
		const model = new OpenAI({
			model: task.model,
			apiKey: task.key,
			baseURL: `${task.url}/v1`,
			...(task.thinks ? { reasoningEffort: 'high' } : {}),
		});
		return await converse(model, task.hasTools ? createTools(task).map(toTool) : [], task);
	},
};
