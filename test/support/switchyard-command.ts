import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult, TemporaryProject } from './temporary-project.ts';

/** The built command line. `npm ci` and `npm test` build it before tests run. */
export const SWITCHYARD: string = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

if (!existsSync(SWITCHYARD)) throw new Error('The built command line is missing: run `npm run build` first.');

/** Runs `switchyard …` in a project. */
export function switchyard(
	project: TemporaryProject,
	args: readonly string[],
	options?: Parameters<TemporaryProject['run']>[2],
): Promise<CommandResult> {
	return project.run(process.execPath, [SWITCHYARD, ...args], options);
}
