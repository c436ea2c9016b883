import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { RouterStorage } from '../../contracts/index.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { createStorageError } from './sqlite-errors.ts';

/** Looks after an open database. */
interface DatabaseCheck {
	run: NonNullable<RouterStorage['check']>;
	/** Ends what is being read. */
	close(): void;
}

/** Checks of an open database; `arePagesRead`: all of its pages were just read, so that the first check need not. */
export function createDatabaseCheck(connection: SqliteConnection, arePagesRead: boolean): DatabaseCheck {
	const { path } = connection;
	const readers = new Set<ChildProcess>();
	let isPagesCheckDue = !arePagesRead;
	return {
		async run(depth) {
			requireSameFile(connection);
			// reads from the file, or from the index of its log
			connection.row('SELECT 1 FROM migrations LIMIT 1');
			if (depth !== 'file') await requireWritable(connection);
			if (depth !== 'pages') return null;
			if (isPagesCheckDue) return await checkPages(path, readers);
			isPagesCheckDue = true;
			return null;
		},
		close() {
			for (const reader of readers) reader.kill('SIGKILL');
		},
	};
}

/** Rows in a file without a name are never seen again. @throws StorageError */
function requireSameFile({ lostBy, path }: SqliteConnection): void {
	if (lostBy === null) return;
	const what = lostBy === 'deletion' ? 'deleted or moved' : 'replaced by another file';
	throw createStorageError('unavailable', { path, happened: `The database ${path} was ${what} while it was open.` });
}

/** In place of a scope and a key, of which it is none. */
const PROBE = 'check of the storage';
const WRITE_PROBE = `
INSERT OR REPLACE INTO idempotency_answers (scope, key, request_hash, state, owner, created_at, expires_at)
VALUES (?, '', '', 'running', '', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z')`;

/** Writes a page and leaves no row: a full disk and a read-only file show only then. @throws StorageError */
async function requireWritable(connection: SqliteConnection): Promise<void> {
	await connection.write(() => {
		connection.run(WRITE_PROBE, PROBE);
		connection.run('DELETE FROM idempotency_answers WHERE scope = ?', PROBE);
	});
}

/** How long reading all pages may take: about 20 GB. */
const PAGES_TIMEOUT_MS = 20_000;
/** Exit codes of the reader. */
const SOUND = 0;
const DAMAGED = 3;

/**
 * Another process: SQLite's call cannot be interrupted here, a thread that is in it would hold up the end of this process, and
 * this connection would read what it has cached.
 */
const READER = `
const { DatabaseSync } = require('node:sqlite');
try {
  const database = new DatabaseSync(process.argv[1], { readOnly: true, timeout: 1000 });
  process.exitCode = database.prepare('PRAGMA quick_check(1)').get().quick_check === 'ok' ? ${SOUND} : ${DAMAGED};
} catch (error) {
  process.exitCode = [11, 26].includes(error.errcode & 255) ? ${DAMAGED} : 1;
}`;

/** Reads every page; answers a sentence where there was no time for all of them. @throws StorageError `corrupt` */
async function checkPages(path: string, readers: Set<ChildProcess>): Promise<string | null> {
	const reader = spawn(process.execPath, ['--no-warnings', '-e', READER, path], {
		// nothing of this process's environment, which may hold keys
		env: { ELECTRON_RUN_AS_NODE: '1' },
		stdio: 'ignore',
		timeout: PAGES_TIMEOUT_MS,
		killSignal: 'SIGKILL',
	});
	// must not keep a finished program alive
	reader.unref();
	readers.add(reader);
	const code = await once(reader, 'exit').then(
		([exitCode]: unknown[]) => exitCode,
		// it could not be started: nothing is known of the pages
		() => null,
	);
	readers.delete(reader);
	if (code === DAMAGED)
		throw createStorageError('corrupt', {
			path,
			happened: `The database ${path} is damaged: not all of it can be read.`,
		});
	return code === SOUND ? null : `Not all pages of ${path} could be read within ${PAGES_TIMEOUT_MS / 1000} s.`;
}
