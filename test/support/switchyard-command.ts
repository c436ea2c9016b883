import { join } from 'node:path';
import type { CommandResult, TemporaryProject } from './temporary-project.ts';

/** The built command line. `npm ci` and `npm test` build it before tests run. */
export const SWITCHYARD: string = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Runs `switchyard …` in a project. */
export function switchyard(
	project: TemporaryProject,
	args: readonly string[],
	options?: Parameters<TemporaryProject['run']>[2],
): Promise<CommandResult> {
	return project.run(process.execPath, [SWITCHYARD, ...args], options);
}
