import type { LedgerArchive } from '../../contracts/index.ts';
import { getNumber, getText, toIsoTime } from './columns.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { createStorageError } from './sqlite-errors.ts';

/** Rows moved in one transaction: few enough that no reservation waits for it. */
const ROWS_PER_STEP = 500;

const OLDEST = `
SELECT json_group_array(rowid) AS step FROM (
  SELECT rowid FROM main.cost_tracking WHERE created_at < ? ORDER BY created_at, rowid LIMIT ${ROWS_PER_STEP})`;
/** The rows of a step that are still here. */
const IN_STEP = 'rowid IN (SELECT value FROM json_each(?))';
const COMPARE = `
SELECT COUNT(*) AS rows, COALESCE(SUM(cost_nano), 0) AS nano,
  COALESCE(SUM(EXISTS (
    SELECT 1 FROM archive.cost_tracking AS copy
    WHERE copy.id = cost_tracking.id AND copy.cost_nano IS cost_tracking.cost_nano AND copy.created_at = cost_tracking.created_at
  )), 0) AS copies
FROM main.cost_tracking WHERE ${IN_STEP}`;
const KEEP_SUMS = `
INSERT INTO main.archived_costs (
  created_at, model, task_type, key_id, team, session_id, tags, named_by, requests, unpriced_requests, cost_nano, tokens_input, tokens_output)
SELECT quarter, model, task_type, key_id, team, session_id, tags, named_by,
  SUM(kind = 'charge'), SUM(kind = 'charge' AND cost_nano IS NULL), COALESCE(SUM(cost_nano), 0), SUM(tokens_input), SUM(tokens_output)
FROM (
  SELECT *, strftime('%Y-%m-%dT%H:', created_at) || printf('%02d', strftime('%M', created_at) / 15 * 15) || ':00.000Z' AS quarter
  FROM main.cost_tracking WHERE ${IN_STEP})
GROUP BY quarter, model, task_type, key_id, team, session_id, tags, named_by`;
const BEGIN_MOVE = `
INSERT INTO main.ledger_archives (path, before, is_moving) VALUES (?, ?, 1)
ON CONFLICT (path) DO UPDATE SET before = MAX(before, excluded.before), is_moving = 1`;
const END_MOVE = `
UPDATE main.ledger_archives SET
  rows = rows + ?, cost_nano = cost_nano + ?, is_moving = 0, updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
WHERE path = ?`;

/**
 * Moves the ledger's rows older than `before` (epoch ms) into the routing database in the file `path`, which exists. Each
 * step is copied durably there before it is removed here, so that a crash leaves a row in both files and never in none; the
 * next run goes on from there. The sums of what was moved stay.
 * @throws StorageError where the file does not hold what was copied to it
 */
export async function archiveLedger(
	connection: SqliteConnection,
	before: number,
	path: string,
): Promise<LedgerArchive> {
	const attached = `ATTACH DATABASE '${path.replaceAll("'", "''")}' AS archive`;
	await connection.runOutsideTransaction(() => connection.exec(attached));
	try {
		// what is removed here must survive a power cut there
		await connection.runOutsideTransaction(() => connection.exec('PRAGMA archive.synchronous = FULL'));
		const moved: LedgerArchive = { path, rows: 0, costNanoUsd: 0 };
		for (;;) {
			const step = getText(connection.row(OLDEST, toIsoTime(before)) ?? {}, 'step');
			if (step === '[]') return moved;
			await connection.write(() => copyStep(connection, step));
			const { costNanoUsd, rows } = await connection.write(() => removeStep(connection, step, { before, path }));
			moved.rows += rows;
			moved.costNanoUsd += costNanoUsd;
		}
	} finally {
		await connection.runOutsideTransaction(() => connection.exec('DETACH DATABASE archive'));
	}
}

function copyStep(connection: SqliteConnection, step: string): void {
	copyRows(connection, 'price_book', 'true');
	copyRows(connection, 'cost_tracking', IN_STEP, step);
}

function copyRows(connection: SqliteConnection, table: string, condition: string, ...values: string[]): void {
	const names = connection.rows('SELECT name FROM pragma_table_info(?)', table).map((row) => getText(row, 'name'));
	const columns = names.join(', ');
	connection.run(
		`INSERT OR IGNORE INTO archive.${table} (${columns}) SELECT ${columns} FROM main.${table} WHERE ${condition}`,
		...values,
	);
}

/** Removes the rows of a step that another process has not removed yet. */
function removeStep(
	connection: SqliteConnection,
	step: string,
	{ before, path }: { before: number; path: string },
): Pick<LedgerArchive, 'rows' | 'costNanoUsd'> {
	const found = connection.row(COMPARE, step) ?? {};
	const [rows, costNanoUsd] = [getNumber(found, 'rows'), getNumber(found, 'nano')];
	if (getNumber(found, 'copies') !== rows) {
		const happened = `The archive ${path} does not hold what was copied to it, so nothing more was removed from the ledger.`;
		throw createStorageError('corrupt', { path, happened });
	}
	connection.run(KEEP_SUMS, step);
	connection.run(BEGIN_MOVE, path, toIsoTime(before));
	connection.run(`DELETE FROM main.cost_tracking WHERE ${IN_STEP}`, step);
	connection.run(END_MOVE, rows, costNanoUsd, path);
	return { rows, costNanoUsd };
}
