import { type NanoUsd, nanoToUsd, type TimeRange } from '../../contracts/index.ts';
import { getFlag, getJson, getNumber, getNumberOrNull, getText, getTexts, getTime, toIsoTime } from './columns.ts';
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
	/** Rows in the range of time, newest first; of rows of one moment the last written comes first. */
	newest(connection: SqliteConnection, range: TimeRange, limit: number): Row[];
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

/** A table by the fields of its rows; `derived`: columns that are written and never read. */
export function defineTable<Row extends object>(
	name: string,
	fields: Fields<Row>,
	derived: Readonly<Record<string, (row: Row) => SqlValue>> = {},
): Table<Row> {
	const row = defineObject(fields);
	const derive = Object.values(derived);
	const columns = [...row.columns, ...Object.keys(derived)];
	const placeholders = columns.map(() => '?').join(', ');
	const insert = `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${placeholders}) ON CONFLICT DO NOTHING`;
	const newest = `SELECT * FROM ${name} WHERE created_at >= ? AND created_at < ? ORDER BY created_at DESC, rowid DESC LIMIT ?`;
	return {
		name,
		insert(connection, value) {
			const values: SqlValue[] = [];
			row.write(value, values);
			for (const toColumn of derive) values.push(toColumn(value));
			return connection.run(insert, ...values);
		},
		newest: (connection, { from, to }, limit) =>
			connection.rows(newest, toIsoTime(from), toIsoTime(to), toSqlLimit(limit)).map(row.read),
		fromRow: row.read,
	};
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
