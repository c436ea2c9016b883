import { hashText } from '../../util/index.ts';
import { copyEarlierRows, setEarlierTablesAside } from './adopt-earlier-tables.ts';
import { number, text } from './columns.ts';
import { MIGRATIONS, MIGRATIONS_TABLE, type Migration } from './migrations.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { storageError } from './sqlite-errors.ts';

/** The version of the database this code reads and writes. */
export const DATABASE_VERSION: number = Math.max(...MIGRATIONS.map((migration) => migration.version));

/** Names the exact text of a migration. */
export function migrationChecksum(migration: Migration): string {
	return hashText(migration.sql);
}

/** Checks that the database's history is a beginning of ours; answers its version, 0 for a new file. */
function databaseVersion(connection: SqliteConnection): number {
	const isNew = connection.row(`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'`) === null;
	if (isNew) return 0;
	const applied = connection.rows('SELECT version, name, checksum FROM migrations ORDER BY version');
	const version = applied.reduce((highest, row) => Math.max(highest, number(row, 'version')), 0);
	const { path } = connection;
	if (version > DATABASE_VERSION) {
		const happened = `The database ${path} has version ${version}; this package knows versions up to ${DATABASE_VERSION}. A newer release has written it.`;
		throw storageError('newer-version', { path, happened });
	}
	for (const row of applied) {
		const known = MIGRATIONS.find((migration) => migration.version === number(row, 'version'));
		if (known === undefined || migrationChecksum(known) !== text(row, 'checksum')) {
			const happened = `The database ${path} says of its version ${number(row, 'version')} ("${text(row, 'name')}") something else than this package: it was made by a changed build.`;
			throw storageError('corrupt', { path, happened });
		}
	}
	return version;
}

/** Brings the database to the version of this code, all or nothing; does not touch one that is there already. */
export async function migrate(connection: SqliteConnection): Promise<void> {
	if (databaseVersion(connection) === DATABASE_VERSION) return;
	await connection.write(() => {
		// again under the lock: another process may have been faster
		const version = databaseVersion(connection);
		const earlier = version === 0 ? setEarlierTablesAside(connection) : [];
		connection.exec(MIGRATIONS_TABLE);
		for (const migration of MIGRATIONS) {
			if (migration.version <= version) continue;
			connection.exec(migration.sql);
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
