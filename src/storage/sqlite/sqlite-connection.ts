import type { Clock } from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import type { SqliteDatabase, SqliteStatement, SqlRow, SqlValue } from './sqlite-driver.ts';
import { isLockedError, storageError, toStorageError } from './sqlite-errors.ts';

/**
 * How long SQLite itself may block the thread for a lock. Longer waits are slept through between tries, so that
 * a locked database never stops the event loop.
 */
const BLOCKING_WAIT_MS = 20;
const PAUSE_MS = 15;

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
	#tail: Promise<unknown> = Promise.resolve();
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
		return this.#explained(() => (this.#prepare(sql).get(...values) as SqlRow | undefined) ?? null);
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

	/** Does the work in one transaction that holds the write lock from its start; resolves when it is durable. */
	write<T>(work: () => T): Promise<T> {
		return this.alone(() => this.#transaction('BEGIN IMMEDIATE', work));
	}

	/** Does the work after every earlier write, and again while another process holds the lock. */
	alone<T>(work: () => T): Promise<T> {
		const deadline = this.#clock.monotonic() + this.#busyTimeoutMs;
		const result = this.#tail.then(() => this.#untilUnlocked(work, deadline));
		// the caller gets the failure; the next in line must not
		this.#tail = result.catch(() => undefined);
		return result;
	}

	/** Waits for the writes under way, then closes. Closing twice is fine. */
	async close(): Promise<void> {
		await this.#tail;
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
		return storageError('locked', { path: this.path, happened, cause });
	}

	#explained<T>(work: () => T): T {
		try {
			return work();
		} catch (error) {
			throw toStorageError(error, this.path);
		}
	}
}
