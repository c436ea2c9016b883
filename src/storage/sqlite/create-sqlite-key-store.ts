import { KEY_SCOPES, type KeyLimits, type KeyStore, type VirtualKey } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { getNumberOrNull, getText, getTextOrNull, getTexts, getTime, getTimeOrNull, toIsoTime } from './columns.ts';
import type { SqliteConnection, SqlRow, SqlValue } from './sqlite-connection.ts';

const ADD = `
INSERT INTO api_keys (id, name, secret_hash, scopes, team, tags, requests_per_minute, tokens_per_minute, max_parallel,
  allowed_models, created_at, expires_at, revoked_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
const FIND = 'SELECT * FROM api_keys WHERE id = ?';
const LIST = 'SELECT * FROM api_keys ORDER BY created_at DESC, rowid DESC';
const REVOKE = 'UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?';
const ROTATE = 'UPDATE api_keys SET secret_hash = ? WHERE id = ? AND revoked_at IS NULL';

function timeValue(at: number | null): SqlValue {
	return at === null ? null : toIsoTime(at);
}

function keyValues(key: VirtualKey): SqlValue[] {
	return [
		key.id,
		key.name,
		key.secretHash,
		JSON.stringify(key.scopes),
		key.team,
		JSON.stringify(key.tags),
		key.limits.requestsPerMinute ?? null,
		key.limits.tokensPerMinute ?? null,
		key.limits.maxParallel ?? null,
		key.allowedModels === null ? null : JSON.stringify(key.allowedModels),
		toIsoTime(key.createdAt),
		timeValue(key.expiresAt),
		timeValue(key.revokedAt),
	];
}

function limitsFromRow(row: SqlRow): KeyLimits {
	const requestsPerMinute = getNumberOrNull(row, 'requests_per_minute');
	const tokensPerMinute = getNumberOrNull(row, 'tokens_per_minute');
	const maxParallel = getNumberOrNull(row, 'max_parallel');
	return {
		...(requestsPerMinute !== null && { requestsPerMinute }),
		...(tokensPerMinute !== null && { tokensPerMinute }),
		...(maxParallel !== null && { maxParallel }),
	};
}

function keyFromRow(row: SqlRow): VirtualKey {
	const scopes = getTexts(row, 'scopes');
	return {
		id: getText(row, 'id'),
		secretHash: getText(row, 'secret_hash'),
		name: getText(row, 'name'),
		// a scope nobody here knows (a newer release, a hand) permits nothing
		scopes: KEY_SCOPES.filter((scope) => scopes.includes(scope)),
		team: getTextOrNull(row, 'team'),
		tags: getTexts(row, 'tags'),
		limits: limitsFromRow(row),
		allowedModels: getTextOrNull(row, 'allowed_models') === null ? null : getTexts(row, 'allowed_models'),
		createdAt: getTime(row, 'created_at'),
		expiresAt: getTimeOrNull(row, 'expires_at'),
		revokedAt: getTimeOrNull(row, 'revoked_at'),
	};
}

/** Virtual keys in SQLite; a change is seen by every process at once. */
export function createSqliteKeyStore(connection: SqliteConnection): KeyStore {
	return {
		async add(key) {
			const added = await connection.write(() => connection.run(ADD, ...keyValues(key)));
			if (added === 0) throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
		},
		async find(id) {
			const row = connection.row(FIND, id);
			return row === null ? null : keyFromRow(row);
		},
		list: async () => connection.rows(LIST).map(keyFromRow),
		revoke: (id, at) => connection.write(() => connection.run(REVOKE, toIsoTime(at), id) > 0),
		rotate: (id, secretHash) => connection.write(() => connection.run(ROTATE, secretHash, id) > 0),
	};
}
