import type { ClientDriver, ClientTask } from '../client-driver.ts';
import { createTools, importFrom, joinPrompt, type LibraryTool, readPicture } from '../library.ts';

interface Agent {
	asTool(options: { toolName: string; toolDescription: string }): unknown;
}

interface Run {
	finalOutput?: unknown;
	completed?: Promise<void>;
}

interface OpenAiAgents {
	Agent: new (options: object) => Agent;
	Runner: new (options: {
		modelProvider: unknown;
	}) => {
		run(agent: Agent, input: unknown, options: { stream: boolean; signal: AbortSignal }): Promise<Run>;
	};
	OpenAIProvider: new (options: { baseURL: string; apiKey: string; useResponses: boolean }) => unknown;
	setTracingDisabled(isDisabled: boolean): void;
	tool(options: object): unknown;
}

function toInput(task: ClientTask): unknown {
	const text = joinPrompt(task);
	if (task.picture === null) return text;
	const image = `data:image/png;base64,${readPicture(task.picture)}`;
	return [
		{
			role: 'user',
			content: [
				{ type: 'input_text', text },
				{ type: 'input_image', image },
			],
		},
	];
}

export const driver: ClientDriver = {
	title: '@openai/agents',
	company: 'openai',
	kind: 'library',
	cannot: {},
	run: async (task) => {
		const agents = await importFrom<OpenAiAgents>(task.installed, '@openai/agents');
		agents.setTracingDisabled(true);
		const toTool = ({ name, description, parameters, argument, run }: LibraryTool) =>
			agents.tool({
				name,
				description,
				strict: true,
				parameters: { ...parameters, additionalProperties: false },
				execute: async (input: Readonly<Record<string, unknown>>) => await run(String(input[argument])),
			});
		const helper = new agents.Agent({ name: 'helper', instructions: 'Do what is asked.', model: task.model });
		const delegate = () => helper.asTool({ toolName: 'ask_helper', toolDescription: 'Asks a second agent' });
		const agent = new agents.Agent({
			name: 'worker',
			instructions: 'Do what is asked.',
			model: task.model,
			tools: [...(task.hasTools ? createTools(task).map(toTool) : []), ...(task.delegates ? [delegate()] : [])],
			...(task.thinks ? { modelSettings: { reasoning: { effort: 'high', summary: 'auto' } } } : {}),
		});
		const modelProvider = new agents.OpenAIProvider({
			baseURL: `${task.url}/v1`,
			apiKey: task.key,
			useResponses: true,
		});
		const runner = new agents.Runner({ modelProvider });
		const ran = await runner.run(agent, toInput(task), { stream: task.isStreamed, signal: task.signal });
		await ran.completed;
		return { text: String(ran.finalOutput), isError: false };
	},
};
