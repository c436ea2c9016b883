import { StorageError } from '../../errors/index.ts';
import { fromIsoTime } from './iso-time.ts';
import type { SqlRow } from './sqlite-driver.ts';

function unreadable(row: SqlRow, column: string, wanted: string): StorageError {
	return new StorageError(
		'corrupt',
		`Column "${column}" holds ${row[column] === undefined ? 'nothing' : typeof row[column]} where ${wanted} should be (row ${String(row['id'] ?? '?')}). Correct the row with the sqlite3 shell, or remove it.`,
	);
}

/** A text column. */
export function text(row: SqlRow, column: string): string {
	const value = row[column];
	if (typeof value !== 'string') throw unreadable(row, column, 'text');
	return value;
}

/** A text column that may be NULL. */
export function textOrNull(row: SqlRow, column: string): string | null {
	return row[column] === null || row[column] === undefined ? null : text(row, column);
}

/** A numeric column. */
export function number(row: SqlRow, column: string): number {
	const value = row[column];
	if (typeof value !== 'number') throw unreadable(row, column, 'a number');
	return value;
}

/** A numeric column that may be NULL. */
export function numberOrNull(row: SqlRow, column: string): number | null {
	return row[column] === null || row[column] === undefined ? null : number(row, column);
}

/** A 0/1 column. */
export function flag(row: SqlRow, column: string): boolean {
	return number(row, column) !== 0;
}

/** A time column, as epoch milliseconds. */
export function time(row: SqlRow, column: string): number {
	const at = fromIsoTime(text(row, column));
	if (Number.isNaN(at)) throw unreadable(row, column, 'a time such as 2026-11-24T09:30:00.000Z');
	return at;
}

/** A time column that may be NULL. */
export function timeOrNull(row: SqlRow, column: string): number | null {
	return row[column] === null || row[column] === undefined ? null : time(row, column);
}

/** A column of bytes. */
export function bytes(row: SqlRow, column: string): Uint8Array {
	const value = row[column];
	if (!(value instanceof Uint8Array)) throw unreadable(row, column, 'a BLOB');
	return value;
}

/** A JSON column with an array of texts. */
export function texts(row: SqlRow, column: string): string[] {
	const value = json(row, column);
	if (!Array.isArray(value) || value.some((member) => typeof member !== 'string'))
		throw unreadable(row, column, 'a JSON array of texts');
	return value;
}

/** A JSON column; `undefined` when NULL. */
export function json(row: SqlRow, column: string): unknown {
	const stored = textOrNull(row, column);
	if (stored === null) return undefined;
	try {
		return JSON.parse(stored);
	} catch {
		throw unreadable(row, column, 'JSON');
	}
}
