import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'cline',
	company: 'openai',
	kind: 'program',
	cannot: {},
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
		return await runProgram(task, 'cline', [task.prompt], { env: {}, input: task.attachment ?? '' });
	},
};
