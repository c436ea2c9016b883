import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'Codex',
	company: 'openai',
	kind: 'program',
	cannot: {
		'parallel tools':
			'it asks for one call at a time (`parallel_tool_calls: false`); its one tool runs a script that may call several',
	},
	run: (task) => {
		const home = join(task.home, '.codex');
		mkdirSync(home, { recursive: true });
		writeFileSync(
			join(home, 'config.toml'),
			[
				`model = "${task.model}"`,
				'model_provider = "switchyard"',
				'[model_providers.switchyard]',
				'name = "Switchyard"',
				`base_url = "${task.url}/v1"`,
				'wire_api = "responses"',
				'env_key = "SWITCHYARD_KEY"',
			].join('\n'),
		);
		const picture = task.picture === null ? [] : ['-i', task.picture];
		return runProgram(
			task,
			'codex',
			['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', task.prompt, ...picture],
			{ env: { CODEX_HOME: home, SWITCHYARD_KEY: task.key }, input: task.attachment ?? '' },
		);
	},
};
