import type { PriceBookStore } from '../../contracts/index.ts';
import { text, time } from './columns.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

const SAVE = 'INSERT INTO price_book (version, document, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const KNOWN = 'SELECT 1 FROM price_book WHERE version = ?';
const LIST = 'SELECT version, document, created_at FROM price_book ORDER BY created_at DESC, version';

/** The price books of a database. */
export function createSqlitePriceBooks(connection: SqliteConnection): PriceBookStore {
	return {
		async save({ version, document, at }) {
			// known, the usual case, takes no lock
			if (connection.row(KNOWN, version) !== null) return;
			await connection.write(() => connection.run(SAVE, version, document, toIsoTime(at)));
		},
		list: async () =>
			connection.rows(LIST).map((row) => ({
				version: text(row, 'version'),
				document: text(row, 'document'),
				at: time(row, 'created_at'),
			})),
	};
}
