import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'gemini-cli',
	company: 'google',
	kind: 'program',
	cannot: { auto: 'its own router has that name; an alias reaches the gateway’s' },
	run: (task) => {
		const settings = join(task.home, '.gemini');
		mkdirSync(settings, { recursive: true });
		writeFileSync(
			join(settings, 'settings.json'),
			JSON.stringify({
				security: { auth: { selectedType: 'gemini-api-key' } },
				privacy: { usageStatisticsEnabled: false },
				telemetry: { enabled: false },
				general: { disableAutoUpdate: true },
			}),
		);
		const prompt = task.picture === null ? task.prompt : `${task.prompt} @picture.png`;
		return runProgram(task, 'gemini', ['-m', task.model, '--yolo', '-p', prompt], {
			input: task.attachment ?? '',
			env: { GOOGLE_GEMINI_BASE_URL: task.url, GEMINI_API_KEY: task.key, GEMINI_CLI_TRUST_WORKSPACE: 'true' },
		});
	},
};
