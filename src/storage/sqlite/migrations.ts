import { StorageError } from '../../errors/index.ts';
import { hashText } from '../../util/index.ts';
import { getNumber, getText, NOW } from './columns.ts';
import { DECISION_TEXTS } from './decision-texts.ts';
import { GROUPED_SUMS } from './grouped-sums.ts';
import {
	BUDGET_LEASES,
	BUDGET_TABLES,
	COST_TABLES,
	LEDGER_ARCHIVES,
	PROVIDER_COSTS,
	REQUEST_JOURNAL,
	RULES_IN_FORCE,
	SPEND_SHOWN_LATER,
} from './schema-costs.ts';
import {
	ATTEMPT_TABLES,
	AUDIT_TABLES,
	DECISION_CANDIDATES,
	DECISION_TABLES,
	EVALUATION_CLAIMS,
	EVALUATION_TABLES,
	EXPERIMENT_TABLES,
	GATEWAY_TABLES,
	KEY_COMMIT_POINTS,
	RATERS,
	SHADOW_TABLE,
	WORKLOADS,
} from './schema-records.ts';
import { PERFORMANCE_TABLES, VIEWS } from './schema-statistics.ts';
import type { SqliteConnection, SqliteDatabase, SqlRow } from './sqlite-connection.ts';
import { createStorageError } from './sqlite-errors.ts';

/** One step from a version of the database to the next. A published step is never changed: a new one is added. */
interface Migration {
	version: number;
	name: string;
	sql: string;
	/** The column it adds to a table of an earlier step, which `routing.sql` may have made with it already. */
	adds?: readonly [table: string, column: string];
}

/** Where the database's own version is kept. */
export const MIGRATIONS_TABLE: string = `
CREATE TABLE IF NOT EXISTS migrations (
  -- What has been done to this database; the highest version is the database's version.
  version INTEGER NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  checksum TEXT NOT NULL,
  applied_at TEXT NOT NULL DEFAULT ${NOW}
) STRICT;
`;

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
	{
		version: 1,
		name: 'tables, triggers and views of the first release',
		sql: [DECISION_TABLES, PERFORMANCE_TABLES, BUDGET_TABLES, COST_TABLES, VIEWS].join('\n'),
	},
	{ version: 2, name: 'the rules of the budget as they were in force', sql: RULES_IN_FORCE },
	{ version: 3, name: 'virtual keys, and answers kept for their idempotency keys', sql: GATEWAY_TABLES },
	{ version: 4, name: 'every attempt', sql: ATTEMPT_TABLES },
	{ version: 5, name: 'a ledger that refuses changes, and archive files of it', sql: LEDGER_ARCHIVES },
	{ version: 6, name: 'whose ratings are', sql: RATERS },
	{ version: 7, name: 'the cost that a provider states', sql: PROVIDER_COSTS },
	{
		version: 8,
		name: 'when streams of a key are committed to a model',
		sql: KEY_COMMIT_POINTS,
		adds: ['api_keys', 'commit_point'],
	},
	{ version: 9, name: 'sums that are kept once a group of rows', sql: GROUPED_SUMS },
	{ version: 10, name: 'the journal of requests', sql: REQUEST_JOURNAL },
	{ version: 11, name: 'leases of budgets', sql: BUDGET_LEASES },
	{
		version: 12,
		name: 'the models that a decision chose among',
		sql: DECISION_CANDIDATES,
		adds: ['routing_decisions', 'candidates'],
	},
	{
		version: 13,
		name: 'whose work it was, and what was seen of its answer',
		sql: WORKLOADS,
		adds: ['routing_decisions', 'workload'],
	},
	{ version: 16, name: 'limits that were set by hand, and the audit log', sql: AUDIT_TABLES },
	{ version: 18, name: 'evaluations of models on the tasks of a user', sql: EVALUATION_TABLES },
	{ version: 19, name: 'experiments, and what was counted of them', sql: EXPERIMENT_TABLES },
	{
		version: 20,
		name: 'what decisions were made from, packed',
		sql: DECISION_TEXTS,
		adds: ['routing_decisions', 'evidence'],
	},
	{ version: 21, name: 'requests that another model was asked beside the one that answered', sql: SHADOW_TABLE },
	{
		version: 22,
		name: 'spending that is shown when the journal is moved on',
		sql: SPEND_SHOWN_LATER,
		adds: ['budget_spend', 'is_shown'],
	},
	{
		version: 23,
		name: 'which process works on a run of an evaluation',
		sql: EVALUATION_CLAIMS,
		adds: ['evaluation_runs', 'claimed_by'],
	},
];

/** The version of the database this code reads and writes. */
export const DATABASE_VERSION: number = Math.max(...MIGRATIONS.map((migration) => migration.version));

/** A hash of the exact text of a migration. */
export function migrationChecksum(migration: Migration): string {
	return hashText(migration.sql);
}

/** Brings the database to the version of this code, all or nothing; does not touch one that is there already. */
export async function migrate(connection: SqliteConnection): Promise<void> {
	if (readDatabaseVersion(connection) === DATABASE_VERSION) return;
	await connection.write(() => {
		// again under the lock: another process may have been faster
		const version = readDatabaseVersion(connection);
		const earlier = version === 0 ? renameEarlierTables(connection) : [];
		connection.exec(MIGRATIONS_TABLE);
		for (const migration of MIGRATIONS) {
			if (migration.version <= version) continue;
			const [table = '', column = ''] = migration.adds ?? [];
			if (!listStoredColumns(connection, table).includes(column)) connection.exec(migration.sql);
			connection.run(
				'INSERT INTO migrations (version, name, checksum) VALUES (?, ?, ?)',
				migration.version,
				migration.name,
				migrationChecksum(migration),
			);
		}
		copyEarlierRows(connection, earlier);
	});
}

/** For a database that is only read. @throws StorageError for one that this code would have to bring up to date */
export function requireCurrentVersion(connection: SqliteConnection): void {
	const version = readDatabaseVersion(connection);
	if (version === DATABASE_VERSION) return;
	const { path } = connection;
	throw new StorageError(
		'read-only',
		`The database ${path} has version ${version}; this release reads version ${DATABASE_VERSION}, and was told to change nothing. \`switchyard budget\` brings it up to date, as does whatever else writes to it.`,
	);
}

/** The version of the database, 0 for a new file. @throws StorageError when its history is not a beginning of ours */
function readDatabaseVersion(connection: SqliteConnection): number {
	const isNew = connection.row(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`) === null;
	if (isNew) return 0;
	const applied = connection.rows('SELECT version, name, checksum FROM migrations ORDER BY version');
	const version = applied.reduce((highest, row) => Math.max(highest, getNumber(row, 'version')), 0);
	const { path } = connection;
	if (version > DATABASE_VERSION) {
		const happened = `The database ${path} has version ${version}; this package knows versions up to ${DATABASE_VERSION}. A newer release has written it.`;
		throw createStorageError('newer-version', { path, happened });
	}
	for (const row of applied) {
		const known = MIGRATIONS.find((migration) => migration.version === getNumber(row, 'version'));
		if (known === undefined || migrationChecksum(known) !== getText(row, 'checksum')) {
			const happened = `The database ${path} says of its version ${getNumber(row, 'version')} ("${getText(row, 'name')}") something else than this package: it was made by a changed build.`;
			throw createStorageError('corrupt', { path, happened });
		}
	}
	return version;
}

/** Tables of an earlier `routing.sql`, which made them in another shape and without a version, whose rows are copied. */
const COPIED_TABLES = [
	'routing_decisions',
	'routing_outcomes',
	'cost_tracking',
	'fallback_events',
	'rate_limit_events',
];
/** Aggregates are made again by triggers, and the single budget row was no record of a day: neither is copied. */
const EARLIER_TABLES = [...COPIED_TABLES, 'model_performance', 'budget_tracking'];

/** Renames the tables of an earlier `routing.sql` to `earlier_…`; answers which. Only inside the first migration. */
function renameEarlierTables(connection: SqliteConnection): string[] {
	const present = connection
		.rows(`SELECT name FROM sqlite_master WHERE type = 'table'`)
		.map((row) => getText(row, 'name'))
		.filter((name) => EARLIER_TABLES.includes(name));
	if (present.length === 0) return present;
	const dependents = connection.rows(`SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger')`);
	for (const row of dependents)
		connection.exec(`DROP ${getText(row, 'type')} "${getText(row, 'name').replaceAll('"', '""')}"`);
	for (const table of present) connection.exec(`ALTER TABLE ${table} RENAME TO earlier_${table}`);
	return present;
}

function listStoredColumns(connection: SqliteConnection, table: string): string[] {
	// hidden: 0 plain, 2 and 3 generated
	return connection
		.rows('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0', table)
		.map((row) => getText(row, 'name'));
}

/** Copies what the earlier tables hold into the new ones, by column name; the earlier tables stay as they are. */
function copyEarlierRows(connection: SqliteConnection, present: readonly string[]): void {
	for (const table of COPIED_TABLES.filter((name) => present.includes(name))) {
		const earlier = listStoredColumns(connection, `earlier_${table}`);
		const common = listStoredColumns(connection, table).filter((column) => earlier.includes(column));
		if (common.length === 0) continue;
		const columns = common.join(', ');
		connection.exec(`INSERT OR IGNORE INTO ${table} (${columns}) SELECT ${columns} FROM earlier_${table}`);
	}
}

const HEADER = `-- Generated from src/storage/sqlite; do not edit, run: npm run generate
--
-- Makes the routing database, or does nothing to one that is there: no row is ever changed, run it as often as you like.
--   sqlite3 .claude/orchestration/db/routing.db < routing.sql
-- Needs SQLite 3.38 or newer. Times are UTC, money is USD beside exact integers of 1e-9 USD (columns named ..._nano).
`;
const KINDS = ['table', 'index', 'trigger', 'view'];

function quoteSql(value: string): string {
	return `'${value.replaceAll("'", "''")}'`;
}

/** The text that creates the newest database, from an empty in-memory one. Re-running it loses nothing. */
export function renderRoutingSql(empty: SqliteDatabase): string {
	empty.exec(MIGRATIONS_TABLE);
	for (const migration of MIGRATIONS) empty.exec(migration.sql);
	// rows of SQLite are objects keyed by column
	const objects = empty
		.prepare('SELECT type, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid')
		.all() as SqlRow[];
	const statements = KINDS.flatMap((kind) =>
		objects
			.filter((object) => getText(object, 'type') === kind)
			.map((object) => `${addIfNotExists(getText(object, 'sql'))};`),
	);
	const versions = MIGRATIONS.map(
		(migration) => `(${migration.version}, ${quoteSql(migration.name)}, ${quoteSql(migrationChecksum(migration))})`,
	);
	return [
		HEADER,
		'PRAGMA auto_vacuum = INCREMENTAL;',
		'PRAGMA journal_mode = WAL;',
		'BEGIN IMMEDIATE;\n',
		statements.join('\n\n'),
		'\n-- An older database keeps its version: it is brought up to date when the product opens it.',
		`INSERT INTO migrations (version, name, checksum)`,
		`SELECT * FROM (VALUES ${versions.join(', ')}) WHERE NOT EXISTS (SELECT 1 FROM migrations);`,
		'COMMIT;\n',
	].join('\n');
}

function addIfNotExists(sql: string): string {
	return sql.replace(/^CREATE (UNIQUE INDEX|TABLE|INDEX|TRIGGER|VIEW) (?!IF NOT EXISTS)/, 'CREATE $1 IF NOT EXISTS ');
}
