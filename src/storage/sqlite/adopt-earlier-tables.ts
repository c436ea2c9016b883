import { text } from './columns.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** The specification's tables; an earlier `routing.sql` made them in another shape, without a version. */
const EARLIER_TABLES = [
	'routing_decisions',
	'routing_outcomes',
	'cost_tracking',
	'fallback_events',
	'rate_limit_events',
	'model_performance',
	'budget_tracking',
];
/** Aggregates are made again by triggers, and the single budget row was no record of a day: neither is copied. */
const COPIED_TABLES = EARLIER_TABLES.slice(0, 5);

/** Puts the tables of an earlier `routing.sql` aside as `earlier_…`; answers which. Only inside the first migration. */
export function setEarlierTablesAside(connection: SqliteConnection): string[] {
	const present = connection
		.rows(`SELECT name FROM sqlite_master WHERE type = 'table'`)
		.map((row) => text(row, 'name'))
		.filter((name) => EARLIER_TABLES.includes(name));
	if (present.length === 0) return present;
	const dependents = connection.rows(`SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')`);
	for (const row of dependents)
		connection.exec(`DROP ${text(row, 'type')} "${text(row, 'name').replaceAll('"', '""')}"`);
	for (const table of present) connection.exec(`ALTER TABLE ${table} RENAME TO earlier_${table}`);
	return present;
}

function storedColumns(connection: SqliteConnection, table: string): string[] {
	// hidden: 0 plain, 2 and 3 generated
	return connection
		.rows('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0', table)
		.map((row) => text(row, 'name'));
}

/** Copies what the earlier tables hold into the new ones, by column name; the earlier tables stay as they are. */
export function copyEarlierRows(connection: SqliteConnection, present: readonly string[]): void {
	for (const table of COPIED_TABLES.filter((name) => present.includes(name))) {
		const earlier = storedColumns(connection, `earlier_${table}`);
		const common = storedColumns(connection, table).filter((column) => earlier.includes(column));
		if (common.length === 0) continue;
		const columns = common.join(', ');
		connection.exec(`INSERT OR IGNORE INTO ${table} (${columns}) SELECT ${columns} FROM earlier_${table}`);
	}
}
