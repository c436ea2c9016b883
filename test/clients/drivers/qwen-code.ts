import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'qwen-code',
	company: 'openai',
	kind: 'program',
	cannot: {},
	run: (task) => {
		const folder = join(task.home, '.qwen');
		mkdirSync(folder, { recursive: true });
		const thinking = task.thinks ? { reasoning: { effort: 'high' } } : {};
		// OpenAI's newest models refuse the `max_tokens` that it sends; the gateway puts it right
		const limit = task.isDirect ? { samplingParams: { max_completion_tokens: 8000 } } : {};
		writeFileSync(
			join(folder, 'settings.json'),
			JSON.stringify({
				security: { auth: { selectedType: 'openai' } },
				privacy: { usageStatisticsEnabled: false },
				general: { disableAutoUpdate: true },
				// as its guide says for a model that it does not know; it takes 128,000 tokens otherwise
				model: { generationConfig: { contextWindowSize: 400_000, ...thinking, ...limit } },
			}),
		);
		const prompt = task.picture === null ? task.prompt : `${task.prompt} @picture.png`;
		return runProgram(task, 'qwen', ['--yolo', '-p', prompt], {
			env: { OPENAI_API_KEY: task.key, OPENAI_BASE_URL: `${task.url}/v1`, OPENAI_MODEL: task.model },
			input: task.attachment ?? '',
		});
	},
};
