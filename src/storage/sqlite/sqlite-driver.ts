import { StorageError } from '../../errors/index.ts';

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
