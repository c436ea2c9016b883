import type { Command } from 'commander';
import { type GlobalOptions, readTaskArgument } from '../options.ts';

/** `switchyard classify <task>` */
export function classifyCommand(program: Command): void {
	program
		.command('classify')
		.description('say what kind of task this is, without routing it')
		.argument('<task...>', 'the task, or - to read it from standard input')
		.option('--explain', 'show the signs in the text that decided')
		.addHelpText(
			'after',
			`
Examples:
  switchyard classify "Fix authentication bug in login endpoint"
  switchyard classify --json "Design scalable microservices architecture"`,
		)
		.action(async (words: string[], _options: unknown, self: Command) => {
			const flags = self.optsWithGlobals<GlobalOptions & { explain?: boolean }>();
			const { TaskClassifier } = await import('../../classify/index.ts');
			const { createOutput } = await import('../session.ts');
			const output = createOutput(flags);
			const { readTypeTable } = await import('../../project.ts');
			const classifier = new TaskClassifier({ readTable: readTypeTable });
			const { task: _text, ...descriptor } = classifier.classify(await readTaskArgument(words));
			output.result(descriptor, () => {
				const { classifier: version, confidence, isGuess } = descriptor;
				const report = [
					classifier.explain({ ...descriptor, task: '' }),
					'',
					`Confidence: ${(confidence * 100).toFixed(1)}% of the type${isGuess ? ', a guess' : ''}`,
					`Classifier: ${version}`,
				].join('\n');
				if (flags.explain !== true) return report;
				const signs = descriptor.features.map(
					({ name, target, weight }) => `- ${name} → ${target} (${weight.toFixed(2)})`,
				);
				return `${report}\n\nSigns:\n${signs.join('\n')}`;
			});
		});
}
