/** @module The SQLite backend: one file, several processes, readable with the `sqlite3` shell. */

export { DATABASE_VERSION } from './migrate.ts';
export { DEFAULT_SQLITE_STORAGE_OPTIONS, openSqliteStorage, type SqliteStorageOptions } from './open-sqlite-storage.ts';
export { renderRoutingSql } from './routing-sql.ts';
export type { SqliteDatabase, SqliteStatement, SqlValue } from './sqlite-driver.ts';
