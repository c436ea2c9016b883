import { type BigIntStats, statSync } from 'node:fs';
import type { Clock } from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import { createStorageError, isLockedError, toStorageError } from './sqlite-errors.ts';

/** What SQLite can store. */
export type SqlValue = string | number | null | Uint8Array;
/** One row as a driver returns it. */
export type SqlRow = Record<string, unknown>;

/** A prepared statement, as `node:sqlite` and better-sqlite3 have it. */
export interface SqliteStatement {
	run(...values: SqlValue[]): { changes: number | bigint };
	get(...values: SqlValue[]): unknown;
	all(...values: SqlValue[]): unknown[];
}

/** A connection; any object with these three methods will do. */
export interface SqliteDatabase {
	exec(sql: string): void;
	prepare(sql: string): SqliteStatement;
	close(): void;
}

/** Opens a file with the runtime's own SQLite; `isReadOnly`: one that is there, for reading alone. @throws StorageError `unavailable` where it has none */
export async function openNodeSqlite(path: string, isReadOnly = false): Promise<SqliteDatabase> {
	const driver = await import('node:sqlite').catch((cause: unknown) => {
		const message = 'This runtime has no node:sqlite. Use Node 22.18 or newer, or the memory storage.';
		throw new StorageError('unavailable', message, { cause });
	});
	// The module's class is to be renamed from DatabaseSync to Database: either will do. Its declared type knows only one of
	// them and its statements accept more than ours, so it is read by name.
	type Driver = new (path: string, options: { readOnly: boolean }) => SqliteDatabase;
	const classes = driver as unknown as Record<string, Driver | undefined>;
	const Database = classes['DatabaseSync'] ?? classes['Database'];
	if (Database !== undefined) return new Database(path, { readOnly: isReadOnly });
	const message = 'The node:sqlite of this runtime has no Database class. Use Node 22.18 or newer.';
	throw new StorageError('unavailable', message);
}

/**
 * How long SQLite itself may block the thread for a lock. Longer waits are slept through between tries, so that
 * a locked database never stops the event loop.
 */
const BLOCKING_WAIT_MS = 20;
/** Pause between two tries for the lock. */
const RETRY_PAUSE_MS = 15;
/** Writes that share a transaction at most: its lock keeps other processes waiting. */
const MAX_WRITES_PER_TRANSACTION = 64;

/** How long work that nobody waits for lets others go first. */
const MAX_WAIT_BEHIND_MS = 250;

/** Work in the queue of a connection. */
interface Job {
	/** Does the work; the function it returns resolves the caller's promise, to be called once the work is durable. */
	run(): () => void;
	reject(error: unknown): void;
	/** `write` shares its transaction with those that wait beside it, `alone` has one of its own, `outside` has none. */
	kind: 'write' | 'alone' | 'outside';
	/** Monotonic milliseconds until which it may wait for another process. */
	deadline: number;
}

/** What a connection needs beside the database. */
interface SqliteConnectionOptions {
	path: string;
	clock: Clock;
	/** Milliseconds a write may wait for another process. */
	busyTimeoutMs: number;
}

/** One connection: prepared statements, queued writes with group commit, errors of this package. */
export class SqliteConnection {
	readonly path: string;
	readonly #database: SqliteDatabase;
	readonly #clock: Clock;
	readonly #busyTimeoutMs: number;
	/** Bounded: keyed by the SQL texts in this module's source. */
	readonly #statements = new Map<string, SqliteStatement>();
	readonly #queue: Job[] = [];
	readonly #file: BigIntStats | undefined;
	#draining: Promise<void> | null = null;
	#isClosed = false;

	constructor(database: SqliteDatabase, options: SqliteConnectionOptions) {
		this.#database = database;
		this.path = options.path;
		this.#clock = options.clock;
		this.#busyTimeoutMs = options.busyTimeoutMs;
		this.#file = readFile(this.path);
		database.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
	}

	/** Size of the file in bytes; 0 where there is none. */
	get fileSize(): number {
		return Number(readFile(this.path)?.size ?? 0);
	}

	/** What happened to the file since it was opened; `null`: nothing. SQLite itself goes on writing to a file without a name. */
	get lostBy(): 'deletion' | 'replacement' | null {
		const found = readFile(this.path);
		if (found === undefined) return this.#file === undefined ? null : 'deletion';
		return found.ino === this.#file?.ino && found.dev === this.#file.dev ? null : 'replacement';
	}

	/** Runs statements outside of a transaction. */
	exec(sql: string): void {
		this.#database.exec(sql);
	}

	/** Runs one statement; answers how many rows it changed. Only inside `write`. */
	run(sql: string, ...values: SqlValue[]): number {
		return Number(this.#prepare(sql).run(...values).changes);
	}

	/** The first row, or null. */
	row(sql: string, ...values: SqlValue[]): SqlRow | null {
		// SQLite's rows are objects keyed by column; the driver declares its results as unknown
		try {
			return (this.#prepare(sql).get(...values) as SqlRow | undefined) ?? null;
		} catch (error) {
			throw toStorageError(error, this.path);
		}
	}

	/** Every row. */
	rows(sql: string, ...values: SqlValue[]): SqlRow[] {
		// as above
		return this.#translateErrors(() => this.#prepare(sql).all(...values) as SqlRow[]);
	}

	/** Several reads of one moment. */
	read<T>(work: () => T): T {
		return this.#translateErrors(() => this.#transaction('BEGIN', work));
	}

	/**
	 * Does the work in a transaction that holds the write lock from its start, all or nothing; resolves when it is
	 * durable. Writes that wait at the same time share a transaction and its flush to the disk. The work may run again,
	 * after everything it did was undone: it may change nothing but the database.
	 */
	write<T>(work: () => T): Promise<T> {
		return this.#enqueue(work, 'write');
	}

	/** As `write`, for work that nobody waits for: in a transaction of its own, once no other write waits or after a quarter of a second. */
	async writeBehind<T>(work: () => T): Promise<T> {
		const until = this.#clock.monotonic() + MAX_WAIT_BEHIND_MS;
		while (this.#draining !== null && this.#clock.monotonic() < until) await this.#draining;
		return await this.#enqueue(work, 'alone');
	}

	/** Does the work after every earlier write, outside of any transaction, and again while another process holds the lock. */
	runOutsideTransaction<T>(work: () => T): Promise<T> {
		return this.#enqueue(work, 'outside');
	}

	/** Waits for the writes under way, then closes. Closing twice is fine. */
	async close(): Promise<void> {
		while (this.#draining !== null) await this.#draining;
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#statements.clear();
		if (this.lostBy !== null) this.#emptyLog();
		this.#database.close();
	}

	/** Writes the log into the file that was moved: the next one of this name would find it beside itself and take it for its own. */
	#emptyLog(): void {
		try {
			this.#database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
		} catch {
			// the file is gone for good, and what was in its log with it
		}
	}

	/** Parameters are plain `?`: Node 22 cannot bind numbered ones (`?1`) by position. */
	#prepare(sql: string): SqliteStatement {
		if (this.#isClosed)
			throw new StorageError('unavailable', `The database ${this.path} is closed. Open it again to use it.`);
		let statement = this.#statements.get(sql);
		if (statement === undefined) {
			statement = this.#database.prepare(sql);
			this.#statements.set(sql, statement);
		}
		return statement;
	}

	#transaction<T>(begin: string, work: () => T): T {
		this.#prepare(begin).run();
		try {
			const result = work();
			this.#prepare('COMMIT').run();
			return result;
		} catch (error) {
			this.#rollBack();
			throw error;
		}
	}

	#rollBack(): void {
		try {
			this.#prepare('ROLLBACK').run();
		} catch {
			// SQLite has rolled back by itself (disk full, I/O error): the first error is the one to report
		}
	}

	#enqueue<T>(work: () => T, kind: Job['kind']): Promise<T> {
		const deadline = this.#clock.monotonic() + this.#busyTimeoutMs;
		return new Promise<T>((resolve, reject) => {
			const run = (): (() => void) => {
				const result = work();
				return () => resolve(result);
			};
			this.#queue.push({ run, reject, kind, deadline });
			this.#draining ??= this.#drain();
		});
	}

	/** Runs the queue, in order, until it is empty. */
	async #drain(): Promise<void> {
		// Everything that the current turn of the event loop enqueues, for however many requests, is there before the first
		// group is taken: their writes share a transaction.
		await new Promise((resolve) => setImmediate(resolve));
		for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) await this.#runGroup(group);
		this.#draining = null;
	}

	/** Writes at the head of the queue, or the one job that shares no transaction. */
	#takeGroup(): Job[] {
		const end = this.#queue.findIndex((job, index) => job.kind !== 'write' || index === MAX_WRITES_PER_TRANSACTION);
		return this.#queue.splice(0, end === -1 ? this.#queue.length : Math.max(1, end));
	}

	async #runGroup(group: readonly Job[]): Promise<void> {
		const [first, ...others] = group;
		if (first === undefined) return;
		const runAll = () => group.map((job) => job.run());
		const commit = first.kind !== 'outside' ? () => this.#transaction('BEGIN IMMEDIATE', runAll) : runAll;
		try {
			const resolvers = await this.#untilUnlocked(commit, first.deadline);
			for (const resolve of resolvers) resolve();
		} catch (error) {
			// one failure rolled back all of them: each is tried alone, so that it gets its own result
			if (others.length === 0) first.reject(error);
			else for (const job of group) await this.#runGroup([job]);
		}
	}

	async #untilUnlocked<T>(work: () => T, deadline: number): Promise<T> {
		for (;;) {
			try {
				return work();
			} catch (error) {
				if (!isLockedError(error)) throw toStorageError(error, this.path);
				if (this.#clock.monotonic() >= deadline) throw this.#createLockedError(error);
			}
			await this.#clock.sleep(RETRY_PAUSE_MS);
		}
	}

	#createLockedError(cause: unknown): StorageError {
		const happened = `The database ${this.path} was locked by another process for ${this.#busyTimeoutMs} ms.`;
		return createStorageError('locked', { path: this.path, happened, cause });
	}

	#translateErrors<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw toStorageError(error, this.path);
		}
	}
}

function readFile(path: string): BigIntStats | undefined {
	return path === ':memory:' ? undefined : statSync(path, { bigint: true, throwIfNoEntry: false });
}
