import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'cline',
	company: 'openai',
	kind: 'program',
	cannot: {},
	sessionNote:
		'the provider broke off within the last sentence; cline asks again only where the connection breaks without a word, while the error that the gateway tells in the stream ends its task, also when the connection breaks behind it',
	run: async (task) => {
		const login = [
			'--provider',
			'openai',
			'--apikey',
			task.key,
			'--modelid',
			task.model,
			'--baseurl',
			`${task.url}/v1`,
		];
		const saved = await runProgram(task, 'cline', ['auth', ...login], { env: {} });
		if (saved.isError) return saved;
		const thinking = task.thinks ? ['--thinking', 'high'] : [];
		return await runProgram(task, 'cline', [...thinking, task.prompt], { env: {}, input: task.attachment ?? '' });
	},
};
