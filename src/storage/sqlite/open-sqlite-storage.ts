import type { Clock, RouterStorage } from '../../contracts/index.ts';
import { prepareDatabasePath } from './database-path.ts';
import { createMaintenance } from './maintenance.ts';
import { migrate } from './migrate.ts';
import { archiveBefore, reset } from './retention.ts';
import { createSqliteBudgetStore } from './sqlite-budget-store.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { createSqliteCostLedger } from './sqlite-cost-ledger.ts';
import { openNodeSqlite, type SqliteDatabase } from './sqlite-driver.ts';
import { toStorageError } from './sqlite-errors.ts';
import { createSqliteIdempotencyStore } from './sqlite-idempotency-store.ts';
import { createSqliteKeyStore } from './sqlite-key-store.ts';
import { createSqlitePerformanceStore } from './sqlite-performance-store.ts';
import { createSqlitePriceBooks } from './sqlite-price-books.ts';
import { createSqliteRecordStore } from './sqlite-record-store.ts';
import { systemClock } from './system-clock.ts';

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
	/** Any SQLite with `exec`, `prepare` and `close`. @default the runtime's node:sqlite */
	openDatabase?: (path: string) => SqliteDatabase | Promise<SqliteDatabase>;
}

/** What applies where the options say nothing. */
export const DEFAULT_SQLITE_STORAGE_OPTIONS: Readonly<
	Required<Pick<SqliteStorageOptions, 'busyTimeoutMs' | 'retentionDays' | 'archiveDays' | 'captureText' | 'durability'>>
> = { busyTimeoutMs: 5000, retentionDays: 90, archiveDays: 365, captureText: false, durability: 'normal' };

/** The write-ahead log shrinks back to this after a burst. */
const LOG_BYTES_KEPT = 16 * 2 ** 20;
/**
 * Pages of 4 KiB in the log before it is copied into the file: a request writes about a dozen, the same ones again and
 * again, and each copy flushes to the disk while everybody waits. As many as the log keeps; a start after a crash reads them.
 */
const LOG_PAGES = LOG_BYTES_KEPT / 4096;

async function connect(file: string, options: SqliteStorageOptions): Promise<SqliteConnection> {
	const { busyTimeoutMs, durability } = { ...DEFAULT_SQLITE_STORAGE_OPTIONS, ...options };
	const clock = options.clock ?? systemClock;
	let database: SqliteDatabase;
	try {
		database = await (options.openDatabase ?? openNodeSqlite)(file);
	} catch (error) {
		throw toStorageError(error, file);
	}
	try {
		const connection = new SqliteConnection(database, { path: file, clock, busyTimeoutMs });
		await connection.alone(() => {
			// takes effect in an empty file only, and must come before the first table
			connection.exec('PRAGMA auto_vacuum = INCREMENTAL');
			connection.exec('PRAGMA journal_mode = WAL');
			connection.exec(`PRAGMA synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
			connection.exec(`PRAGMA journal_size_limit = ${LOG_BYTES_KEPT}`);
			connection.exec(`PRAGMA wal_autocheckpoint = ${LOG_PAGES}`);
		});
		await migrate(connection);
		return connection;
	} catch (error) {
		database.close();
		throw toStorageError(error, file);
	}
}

/**
 * Opens (or makes, or brings up to date) a SQLite database; safe with several processes at once.
 * @throws StorageError `locked`, `read-only`, `full`, `newer-version`, `corrupt` or `unavailable`, with the path and what to do
 */
export async function openSqliteStorage(options: SqliteStorageOptions): Promise<RouterStorage> {
	const settings = { ...DEFAULT_SQLITE_STORAGE_OPTIONS, ...options };
	const connection = await connect(prepareDatabasePath(options.path), options);
	const maintenance = createMaintenance(connection, { ...settings, clock: options.clock ?? systemClock });
	const records = createSqliteRecordStore(connection, settings);
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
		ledger: createSqliteCostLedger(connection),
		budgets: createSqliteBudgetStore(connection),
		performance: createSqlitePerformanceStore(connection),
		prices: createSqlitePriceBooks(connection),
		keys: createSqliteKeyStore(connection),
		idempotency: createSqliteIdempotencyStore(connection),
		archiveBefore: (time) => archiveBefore(connection, time),
		reset: (scope) => reset(connection, scope),
		async close() {
			await maintenance.finished();
			await connection.close();
		},
	};
}
