import type { ClientDriver } from '../client-driver.ts';
import { type ChatModel, runChatModel } from '../langchain.ts';
import { importFrom, NO_AGENTS } from '../library.ts';

interface LangChainOpenAi {
	ChatOpenAI: new (fields: Readonly<Record<string, unknown>>) => ChatModel;
}

export const driver: ClientDriver = {
	title: '@langchain/openai',
	company: 'openai',
	kind: 'library',
	cannot: { subagent: NO_AGENTS },
	run: async (task) => {
		const { ChatOpenAI } = await importFrom<LangChainOpenAi>(task.installed, '@langchain/openai');
		const thinking = { useResponsesApi: true, reasoning: { effort: 'high', summary: 'auto' } };
		const model = new ChatOpenAI({
			model: task.model,
			apiKey: task.key,
			configuration: { baseURL: `${task.url}/v1` },
			...(task.thinks ? thinking : {}),
		});
		return await runChatModel(model, task);
	},
};
