import { readFileSync } from 'node:fs';
import type { ClientDriver, ClientTask } from '../client-driver.ts';
import { createTools, importFrom, joinPrompt, type LibraryTool } from '../library.ts';

interface Generated {
	text: string | Promise<string>;
	textStream: AsyncIterable<string>;
	error?: unknown;
}

interface MastraAgent {
	generate(messages: unknown, options: object): Promise<Generated>;
	stream(messages: unknown, options: object): Promise<Generated>;
}

interface Agents {
	Agent: new (options: object) => MastraAgent;
}

interface Tools {
	createTool(options: object): unknown;
}

interface Zod {
	z: { object(shape: object): unknown; string(): unknown };
}

function toMessages(task: ClientTask): unknown {
	const text = joinPrompt(task);
	if (task.picture === null) return text;
	const image = { type: 'file', data: readFileSync(task.picture), mediaType: 'image/png' };
	return [{ role: 'user', content: [{ type: 'text', text }, image] }];
}

export const driver: ClientDriver = {
	title: 'mastra',
	company: 'openai',
	kind: 'library',
	cannot: {},
	run: async (task) => {
		const { Agent } = await importFrom<Agents>(task.installed, '@mastra/core/agent');
		const { createTool } = await importFrom<Tools>(task.installed, '@mastra/core/tools');
		const { z } = await importFrom<Zod>(task.installed, 'zod');
		const model = {
			providerId: 'switchyard',
			modelId: task.model,
			url: `${task.url}/v1`,
			apiKey: task.key,
			...(task.thinks ? { api: 'responses' } : {}),
		};
		const toTool = ({ name, description, argument, run }: LibraryTool) =>
			createTool({
				id: name,
				description,
				inputSchema: z.object({ [argument]: z.string() }),
				execute: async (input: Readonly<Record<string, unknown>>) => await run(String(input[argument])),
			});
		const tools = task.hasTools ? Object.fromEntries(createTools(task).map((tool) => [tool.name, toTool(tool)])) : {};
		const shared = { instructions: 'Do what is asked.', model };
		const helper = new Agent({ ...shared, id: 'helper', name: 'helper', description: 'Helps' });
		const ask = createTool({
			id: 'ask_helper',
			description: 'Asks a second agent',
			inputSchema: z.object({ prompt: z.string() }),
			execute: async ({ prompt }: { prompt: string }) => (await helper.generate(prompt, {})).text,
		});
		const all = task.delegates ? { ...tools, ask_helper: ask } : tools;
		const agent = new Agent({ ...shared, id: 'worker', name: 'worker', tools: all });
		// a conversation that may move holds its own items: `store: false`
		const thinking = {
			providerOptions: { openai: { reasoningEffort: 'high', reasoningSummary: 'auto', store: false } },
		};
		const options = { maxSteps: 10, abortSignal: task.signal, ...(task.thinks ? thinking : {}) };
		if (!task.isStreamed) return { text: await (await agent.generate(toMessages(task), options)).text, isError: false };
		const streamed = await agent.stream(toMessages(task), options);
		let text = '';
		for await (const part of streamed.textStream) text += part;
		return {
			text: streamed.error === undefined ? text : `${text} ${streamed.error}`,
			isError: streamed.error !== undefined,
		};
	},
};
