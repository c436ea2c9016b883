import { StorageError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { SqlRow } from './sqlite-connection.ts';

const EARLIEST = Date.UTC(0, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The day formatted last: its date is most of the work, and nearly always that of the next time. */
let latest = { day: Number.NaN, date: '' };

function padTwo(value: number): string {
	return value < 10 ? `0${value}` : `${value}`;
}

function toIsoDate(day: number): string {
	if (latest.day !== day) latest = { day, date: new Date(day * DAY_MS).toISOString().slice(0, 11) };
	return latest.date;
}

/** Epoch milliseconds → `2026-11-24T09:30:00.000Z`; times outside the years 1900-9999 become the nearest inside. */
export function toIsoTime(at: number): string {
	// as Date has it: no parts of milliseconds
	const time = Math.trunc(at >= EARLIEST ? Math.min(at, LATEST) : EARLIEST);
	const day = Math.floor(time / DAY_MS);
	const ofDay = time - day * DAY_MS;
	const seconds = Math.floor(ofDay / 1000);
	const minutes = Math.floor(seconds / 60);
	const thousandth = `${ofDay - seconds * 1000}`.padStart(3, '0');
	return `${toIsoDate(day)}${padTwo(Math.floor(minutes / 60))}:${padTwo(minutes % 60)}:${padTwo(seconds % 60)}.${thousandth}Z`;
}

/** The time of a column → epoch milliseconds. */
export function fromIsoTime(text: string): number {
	return Date.parse(text);
}

function createCorruptError(row: SqlRow, column: string, wanted: string): StorageError {
	return new StorageError(
		'corrupt',
		`Column "${column}" holds ${row[column] === undefined ? 'nothing' : typeof row[column]} where ${wanted} should be (row ${String(row['id'] ?? '?')}). Correct the row with the sqlite3 shell, or remove it.`,
	);
}

/** A text column. */
export function getText(row: SqlRow, column: string): string {
	const value = row[column];
	if (typeof value !== 'string') throw createCorruptError(row, column, 'text');
	return value;
}

/** A text column that may be NULL. */
export function getTextOrNull(row: SqlRow, column: string): string | null {
	return row[column] === null || row[column] === undefined ? null : getText(row, column);
}

/** A numeric column. */
export function getNumber(row: SqlRow, column: string): number {
	const value = row[column];
	if (typeof value !== 'number') throw createCorruptError(row, column, 'a number');
	return value;
}

/** A numeric column that may be NULL. */
export function getNumberOrNull(row: SqlRow, column: string): number | null {
	return row[column] === null || row[column] === undefined ? null : getNumber(row, column);
}

/** A 0/1 column. */
export function getFlag(row: SqlRow, column: string): boolean {
	return getNumber(row, column) !== 0;
}

/** A time column, as epoch milliseconds. */
export function getTime(row: SqlRow, column: string): number {
	const at = fromIsoTime(getText(row, column));
	if (Number.isNaN(at)) throw createCorruptError(row, column, 'a time such as 2026-11-24T09:30:00.000Z');
	return at;
}

/** A column of bytes. */
export function getBytes(row: SqlRow, column: string): Uint8Array {
	const value = row[column];
	if (!(value instanceof Uint8Array)) throw createCorruptError(row, column, 'a BLOB');
	return value;
}

/** A JSON column with an array of texts. */
export function getTexts(row: SqlRow, column: string): string[] {
	const value = getJson(row, column);
	if (!Array.isArray(value) || value.some((member) => typeof member !== 'string'))
		throw createCorruptError(row, column, 'a JSON array of texts');
	return value;
}

/** A JSON column; `undefined` when NULL. */
export function getJson(row: SqlRow, column: string): unknown {
	const stored = getTextOrNull(row, column);
	if (stored === null) return undefined;
	try {
		return JSON.parse(stored);
	} catch {
		throw createCorruptError(row, column, 'JSON');
	}
}
