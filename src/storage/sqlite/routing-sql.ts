import { text } from './columns.ts';
import { migrationChecksum } from './migrate.ts';
import { MIGRATIONS, MIGRATIONS_TABLE } from './migrations.ts';
import type { SqliteDatabase, SqlRow } from './sqlite-driver.ts';

const HEADER = `-- Generated from src/storage/sqlite; do not edit, run: npm run generate
--
-- Makes the routing database, or does nothing to one that is there: no row is ever changed, run it as often as you like.
--   sqlite3 .claude/orchestration/db/routing.db < routing.sql
-- Needs SQLite 3.38 or newer. Times are UTC, money is USD beside exact integers of 1e-9 USD (columns named ..._nano).
`;
const KINDS = ['table', 'index', 'trigger', 'view'];

function quoted(value: string): string {
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
		objects.filter((object) => text(object, 'type') === kind).map((object) => `${ifNotThere(text(object, 'sql'))};`),
	);
	const versions = MIGRATIONS.map(
		(migration) => `(${migration.version}, ${quoted(migration.name)}, ${quoted(migrationChecksum(migration))})`,
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

function ifNotThere(sql: string): string {
	return sql.replace(/^CREATE (UNIQUE INDEX|TABLE|INDEX|TRIGGER|VIEW) (?!IF NOT EXISTS)/, 'CREATE $1 IF NOT EXISTS ');
}
