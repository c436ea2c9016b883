import { type ConfigLayer, checkConfigLayer, processEnvironment } from '../../config/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { CONFIG_DEFAULTS } from '../../project.ts';
import type { GlobalOptions } from '../options.ts';
import { createOutput, editConfig } from '../session.ts';
import { importClaudeCodeRouter } from './import-claude-code-router.ts';
import { ImportDraft, type ImportResult } from './import-draft.ts';
import { importLitellm } from './import-litellm.ts';
import { readImportSource } from './import-source.ts';
import { mergeImport } from './merge-import.ts';

const PROGRAMS = {
	litellm: { format: 'YAML', read: importLitellm, list: 'model_list' },
	'claude-code-router': { format: 'JSON', read: importClaudeCodeRouter, list: 'Providers' },
} as const;

/** Programs whose configuration can be imported. */
export type ImportedProgram = 'litellm' | 'claude-code-router';

/** What a file becomes here. @throws InvalidInputError for a file that cannot be read, is another program's, or has nothing that can be carried */
export async function readImport(program: ImportedProgram, path: string): Promise<ImportResult> {
	const { format, list, read } = PROGRAMS[program];
	const file = await readImportSource(path, format);
	const draft = new ImportDraft(CONFIG_DEFAULTS.router.models, processEnvironment());
	if (file.get(list) === undefined && file.listProblems().length === 0)
		throw new InvalidInputError(`${path} has no ${list}: it is no configuration of ${program}.`);
	read(file, draft);
	const problems = file.listProblems();
	if (problems.length > 0) throw new InvalidInputError(`${path}: ${problems.join(' ')}`);
	const result = draft.finish(file);
	if (draft.importedNames.length === 0 && result.config.providers === undefined) {
		const reasons = result.notCarried.map(({ place, reason }) => `\n- ${place}: ${reason}`);
		throw new InvalidInputError(`${path} has no model that can be carried:${reasons.join('')}`);
	}
	return result;
}

function merge(path: string, current: ConfigLayer, imported: ConfigLayer): ConfigLayer {
	const { conflicts, merged } = mergeImport(current, imported);
	if (conflicts.length === 0) return merged;
	const places = conflicts.map((conflict) => `\n- ${conflict}`).join('');
	throw new InvalidInputError(
		`The project and ${path} disagree. Change one of them and import again. Nothing was changed.${places}`,
	);
}

/** Prints what a file becomes, or merges it into the project's configuration. */
export async function importFile(
	program: ImportedProgram,
	path: string,
	flags: GlobalOptions & { write?: boolean },
): Promise<void> {
	const output = createOutput(flags);
	const { config, keys, notCarried, notes } = await output.progress('Reading', () => readImport(program, path));
	if (flags.write === true) await editConfig(flags, (current) => merge(path, current, config));
	else {
		const issues = checkConfigLayer(config, CONFIG_DEFAULTS);
		const sentences = issues.map((issue) => `\n- ${issue.path} ${issue.message}`);
		if (issues.length > 0)
			throw new InvalidInputError(`What ${path} says is no valid configuration:${sentences.join('')}`);
	}
	if (output.isJson) {
		output.json({ config, keys, notCarried, notes, written: flags.write === true });
		return;
	}
	if (flags.write === true) output.print(`Merged into the project's configuration: see it with "switchyard config".`);
	else output.print(JSON.stringify(config, null, 2));
	const section = (title: string, lines: readonly string[]) => {
		if (lines.length > 0) output.note(`\n${title}\n${lines.map((line) => `- ${line}`).join('\n')}`);
	};
	const sentences = (entries: ImportResult['notes']) => entries.map(({ place, reason }) => `${place}: ${reason}`);
	section(
		'Set these variables (keys are not copied):',
		keys.map(({ place, variable }) => `${variable}, to the key at ${place}`),
	);
	section('Not carried:', sentences(notCarried));
	section('Different here:', sentences(notes));
}
