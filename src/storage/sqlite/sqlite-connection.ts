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

type DatabaseConstructor = new (path: string) => SqliteDatabase;

/** Opens a file with the runtime's own SQLite. */
export async function openNodeSqlite(path: string): Promise<SqliteDatabase> {
	// The module's class is to be renamed from DatabaseSync to Database: either will do. Its declared type knows only one of
	// them and its statements accept more than ours, so it is read by name.
	const driver = (await loadNodeSqlite()) as unknown as Record<string, DatabaseConstructor | undefined>;
	const Database = driver['DatabaseSync'] ?? driver['Database'];
	if (Database === undefined)
		throw new StorageError(
			'unavailable',
			'The node:sqlite of this runtime has no Database class. Use Node 22.18 or newer.',
		);
	return new Database(path);
}

async function loadNodeSqlite(): Promise<object> {
	try {
		return await import('node:sqlite');
	} catch (cause) {
		throw new StorageError(
			'unavailable',
			'This runtime has no node:sqlite. Use Node 22.18 or newer, or the memory storage.',
			{
				cause,
			},
		);
	}
}

/**
 * How long SQLite itself may block the thread for a lock. Longer waits are slept through between tries, so that
 * a locked database never stops the event loop.
 */
const BLOCKING_WAIT_MS = 20;
const PAUSE_MS = 15;
/** Writes that share a transaction at most: its lock keeps other processes waiting. */
const MAX_GROUP = 64;

/** Work in the line of a connection. */
interface Job {
	/** Does the work; the answer tells its caller, once it is durable. */
	run(): () => void;
	reject(error: unknown): void;
	isWrite: boolean;
	/** Monotonic milliseconds until which it may wait for another process. */
	deadline: number;
}

/** What a connection needs beside the database. */
export interface SqliteConnectionOptions {
	path: string;
	clock: Clock;
	/** Milliseconds a write may wait for another process. */
	busyTimeoutMs: number;
}

/** One connection: prepared statements, writes one after the other, every failure explained. */
export class SqliteConnection {
	readonly path: string;
	readonly #database: SqliteDatabase;
	readonly #clock: Clock;
	readonly #busyTimeoutMs: number;
	/** Bounded: keyed by the SQL texts in this room's source. */
	readonly #statements = new Map<string, SqliteStatement>();
	readonly #waiting: Job[] = [];
	#working: Promise<void> | null = null;
	#isClosed = false;

	constructor(database: SqliteDatabase, options: SqliteConnectionOptions) {
		this.#database = database;
		this.path = options.path;
		this.#clock = options.clock;
		this.#busyTimeoutMs = options.busyTimeoutMs;
		database.exec(`PRAGMA busy_timeout = ${BLOCKING_WAIT_MS}`);
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
		return this.#explained(() => this.#prepare(sql).all(...values) as SqlRow[]);
	}

	/** Several reads of one moment. */
	read<T>(work: () => T): T {
		return this.#explained(() => this.#transaction('BEGIN', work));
	}

	/**
	 * Does the work in a transaction that holds the write lock from its start, all or nothing; resolves when it is
	 * durable. Writes that wait at the same time share a transaction and its flush to the disk. The work may run again,
	 * after everything it did was undone: it may change nothing but the database.
	 */
	write<T>(work: () => T): Promise<T> {
		return this.#enqueue(work, true);
	}

	/** Does the work after every earlier write, outside of any transaction, and again while another process holds the lock. */
	runOutsideTransaction<T>(work: () => T): Promise<T> {
		return this.#enqueue(work, false);
	}

	/** Waits for the writes under way, then closes. Closing twice is fine. */
	async close(): Promise<void> {
		while (this.#working !== null) await this.#working;
		if (this.#isClosed) return;
		this.#isClosed = true;
		this.#statements.clear();
		this.#database.close();
	}

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
			// SQLite has rolled back by itself (disk full, I/O error): the first error is the one to tell
		}
	}

	#enqueue<T>(work: () => T, isWrite: boolean): Promise<T> {
		const deadline = this.#clock.monotonic() + this.#busyTimeoutMs;
		return new Promise<T>((resolve, reject) => {
			const run = (): (() => void) => {
				const result = work();
				return () => resolve(result);
			};
			this.#waiting.push({ run, reject, isWrite, deadline });
			this.#working ??= this.#workOff();
		});
	}

	/** Does what waits, in order, until nothing does. */
	async #workOff(): Promise<void> {
		// What is asked for in the same turn of the event loop, by however many requests, is there before the first group
		// is taken: their writes share a transaction.
		await new Promise((resolve) => setImmediate(resolve));
		for (let group = this.#takeGroup(); group.length > 0; group = this.#takeGroup()) await this.#doGroup(group);
		this.#working = null;
	}

	/** Writes at the head of the line, or the one job that must be alone. */
	#takeGroup(): Job[] {
		const end = this.#waiting.findIndex((job, index) => !job.isWrite || index === MAX_GROUP);
		return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(1, end));
	}

	async #doGroup(group: readonly Job[]): Promise<void> {
		const [first, ...others] = group;
		if (first === undefined) return;
		try {
			const done = await this.#untilUnlocked(() => this.#runGroup(group), first.deadline);
			for (const tell of done) tell();
		} catch (error) {
			// one failure undid all of them: each has its own try, so that it keeps its own answer
			if (others.length === 0) first.reject(error);
			else for (const job of group) await this.#doGroup([job]);
		}
	}

	#runGroup(group: readonly Job[]): Array<() => void> {
		const runAll = () => group.map((job) => job.run());
		return group[0]?.isWrite === true ? this.#transaction('BEGIN IMMEDIATE', runAll) : runAll();
	}

	async #untilUnlocked<T>(work: () => T, deadline: number): Promise<T> {
		for (;;) {
			try {
				return work();
			} catch (error) {
				if (!isLockedError(error)) throw toStorageError(error, this.path);
				if (this.#clock.monotonic() >= deadline) throw this.#lockedFor(error);
			}
			await this.#clock.sleep(PAUSE_MS);
		}
	}

	#lockedFor(cause: unknown): StorageError {
		const happened = `The database ${this.path} was locked by another process for ${this.#busyTimeoutMs} ms.`;
		return createStorageError('locked', { path: this.path, happened, cause });
	}

	#explained<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw toStorageError(error, this.path);
		}
	}
}
