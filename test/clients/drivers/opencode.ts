import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'opencode',
	company: 'openai',
	kind: 'program',
	cannot: {},
	run: (task) => {
		const folder = join(task.home, '.config', 'opencode');
		mkdirSync(folder, { recursive: true });
		const model = {
			name: task.model,
			reasoning: true,
			attachment: true,
			tool_call: true,
			...(task.thinks ? { options: { reasoningEffort: 'high' } } : {}),
			modalities: { input: ['text', 'image'], output: ['text'] },
		};
		const provider = {
			npm: '@ai-sdk/openai',
			options: { baseURL: `${task.url}/v1`, apiKey: task.key },
			models: { [task.model]: model },
		};
		writeFileSync(
			join(folder, 'opencode.json'),
			JSON.stringify({
				autoupdate: false,
				share: 'disabled',
				provider: { switchyard: provider },
				permission: { bash: 'allow', edit: 'allow', read: 'allow', external_directory: 'allow' },
			}),
		);
		const picture = task.picture === null ? [] : ['-f', task.picture];
		return runProgram(task, 'opencode', ['run', '-m', `switchyard/${task.model}`, task.prompt, ...picture], {
			env: { OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' },
			input: task.attachment ?? '',
		});
	},
};
