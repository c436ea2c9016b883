import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { InvalidInputError } from '../index.ts';

/** Writes a file whole or not at all. @throws InvalidInputError that says why it could not. */
export function writeWholeFile(path: string, text: string): void {
	const temporary = `${path}.${process.pid}.tmp`;
	try {
		writeFileSync(temporary, text);
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { force: true });
		const reason = error instanceof Error ? error.message : String(error);
		throw new InvalidInputError(`Could not write ${path}: ${reason}. Choose another file with --output.`, {
			cause: error,
		});
	}
}
