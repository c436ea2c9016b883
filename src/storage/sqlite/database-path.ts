import { accessSync, constants, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidInputError } from '../../errors/index.ts';
import { storageError, toStorageError } from './sqlite-errors.ts';

const IN_MEMORY = ':memory:';

/** The absolute path of a database; makes its folder, and says early and clearly what SQLite would say late. @throws StorageError, InvalidInputError */
export function prepareDatabasePath(path: string): string {
	if (path === IN_MEMORY) return path;
	if (path.trim() === '' || path.includes('\0'))
		throw new InvalidInputError('The path of the database is empty or holds a NUL byte. Give a file path.');
	const file = resolve(path);
	try {
		mkdirSync(dirname(file), { recursive: true });
		const existing = statSync(file, { throwIfNoEntry: false });
		if (existing?.isDirectory())
			throw storageError('unavailable', { path: file, happened: `The database path ${file} is a folder.` });
		if (existing !== undefined) accessSync(file, constants.R_OK | constants.W_OK);
		// SQLite keeps its log beside the file
		accessSync(dirname(file), constants.W_OK);
	} catch (error) {
		throw fileError(error, file);
	}
	return file;
}

function fileError(error: unknown, file: string): Error {
	const code = error instanceof Error && 'code' in error ? error.code : null;
	if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
		return storageError('read-only', {
			path: file,
			happened: `The database ${file} or its folder cannot be written (${code}).`,
			cause: error,
		});
	if (code === 'ENOSPC')
		return storageError('full', { path: file, happened: `No space for the database ${file}.`, cause: error });
	if (code === 'ENOTDIR' || code === 'EEXIST')
		return storageError('unavailable', {
			path: file,
			happened: `A part of the path ${file} is a file, not a folder.`,
			cause: error,
		});
	return toStorageError(error, file);
}
