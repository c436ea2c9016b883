import { InvalidInputError, isRouterError, StorageError, type StorageProblem } from '../../errors/index.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const BUSY = 5;
const LOCKED = 6;
const CONSTRAINT = 19;

const PROBLEMS: Readonly<Record<number, StorageProblem>> = {
	3: 'read-only', // PERM
	[BUSY]: 'locked',
	[LOCKED]: 'locked',
	8: 'read-only', // READONLY
	10: 'unavailable', // IOERR
	11: 'corrupt', // CORRUPT
	13: 'full', // FULL
	14: 'unavailable', // CANTOPEN
	26: 'corrupt', // NOTADB
};

const ADVICE: Readonly<Record<StorageProblem, (path: string) => string>> = {
	locked: (path) =>
		`Another process holds the write lock longer than it should. End a \`sqlite3 ${path}\` shell with an open transaction, or raise "busyTimeoutMs".`,
	'read-only': (path) =>
		`Give this user the right to write the file and its folder (SQLite keeps ${path}-wal and ${path}-shm beside it), or choose another path.`,
	full: () => 'Free space on the disk, then go on: nothing of this write was kept, everything before it was.',
	'newer-version': () => 'Update this package, or use another path.',
	corrupt: (path) =>
		`Keep a copy, then try \`sqlite3 ${path} .recover | sqlite3 recovered.db\`, or move the file away: a new one is made.`,
	unavailable: () => 'Check that the path names a file in an existing, reachable folder.',
};

/** The primary result code of an error thrown by a SQLite driver; `null` for anything else. */
function getResultCode(error: unknown): number | null {
	if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
	return error.errcode & 0xff;
}

/** True when another connection holds the lock and waiting may help. */
export function isLockedError(error: unknown): boolean {
	const code = getResultCode(error);
	return code === BUSY || code === LOCKED;
}

/** The three-part message of a problem with a database file. */
export function createStorageError(
	problem: StorageProblem,
	what: { path: string; happened: string; cause?: unknown },
): StorageError {
	const message = `${what.happened} ${ADVICE[problem](what.path)}`;
	return new StorageError(problem, message, 'cause' in what ? { cause: what.cause } : {});
}

/** What a driver threw, as this package's error; errors of this package pass as they are. */
export function toStorageError(error: unknown, path: string): Error {
	if (isRouterError(error)) return error;
	const code = getResultCode(error);
	const reason = error instanceof Error ? error.message : String(error);
	if (code === CONSTRAINT) {
		const message = `The database ${path} refused a row: ${reason}. Nothing of this write was kept.`;
		return new InvalidInputError(message, { cause: error });
	}
	const happened = `The database ${path} cannot be used (${reason}).`;
	return createStorageError(PROBLEMS[code ?? -1] ?? 'unavailable', { path, happened, cause: error });
}
