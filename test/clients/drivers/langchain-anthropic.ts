import type { ClientDriver } from '../client-driver.ts';
import { type ChatModel, runChatModel } from '../langchain.ts';
import { importFrom, NO_AGENTS } from '../library.ts';

interface LangChainAnthropic {
	ChatAnthropic: new (fields: Readonly<Record<string, unknown>>) => ChatModel;
}

export const driver: ClientDriver = {
	title: '@langchain/anthropic',
	company: 'anthropic',
	kind: 'library',
	cannot: { subagent: NO_AGENTS },
	run: async (task) => {
		const { ChatAnthropic } = await importFrom<LangChainAnthropic>(task.installed, '@langchain/anthropic');
		const model = new ChatAnthropic({
			model: task.model,
			apiKey: task.key,
			anthropicApiUrl: task.url,
			...(task.thinks ? { thinking: { type: 'adaptive' }, maxTokens: 8000 } : {}),
		});
		return await runChatModel(model, task);
	},
};
