import { type NanoUsd, nanoToUsd, type TimeRange } from '../../contracts/index.ts';
import { StorageError } from '../../errors/index.ts';
import { DAY_MS } from '../../util/index.ts';
import type { SqliteConnection, SqlRow, SqlValue } from './sqlite-connection.ts';

/** How one member of a row is stored, in one column or several. */
export interface Field<Value> {
	readonly columns: readonly string[];
	/** Appends one value for each column. */
	write(value: Value, values: SqlValue[]): void;
	/** @throws StorageError `corrupt` for what cannot be read */
	read(row: SqlRow): Value;
}

/** A table whose rows are objects. */
export interface Table<Row> {
	/** Writes a row; one that is there already stays as it was. Answers how many rows were written. Only inside a write. */
	insert(connection: SqliteConnection, row: Row): number;
	/** Writes rows, many with one statement: two thirds of the time of as many `insert`. One that is there already stays as it was. Only inside a write. */
	insertAll(connection: SqliteConnection, rows: readonly Row[]): void;
	/** Rows in the range of time, newest first; of rows of one moment the last written comes first. */
	newest(connection: SqliteConnection, range: TimeRange, limit: number): Row[];
	/** The same as SQLite returns them. */
	newestRows(connection: SqliteConnection, range: TimeRange, limit: number): SqlRow[];
	/** A row as SQLite returns it, or its archived copy. */
	fromRow(row: SqlRow): Row;
	readonly name: string;
}

/** The fields of an object, each by its member's name. */
export type Fields<Value> = { readonly [Member in keyof Required<Value>]: Field<Value[Member]> };

/** An object whose members are stored side by side; optional ones that are not there are left out. */
export function defineObject<Value extends object>(fields: Fields<Value>): Field<Value> {
	// every member has its field, as the type demands
	const members = Object.entries(fields) as Array<[keyof Value, Field<unknown>]>;
	return {
		columns: members.flatMap(([, field]) => field.columns),
		write(value, values) {
			for (const [member, field] of members) field.write(value[member], values);
		},
		read(row) {
			const value: Partial<Record<keyof Value, unknown>> = {};
			for (const [member, field] of members) {
				const stored = field.read(row);
				if (stored !== undefined) value[member] = stored;
			}
			return value as Value; // as above
		},
	};
}

/** Rows from which on they are collected in memory and inserted by one statement. */
const MIN_BATCH = 4;

/** A table by the fields of its rows; `derived`: columns that are written and never read. */
export function defineTable<Row extends object>(
	name: string,
	fields: Fields<Row>,
	derived: Readonly<Record<string, (row: Row) => SqlValue>> = {},
): Table<Row> {
	const row = defineObject(fields);
	const derive = Object.values(derived);
	const columns = [...row.columns, ...Object.keys(derived)];
	const list = columns.join(', ');
	const given = `(${list}) VALUES (${columns.map(() => '?').join(', ')})`;
	const insertOne = `INSERT INTO ${name} ${given} ON CONFLICT DO NOTHING`;
	const batch = `temp.batch_of_${name}`;
	const collect = `INSERT INTO ${batch} ${given}`;
	const insertBatch = `INSERT INTO ${name} (${list}) SELECT ${list} FROM ${batch} ORDER BY rowid ON CONFLICT DO NOTHING`;
	const toValues = (value: Row): SqlValue[] => {
		const values: SqlValue[] = [];
		row.write(value, values);
		for (const toColumn of derive) values.push(toColumn(value));
		return values;
	};
	const insert = (connection: SqliteConnection, value: Row): number => connection.run(insertOne, ...toValues(value));
	const newest = `SELECT * FROM ${name} WHERE created_at >= ? AND created_at < ? ORDER BY created_at DESC, rowid DESC LIMIT ?`;
	const newestRows: Table<Row>['newestRows'] = (connection, { from, to }, limit) =>
		connection.rows(newest, toIsoTime(from), toIsoTime(to), toSqlLimit(limit));
	return {
		name,
		insert,
		insertAll(connection, rows) {
			if (rows.length < MIN_BATCH) {
				for (const value of rows) insert(connection, value);
				return;
			}
			// not there yet, or undone with the transaction in which it was made
			connection.run(`CREATE TABLE IF NOT EXISTS ${batch} (${list})`);
			for (const value of rows) connection.run(collect, ...toValues(value));
			connection.run(insertBatch);
			connection.run(`DELETE FROM ${batch}`);
		},
		newest: (connection, range, limit) => newestRows(connection, range, limit).map(row.read),
		newestRows,
		fromRow: row.read,
	};
}

/** Sums over the rows of a table that were added after one of them. */
export interface GroupedSums {
	/** SQL for the last row, as `last`. */
	last: string;
	/** SQL that adds the rows after it to their sums. */
	add: string;
}

/** Inserts complete rows and adds them to their sums, once for each group: rows that were there already are not counted. Only inside a write. */
export function insertSummed(connection: SqliteConnection, { last, add }: GroupedSums, insert: () => void): void {
	const before = getNumberOrNull(connection.row(last) ?? {}, 'last') ?? 0;
	connection.run('INSERT INTO grouped_writes (id) VALUES (1)');
	insert();
	connection.run('DELETE FROM grouped_writes');
	connection.run(add, before);
}

/** A limit for SQLite, where a negative one would mean none; here it means no rows. */
export function toSqlLimit(limit: number): number {
	return Math.floor(Math.max(0, Math.min(limit, Number.MAX_SAFE_INTEGER)));
}

function createField<Value>(
	name: string,
	toSql: (value: Value) => SqlValue,
	fromSql: (row: SqlRow, column: string) => Value,
): Field<Value> {
	return {
		columns: [name],
		write: (value, values) => void values.push(toSql(value)),
		read: (row) => fromSql(row, name),
	};
}

/**
 * The fields of one column. JSON and closed words are checked where they are written: what a later release or a hand
 * wrote is shown rather than refused.
 */
export const column = {
	text: <Text extends string = string>(name: string): Field<Text> =>
		createField<Text>(
			name,
			(value) => value,
			(row) => getText(row, name) as Text,
		),
	number: (name: string): Field<number> => createField(name, (value) => value, getNumber),
	/** 0 or 1. */
	flag: (name: string): Field<boolean> => createField(name, (value) => (value ? 1 : 0), getFlag),
	time: (name: string): Field<number> => createField(name, toIsoTime, getTime),
	texts: (name: string): Field<readonly string[]> => createField(name, JSON.stringify, getTexts),
	/** In the JSON of an archived row they are hexadecimal. */
	bytes: (name: string): Field<Uint8Array> =>
		createField(
			name,
			(value) => value,
			(row) => (typeof row[name] === 'string' ? Buffer.from(row[name], 'hex') : getBytes(row, name)),
		),
	json: <Value>(name: string): Field<Value> => createField(name, JSON.stringify, (row) => getJson(row, name) as Value),
};

/** USD for people, beside the exact nano-dollars in `<name>_nano`. */
export function moneyField(name: string): Field<NanoUsd | null> {
	return {
		columns: [name, `${name}_nano`],
		write: (nano, values) => void values.push(nano === null ? null : nanoToUsd(nano), nano),
		read: (row) => getNumberOrNull(row, `${name}_nano`),
	};
}

/** A field that may be `null`. */
export function nullable<Value>(field: Field<Value>): Field<Value | null> {
	return replaceNull(field, null);
}

/** A field that may be absent. */
export function optional<Value>(field: Field<Value>): Field<Value | undefined> {
	return replaceNull(field, undefined);
}

/** A field of which something else stands for NULL. */
function replaceNull<Value, None extends null | undefined>(field: Field<Value>, none: None): Field<Value | None> {
	const [name = ''] = field.columns;
	return {
		columns: field.columns,
		write(value, values) {
			if (value !== null && value !== undefined) field.write(value, values);
			else for (const _column of field.columns) values.push(null);
		},
		read: (row) => (row[name] === null || row[name] === undefined ? none : field.read(row)),
	};
}

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
function getFlag(row: SqlRow, column: string): boolean {
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

/** Default of an id: rows written by hand need none. */
export const NEW_ID = '(lower(hex(randomblob(16))))';

/** Default of a time: now in UTC, as every other time in the database: `2026-11-24T09:30:00.000Z`. */
export const NOW = `(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`;

/** A time a person may have written as `2026-11-24 09:30:00`, in the form of all others. */
export function isoTimeSql(time: string): string {
	return `strftime('%Y-%m-%dT%H:%M:%fZ', ${time})`;
}

/** USD → whole nano-dollars, rounded up so that no charge becomes nothing; NULL stays NULL. */
export function nanoUsdSql(usd: string): string {
	const nano = `round(${usd} * 1e9, 3)`;
	return `(CAST(${nano} AS INTEGER) + (${nano} > CAST(${nano} AS INTEGER)))`;
}

/**
 * A trigger for rows written by hand: brings `created_at` into the common form and fills the exact
 * integer beside each USD column. Rows the product writes are complete, so it does not fire for them.
 */
export function completeRowsTriggerSql(table: string, usdColumns: readonly string[]): string {
	const missing = usdColumns.map((name) => ` OR (NEW.${name}_nano IS NULL AND NEW.${name} IS NOT NULL)`);
	const fill = usdColumns.map((name) => `,\n    ${name}_nano = COALESCE(${name}_nano, ${nanoUsdSql(name)})`);
	return `
CREATE TRIGGER IF NOT EXISTS ${table}_complete AFTER INSERT ON ${table}
WHEN length(NEW.created_at) <> 24${missing.join('')}
BEGIN
  UPDATE ${table} SET
    created_at = ${isoTimeSql('created_at')}${fill.join('')}
  WHERE rowid = NEW.rowid;
END;`;
}
