import type { Clock, ResetScope } from '../../contracts/index.ts';
import { DAY_MS, HOUR_MS } from '../../util/index.ts';
import { getNumber, getText, toIsoTime } from './columns.ts';
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
	const columns = connection.rows('SELECT name FROM pragma_table_info(?)', table).map((row) => getText(row, 'name'));
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
		const free = getNumber(connection.row('PRAGMA freelist_count') ?? {}, 'freelist_count');
		if (free === 0) return;
		await connection.runOutsideTransaction(() => connection.rows(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`));
		const left = getNumber(connection.row('PRAGMA freelist_count') ?? {}, 'freelist_count');
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
async function dropArchivesBefore(connection: SqliteConnection, time: number): Promise<number> {
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
export async function resetTables(connection: SqliteConnection, scope: ResetScope): Promise<void> {
	await connection.write(() => {
		for (const table of [...AGEING_TABLES, 'model_performance']) connection.run(`DELETE FROM ${table}`);
		if (scope === 'all') connection.run('DELETE FROM archives');
	});
	await returnFreePages(connection);
}

/** Writes between two looks at whether it is time. */
const WRITES_BETWEEN_CHECKS = 256;

/** When rows age. */
export interface MaintenanceOptions {
	clock: Clock;
	retentionDays: number;
	archiveDays: number;
}

/** The housekeeping of an open database. */
export interface Maintenance {
	/** Told after each batch; starts the housekeeping in the background when there is something to do. */
	afterWrite(): void;
	/** Resolves when no housekeeping runs. */
	whenIdle(): Promise<void>;
}

/**
 * True when a row is a whole day over its time (an answer, which may be large and is nobody's history, an hour): so the
 * work comes about that often, whichever process sees it first.
 */
function hasOverdueRows(connection: SqliteConnection, options: MaintenanceOptions): boolean {
	const now = options.clock.now();
	const overdue = (days: number) => toIsoTime(now - (days + 1) * DAY_MS);
	const row = connection.row(
		`SELECT EXISTS (SELECT 1 FROM routing_decisions WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM routing_outcomes WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM fallback_events WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM rate_limit_events WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM attempts WHERE created_at < ?1)
		  OR EXISTS (SELECT 1 FROM archives WHERE created_at < ?2)
		  OR EXISTS (SELECT 1 FROM idempotency_answers WHERE expires_at < ?3) AS overdue`,
		overdue(options.retentionDays),
		overdue(options.archiveDays),
		toIsoTime(now - HOUR_MS),
	);
	return row !== null && getNumber(row, 'overdue') === 1;
}

async function tidy(connection: SqliteConnection, options: MaintenanceOptions): Promise<void> {
	const now = options.clock.now();
	await dropExpiredAnswers(connection, now);
	if (Number.isFinite(options.retentionDays)) await archiveBefore(connection, now - options.retentionDays * DAY_MS);
	if (Number.isFinite(options.archiveDays)) await dropArchivesBefore(connection, now - options.archiveDays * DAY_MS);
}

/** Retention that runs by itself, off the request path. */
export function createMaintenance(connection: SqliteConnection, options: MaintenanceOptions): Maintenance {
	let writes = 0;
	let running: Promise<void> | null = null;
	const run = async (): Promise<void> => {
		try {
			if (hasOverdueRows(connection, options)) await tidy(connection, options);
		} catch {
			// Housekeeping that fails (a lock, a full disk) harms nobody: rows stay where they are until the next time,
			// and the next write meets and reports the same trouble itself.
		} finally {
			running = null;
		}
	};
	return {
		afterWrite() {
			// the first write of a process looks, then every so often
			if (writes++ % WRITES_BETWEEN_CHECKS !== 0 || running !== null) return;
			running = run();
		},
		async whenIdle() {
			await running;
		},
	};
}
