import type { Command } from 'commander';
import type { ImportedProgram } from '../import/index.ts';
import type { GlobalOptions } from '../options.ts';

interface ImportFlags extends GlobalOptions {
	write?: boolean;
}

function addProgram(
	parent: Command,
	program: ImportedProgram,
	{ file, summary }: { file: string; summary: string },
): void {
	parent
		.command(program)
		.description(summary)
		.argument('<file>', `its configuration, ${file}`)
		.option('--write', "merge it into the project's configuration; refused whole where the two disagree")
		.addHelpText(
			'after',
			`
Keys are never copied: the configuration names variables that are to hold them.
What cannot be carried is listed with its place and the reason.

Examples:
  switchyard import ${program} ${file}
  switchyard import ${program} ${file} --write`,
		)
		.action(async (path: string, _options: unknown, self: Command) => {
			const { importFile } = await import('../import/index.ts');
			await importFile(program, path, self.optsWithGlobals<ImportFlags>());
		});
}

/** `switchyard import` */
export function importCommand(program: Command): void {
	const parent = program.command('import').description("make a configuration of another router's");
	addProgram(parent, 'litellm', { file: 'config.yaml', summary: 'the configuration of a LiteLLM proxy' });
	addProgram(parent, 'claude-code-router', {
		file: 'config.json',
		summary: 'the configuration of claude-code-router',
	});
}
