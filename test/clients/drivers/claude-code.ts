import { type ClientDriver, runProgram } from '../client-driver.ts';

export const driver: ClientDriver = {
	title: 'Claude Code',
	company: 'anthropic',
	kind: 'program',
	cannot: {},
	run: (task) =>
		runProgram(task, 'claude', ['-p', task.prompt, '--dangerously-skip-permissions'], {
			input: task.attachment ?? '',
			env: {
				ANTHROPIC_BASE_URL: task.url,
				ANTHROPIC_AUTH_TOKEN: task.key,
				ANTHROPIC_MODEL: task.model,
				ANTHROPIC_DEFAULT_HAIKU_MODEL: 'claude-haiku-5-5',
				CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
				IS_SANDBOX: '1',
			},
		}),
};
