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
		const thinking = task.thinks ? ['--thinking', 'high'] : [];
		const shown = await runProgram(task, 'cline', [...thinking, task.prompt], {
			env: {},
			input: task.attachment ?? '',
		});
		// a process that it leaves behind for its next run
		await runProgram(task, 'cline', ['hub', 'stop'], { env: {} });
		return shown;
	},
};
