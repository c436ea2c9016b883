import { KEY_SCOPES, type KeyStore, type VirtualKey } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { getTexts, toIsoTime } from './columns.ts';
import { column, defineObject, defineTable, nullable, optional } from './define-table.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

const FIND = 'SELECT * FROM api_keys WHERE id = ?';
const LIST = 'SELECT * FROM api_keys ORDER BY created_at DESC, rowid DESC';
const REVOKE = 'UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?';
const ROTATE = 'UPDATE api_keys SET secret_hash = ? WHERE id = ? AND revoked_at IS NULL';

/** Virtual keys in SQLite; a change is seen by every process at once. */
export function createSqliteKeyStore(connection: SqliteConnection): KeyStore {
	return {
		async add(key) {
			const added = await connection.write(() => KEYS.insert(connection, key));
			if (added === 0) throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
		},
		async find(id) {
			const row = connection.row(FIND, id);
			return row === null ? null : KEYS.fromRow(row);
		},
		list: async () => connection.rows(LIST).map(KEYS.fromRow),
		revoke: (id, at) => connection.write(() => connection.run(REVOKE, toIsoTime(at), id) > 0),
		rotate: (id, secretHash) => connection.write(() => connection.run(ROTATE, secretHash, id) > 0),
	};
}

const KEYS = defineTable<VirtualKey>('api_keys', {
	id: column.text('id'),
	secretHash: column.text('secret_hash'),
	name: column.text('name'),
	scopes: {
		columns: ['scopes'],
		write: (scopes, values) => void values.push(JSON.stringify(scopes)),
		// a scope nobody here knows (a newer release, a hand) permits nothing
		read(row) {
			const scopes = getTexts(row, 'scopes');
			return KEY_SCOPES.filter((scope) => scopes.includes(scope));
		},
	},
	team: nullable(column.text('team')),
	tags: column.texts('tags'),
	limits: defineObject({
		requestsPerMinute: optional(column.number('requests_per_minute')),
		tokensPerMinute: optional(column.number('tokens_per_minute')),
		maxParallel: optional(column.number('max_parallel')),
	}),
	allowedModels: nullable(column.texts('allowed_models')),
	createdAt: column.time('created_at'),
	expiresAt: nullable(column.time('expires_at')),
	revokedAt: nullable(column.time('revoked_at')),
});
