import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock, EvaluationStore, RouterStorage, ShadowStore, StorageCheckDepth } from '../../contracts/index.ts';
import { InvalidInputError, StorageError, type StorageProblem } from '../../errors/index.ts';
import { SYSTEM_CLOCK } from '../../util/index.ts';
import {
	createSqliteAuditLog,
	createSqliteExperimentStore,
	createSqliteIdempotencyStore,
	createSqliteKeyStore,
	createSqliteLimitStore,
} from './access-stores.ts';
import { archiveLedger } from './archive-ledger.ts';
import { getText } from './columns.ts';
import type { createDatabaseCheck } from './create-database-check.ts';
import { createSqliteBudgetStore } from './create-sqlite-budget-store.ts';
import { createSqliteCostLedger, createSqlitePriceBooks, readJournalBacklog } from './create-sqlite-cost-ledger.ts';

import { createSqliteEvaluationStore, createSqliteShadowStore } from './create-sqlite-evaluation-store.ts';

import { createSqlitePerformanceStore, createSqliteRecordStore } from './create-sqlite-record-store.ts';
import { archiveBefore, createMaintenance, JournalFollower, resetTables } from './maintenance.ts';
import { migrate, requireCurrentVersion } from './migrations.ts';
import { openNodeSqlite, SqliteConnection, type SqliteDatabase } from './sqlite-connection.ts';
import { createStorageError, toStorageError } from './sqlite-errors.ts';

/** How a SQLite database is opened. */
export interface SqliteStorageOptions {
	/** The file; it and its folder are made when missing. `:memory:` keeps everything in memory. */
	path: string;
	/** @default the machine's clock */
	clock?: Clock;
	/** Milliseconds a write waits for another process before it fails as `locked`; the event loop goes on meanwhile. @default 5000 */
	busyTimeoutMs?: number;
	/** Days after which decisions, outcomes and events move to the archive; `Infinity` never. The ledger stays. @default 90 */
	retentionDays?: number;
	/** Days after which archived rows are deleted; `Infinity` never. @default 365 */
	archiveDays?: number;
	/** Keep the text of tasks. Without it `task_text` is NULL whatever is handed in. @default false */
	captureText?: boolean;
	/**
	 * `normal`: what was acknowledged survives the death of every process; a power cut may lose the last moments,
	 * never the file. `full`: it survives a power cut too, at one flush of the disk a write. @default 'normal'
	 */
	durability?: 'normal' | 'full';
	/**
	 * Read a database that is there, of this very version, and leave it as it is: nothing is made, brought up to date or tidied, and
	 * what would be written fails. What a process that died left in the journal is in no report until a writer opens the database.
	 * @default false
	 */
	isReadOnly?: boolean;
	/** Any SQLite with `exec`, `prepare` and `close`. @default the runtime's node:sqlite */
	openDatabase?: (path: string) => SqliteDatabase | Promise<SqliteDatabase>;
}

/** What applies where the options say nothing. */
export const DEFAULT_SQLITE_STORAGE_OPTIONS: Readonly<
	Required<Pick<SqliteStorageOptions, 'busyTimeoutMs' | 'retentionDays' | 'archiveDays' | 'captureText' | 'durability'>>
> = { busyTimeoutMs: 5000, retentionDays: 90, archiveDays: 365, captureText: false, durability: 'normal' };

/**
 * Opens (or makes, or brings up to date) a SQLite database; safe with several processes at once.
 * @throws StorageError for one that is missing or of an older version where it is only read; `locked`, `read-only`, `full`, `newer-version`, `corrupt` or `unavailable`, with the path and what to do
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<RouterStorage> {
	const settings = { ...DEFAULT_SQLITE_STORAGE_OPTIONS, ...options };
	// there is nothing to leave as it is in memory
	const isReadOnly = settings.isReadOnly === true && options.path !== ':memory:';
	const file = isReadOnly ? findDatabase(options.path) : prepareDatabasePath(options.path);
	const { connection, arePagesRead } = await connect(file, { ...options, isReadOnly });
	let check: ReturnType<typeof createDatabaseCheck> | null = null;
	const createCheck = async () => {
		// what runs for a while needs it, not every command
		const checks = await import('./create-database-check.ts');
		return checks.createDatabaseCheck(connection, arePagesRead);
	};
	const clock = options.clock ?? SYSTEM_CLOCK;
	const follower = new JournalFollower(connection, {
		clock,
		// another driver's file may be opened by nobody else
		hasThread: options.openDatabase === undefined && connection.path !== ':memory:',
	});
	const maintenance = createMaintenance(connection, { ...settings, clock });
	const catchUp = () => (isReadOnly ? Promise.resolve() : follower.catchUp());
	const records = createSqliteRecordStore(connection, { ...settings, catchUp, clock });
	// few processes evaluate
	let evaluations: EvaluationStore | null = null;
	const budgets = createSqliteBudgetStore(connection, clock);
	let shadow: ShadowStore | null = null;
	// of a process that died
	await catchUp();
	if (!isReadOnly) follower.start();
	const prices = createSqlitePriceBooks(connection);
	return {
		kind: 'sqlite',
		location: connection.path,
		records: {
			...records,
			async write(batch) {
				await records.write(batch);
				maintenance.afterWrite();
			},
		},
		ledger: createSqliteCostLedger(connection, catchUp),
		budgets: {
			...budgets,
			async settle(reservation, entry) {
				await budgets.settle(reservation, entry);
				follower.afterCharge();
			},
			async charge(checks, entry) {
				await budgets.charge(checks, entry);
				follower.afterCharge();
			},
			// what any opened database keeps up with is left to those that write
			...(isReadOnly && { expire: async () => 0, saveLimits: async () => {} }),
		},
		performance: createSqlitePerformanceStore(connection),
		prices: isReadOnly ? { ...prices, save: async () => {} } : prices,
		keys: createSqliteKeyStore(connection),
		idempotency: createSqliteIdempotencyStore(connection),
		limits: createSqliteLimitStore(connection),
		audit: createSqliteAuditLog(connection),
		get evaluations() {
			evaluations ??= createSqliteEvaluationStore(connection);
			return evaluations;
		},
		get shadow() {
			shadow ??= createSqliteShadowStore(connection);
			return shadow;
		},
		experiments: createSqliteExperimentStore(connection),
		async archiveBefore(time) {
			await catchUp();
			return await archiveBefore(connection, time);
		},
		async archiveLedger(before, path) {
			const file = prepareDatabasePath(path);
			if (file === connection.path)
				throw new InvalidInputError(`The archive ${file} is the database itself. Name another file.`);
			// made, or brought up to date, as any routing database
			const archive = await connect(file, options);
			await archive.connection.close();
			await catchUp();
			return await archiveLedger(connection, before, file);
		},
		...(connection.path !== ':memory:' && {
			async check(depth: StorageCheckDepth) {
				check ??= await createCheck();
				return await check.run(isReadOnly && depth === 'write' ? 'file' : depth);
			},
		}),
		flush: catchUp,
		journalBacklog: async () => readJournalBacklog(connection),
		reset: (scope) => resetTables(connection, scope),
		async close() {
			await maintenance.whenIdle();
			// what cannot be given back any more counts as unknown spend later
			await budgets.close().catch(() => {});
			if (!isReadOnly) await follower.close();
			check?.close();
			await connection.close();
		},
	};
}

/** Size to which the write-ahead log shrinks after a burst. */
const LOG_BYTES_KEPT = 16 * 2 ** 20;
/**
 * Pages of 4 KiB in the log before it is copied into the file: a request writes about a dozen, the same ones again and
 * again, and each copy flushes to the disk while everybody waits. As many as the log keeps; a start after a crash reads them.
 * Usually the log is copied before, behind the requests (`JournalFollower`).
 */
const LOG_PAGES = LOG_BYTES_KEPT / 4096;

/** Opens a database and brings it up to date. `arePagesRead`: all of it was found sound. */
async function connect(
	file: string,
	options: SqliteStorageOptions,
): Promise<{ connection: SqliteConnection; arePagesRead: boolean }> {
	const { busyTimeoutMs, durability, isReadOnly = false } = { ...DEFAULT_SQLITE_STORAGE_OPTIONS, ...options };
	const clock = options.clock ?? SYSTEM_CLOCK;
	let database: SqliteDatabase;
	try {
		database = await (options.openDatabase ?? ((path) => openNodeSqlite(path, isReadOnly)))(file);
	} catch (error) {
		throw toStorageError(error, file);
	}
	try {
		const connection = new SqliteConnection(database, { path: file, clock, busyTimeoutMs });
		if (isReadOnly) {
			requireCurrentVersion(connection);
			return { connection, arePagesRead: false };
		}
		await connection.runOutsideTransaction(() => {
			// takes effect in an empty file only, and must come before the first table
			connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
			connection.exec('PRAGMA journal_mode = WAL');
			connection.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
			connection.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`);
			connection.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
			connection.exec('PRAGMA temp_store = MEMORY');
		});
		// before anything is written to it; all of a large file is read by another process, later
		const arePagesRead = connection.fileSize <= SMALL_FILE_BYTES;
		if (arePagesRead) requireSoundPages(connection);
		await migrate(connection);
		return { connection, arePagesRead };
	} catch (error) {
		database.close();
		throw toStorageError(error, file);
	}
}

/** Size up to which all pages are read when a database is opened: four milliseconds. */
const SMALL_FILE_BYTES = 4 * 2 ** 20;

/** Reads every page. @throws StorageError `corrupt` */
function requireSoundPages(connection: SqliteConnection): void {
	const [row = {}] = connection.rows('PRAGMA quick_check(1)');
	const result = getText(row, 'quick_check');
	if (result === 'ok') return;
	const { path } = connection;
	const happened = `The database ${path} is damaged (${result.replaceAll('\n', ' ').slice(0, 200)}).`;
	throw createStorageError('corrupt', { path, happened });
}

/** The absolute path of a database that is only read. @throws StorageError where there is none */
function findDatabase(path: string): string {
	const file = resolve(path);
	if (existsSync(file)) return file;
	throw new StorageError(
		'unavailable',
		`There is no database ${file} yet. The first request makes it, and so does \`switchyard budget\`.`,
	);
}

/** The absolute path of a database; makes its folder, and reports early and clearly what SQLite would report late. @throws StorageError, InvalidInputError */
function prepareDatabasePath(path: string): string {
	if (path === ':memory:') return path;
	if (path.trim() === '' || path.includes('\0'))
		throw new InvalidInputError('The path of the database is empty or holds a NUL byte. Give a file path.');
	const file = resolve(path);
	try {
		mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
		const existing = statSync(file, { throwIfNoEntry: false });
		if (existing?.isDirectory())
			throw createStorageError('unavailable', { path: file, happened: `The database path ${file} is a folder.` });
		if (existing !== undefined) accessSync(file, constants.R_OK | constants.W_OK);
		// SQLite keeps its log beside the file
		accessSync(dirname(file), constants.W_OK);
		// a new one is its owner's alone; SQLite gives the log and index beside it the same mode
		if (existing === undefined) closeSync(openSync(file, 'a', 0o600));
	} catch (error) {
		throw toFileError(error, file);
	}
	return file;
}

function toFileError(cause: unknown, path: string): Error {
	const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
	const create = (problem: StorageProblem, happened: string) => createStorageError(problem, { path, happened, cause });
	if (['EACCES', 'EPERM', 'EROFS'].includes(code))
		return create('read-only', `The database ${path} or its folder cannot be written (${code}).`);
	if (code === 'ENOSPC') return create('full', `No space for the database ${path}.`);
	if (['ENOTDIR', 'EEXIST'].includes(code))
		return create('unavailable', `A part of the path ${path} is a file, not a folder.`);
	return toStorageError(cause, path);
}
