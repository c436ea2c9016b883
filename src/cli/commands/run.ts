import type { Command } from 'commander';
import type { GlobalOptions } from '../options.ts';
import { addConstraintOptions, routeOptions } from './route.ts';

/** `switchyard run <task>` */
export function registerRun(program: Command): void {
	const command = program
		.command('run')
		.description('route a task and execute it; without a provider key the built-in simulator answers')
		.argument('<task...>', 'the task, or - to read it from standard input')
		.option('--simulate', 'let the simulator answer though there is a key');
	addConstraintOptions(command)
		.addHelpText(
			'after',
			`
Examples:
  switchyard run "Write a haiku about routers"
  ANTHROPIC_API_KEY=… switchyard run "Explain this stack trace" --max-cost 0.05`,
		)
		.action(async (words: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<GlobalOptions & { simulate?: boolean }>();
			const { runTask } = await import('../run-task.ts');
			const { readTaskArgument } = await import('../read-task-argument.ts');
			await runTask(await readTaskArgument(words), flags, routeOptions(flags));
		});
}
