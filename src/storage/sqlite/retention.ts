import type { ResetScope } from '../../contracts/index.ts';
import { number, text } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

/** Rows moved in one transaction: small enough that nobody waits for it. */
const ROWS_PER_STEP = 500;
/** Free pages given back to the file system in one step. */
const PAGES_PER_STEP = 500;

/** Tables that age. The ledger does not: reports and budgets need it. */
const AGEING_TABLES = [
	'routing_decisions',
	'routing_outcomes',
	'fallback_events',
	'rate_limit_events',
	'attempts',
] as const;

/** Makes a row a JSON object with the columns' names. */
function rowAsJson(connection: SqliteConnection, table: string): string {
	const columns = connection.rows('SELECT name FROM pragma_table_info(?)', table).map((row) => text(row, 'name'));
	return `json_object(${columns.map((column) => `'${column}', ${column}`).join(', ')})`;
}

function archiveStep(connection: SqliteConnection, table: string, before: string): number {
	const oldest = `SELECT rowid FROM ${table} WHERE created_at < ? ORDER BY created_at LIMIT ${ROWS_PER_STEP}`;
	connection.run(
		`INSERT OR REPLACE INTO archives (source_table, id, created_at, row)
		 SELECT '${table}', id, created_at, ${rowAsJson(connection, table)} FROM ${table} WHERE rowid IN (${oldest})`,
		before,
	);
	return connection.run(`DELETE FROM ${table} WHERE rowid IN (${oldest})`, before);
}

/** Repeats short transactions until one finds less than it could take; answers the sum. */
async function inSteps(connection: SqliteConnection, step: () => number): Promise<number> {
	let total = 0;
	for (;;) {
		const moved = await connection.write(step);
		total += moved;
		if (moved < ROWS_PER_STEP) return total;
	}
}

async function returnFreePages(connection: SqliteConnection): Promise<void> {
	for (;;) {
		const free = number(connection.row('PRAGMA freelist_count') ?? {}, 'freelist_count');
		if (free === 0) return;
		await connection.alone(() => connection.rows(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`));
		const left = number(connection.row('PRAGMA freelist_count') ?? {}, 'freelist_count');
		// a file made without auto_vacuum keeps its free pages and uses them again
		if (left >= free) return;
	}
}

/** Moves rows older than the time into `archives`, a little at a time, and gives the space back; answers how many. */
export async function archiveBefore(connection: SqliteConnection, time: number): Promise<number> {
	const before = toIsoTime(time);
	let moved = 0;
	for (const table of AGEING_TABLES) moved += await inSteps(connection, () => archiveStep(connection, table, before));
	await inSteps(connection, () =>
		connection.run(
			`DELETE FROM reservations WHERE rowid IN (
			   SELECT rowid FROM reservations WHERE created_at < ? AND state IN ('settled', 'released') LIMIT ${ROWS_PER_STEP})`,
			before,
		),
	);
	await returnFreePages(connection);
	return moved;
}

/** Deletes archived rows older than the time; answers how many. */
export async function dropArchivesBefore(connection: SqliteConnection, time: number): Promise<number> {
	const before = toIsoTime(time);
	const dropped = await inSteps(connection, () =>
		connection.run(
			`DELETE FROM archives WHERE rowid IN (SELECT rowid FROM archives WHERE created_at < ? LIMIT ${ROWS_PER_STEP})`,
			before,
		),
	);
	await returnFreePages(connection);
	return dropped;
}

/** Deletes answers (and claims) whose time is over; answers how many. */
export async function dropExpiredAnswers(connection: SqliteConnection, now: number): Promise<number> {
	const dropped = await inSteps(connection, () =>
		connection.run(
			`DELETE FROM idempotency_answers WHERE rowid IN (
			   SELECT rowid FROM idempotency_answers WHERE expires_at <= ? LIMIT ${ROWS_PER_STEP})`,
			toIsoTime(now),
		),
	);
	await returnFreePages(connection);
	return dropped;
}

/** Empties what was decided and learned; budgets and the ledger stay. */
export async function reset(connection: SqliteConnection, scope: ResetScope): Promise<void> {
	await connection.write(() => {
		for (const table of [...AGEING_TABLES, 'model_performance']) connection.run(`DELETE FROM ${table}`);
		if (scope === 'all') connection.run('DELETE FROM archives');
	});
	await returnFreePages(connection);
}
