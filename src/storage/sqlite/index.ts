/** @module The SQLite backend: one file, several processes, readable with the `sqlite3` shell. */

export { DATABASE_VERSION, renderRoutingSql } from './migrations.ts';
export { DEFAULT_SQLITE_STORAGE_OPTIONS, openSqliteStorage, type SqliteStorageOptions } from './open-sqlite-storage.ts';
export type { SqliteDatabase, SqliteStatement, SqlValue } from './sqlite-connection.ts';
