import type { ClientDriver } from '../client-driver.ts';
import { type ChatModel, runChatModel } from '../langchain.ts';
import { importFrom, NO_AGENTS } from '../library.ts';

interface LangChainGoogle {
	ChatGoogleGenerativeAI: new (fields: Readonly<Record<string, unknown>>) => ChatModel;
}

export const driver: ClientDriver = {
	title: '@langchain/google-genai',
	company: 'google',
	kind: 'library',
	cannot: {
		subagent: NO_AGENTS,
		'parallel tools': 'it signs the second call of a turn with a constant that Google alone can judge',
	},
	run: async (task) => {
		const { ChatGoogleGenerativeAI } = await importFrom<LangChainGoogle>(task.installed, '@langchain/google-genai');
		const model = new ChatGoogleGenerativeAI({
			model: task.model,
			apiKey: task.key,
			baseUrl: task.url,
			...(task.thinks ? { thinkingConfig: { thinkingLevel: 'HIGH', includeThoughts: true } } : {}),
		});
		return await runChatModel(model, task);
	},
};
