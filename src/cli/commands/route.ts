import type { Command } from 'commander';
import { type GlobalOptions, parseAmount } from '../options.ts';

interface RouteFlags extends GlobalOptions {
	maxCost?: number;
	minQuality?: number;
	maxLatency?: number;
	prefer?: string;
	context?: string;
}

/** Adds the options that limit a routing decision. */
export function addConstraintOptions(command: Command): Command {
	return command
		.option('--max-cost <usd>', 'highest expected cost in USD', parseAmount)
		.option('--min-quality <points>', 'lowest quality of the model, 0-100', parseAmount)
		.option('--max-latency <ms>', 'highest typical latency in milliseconds', parseAmount)
		.option('--prefer <model>', 'choose this model when it is eligible')
		.option('--context <text>', 'additional context of the task');
}

/** The flags as the library's options. */
export function routeOptions(flags: RouteFlags): {
	context?: string;
	constraints: { maxCost?: number; minQuality?: number; maxLatency?: number; preferredModel?: string };
} {
	return {
		...(flags.context === undefined ? {} : { context: flags.context }),
		constraints: {
			...(flags.maxCost === undefined ? {} : { maxCost: flags.maxCost }),
			...(flags.minQuality === undefined ? {} : { minQuality: flags.minQuality }),
			...(flags.maxLatency === undefined ? {} : { maxLatency: flags.maxLatency }),
			...(flags.prefer === undefined ? {} : { preferredModel: flags.prefer }),
		},
	};
}

/** `switchyard route <task>` */
export function registerRoute(program: Command): void {
	const command = program
		.command('route')
		.description('recommend a model for a task, with the reasons')
		.argument('<task...>', 'the task, or - to read it from standard input');
	addConstraintOptions(command)
		.addHelpText(
			'after',
			`
Examples:
  switchyard route "Design microservices architecture"
  switchyard route "Write a quick documentation comment" --max-cost 0.01
  git diff | switchyard route - --json`,
		)
		.action(async (words: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<RouteFlags>();
			const { inProject } = await import('../session.ts');
			const { readTaskArgument } = await import('../read-task-argument.ts');
			const { decisionJson, decisionText } = await import('../format-decision.ts');
			const task = await readTaskArgument(words);
			await inProject(flags, async ({ system, output }) => {
				const decision = await system.routeTask(task, routeOptions(flags));
				output.result(decisionJson(decision), () => decisionText(task, decision, output));
			});
		});
}
