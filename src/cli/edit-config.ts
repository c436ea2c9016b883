import { type ConfigEdit, processEnvironment, updateConfigFile } from '../config/index.ts';
import { CONFIG_DEFAULTS, configPathOf } from '../index.ts';
import type { GlobalOptions } from './options.ts';

/** Edits the project's config file: atomic, and refused whole when the result would not hold together. */
export async function editConfig(flags: GlobalOptions, edit: ConfigEdit): Promise<string> {
	const path = configPathOf({
		...(flags.project === undefined ? {} : { projectDirectory: flags.project }),
		isGlobal: flags.global === true,
		environment: processEnvironment(),
	});
	await updateConfigFile(path, edit, { defaults: CONFIG_DEFAULTS });
	return path;
}
