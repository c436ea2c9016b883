import {
	type AuditAuthor,
	type AuditEntry,
	type AuditLog,
	type BudgetRule,
	COMMIT_POINTS,
	formatLimitId,
	type IdempotencyClaim,
	type IdempotencyStore,
	KEY_SCOPES,
	type KeyStore,
	type LimitStore,
	omitSecretHash,
	type StoredAnswer,
	type VirtualKey,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { requireAnswerSize } from '../shared/row-rules.ts';
import {
	column,
	defineObject,
	defineTable,
	getBytes,
	getJson,
	getNumber,
	getText,
	getTextOrNull,
	getTexts,
	getTime,
	nullable,
	optional,
	toIsoTime,
	toSqlLimit,
} from './columns.ts';
import { dropExpiredAnswers } from './maintenance.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const FIND = 'SELECT * FROM api_keys WHERE id = ?';
const LIST = 'SELECT * FROM api_keys ORDER BY created_at DESC, rowid DESC';
const REVOKE = 'UPDATE api_keys SET revoked_at = COALESCE(revoked_at, ?) WHERE id = ?';
const ROTATE = 'UPDATE api_keys SET secret_hash = ? WHERE id = ? AND revoked_at IS NULL';

/** Virtual keys in SQLite; a change is seen by every process at once. */
export function createSqliteKeyStore(connection: SqliteConnection): KeyStore {
	return {
		async add(key, author) {
			const added = await connection.write(() => {
				const count = KEYS.insert(connection, key);
				if (count > 0) audit(connection, author, { action: 'key-created', target: key.id, after: omitSecretHash(key) });
				return count;
			});
			if (added === 0) throw new InvalidInputError(`There is a key with the id ${key.id} already. Make another one.`);
		},
		async find(id) {
			const row = connection.row(FIND, id);
			return row === null ? null : KEYS.fromRow(row);
		},
		list: async () => connection.rows(LIST).map(KEYS.fromRow),
		listIds: async () => connection.rows('SELECT id FROM api_keys').map((row) => getText(row, 'id')),
		revoke: (id, at, author) =>
			change(connection, id, { action: 'key-revoked', author }, () => connection.run(REVOKE, toIsoTime(at), id) > 0),
		rotate: (id, secretHash, author) =>
			change(connection, id, { action: 'key-rotated', author }, () => connection.run(ROTATE, secretHash, id) > 0),
	};
}

/** Changes a key and writes both of its states to the audit log; the secret's hash is no part of them. */
function change(
	connection: SqliteConnection,
	id: string,
	{ action, author }: { action: AuditEntry['action']; author: AuditAuthor | undefined },
	work: () => boolean,
): Promise<boolean> {
	const read = () => {
		const row = connection.row(FIND, id);
		return row === null ? null : omitSecretHash(KEYS.fromRow(row));
	};
	return connection.write(() => {
		const before = author === undefined ? null : read();
		const isChanged = work();
		// what is revoked already is revoked once
		if (isChanged && before?.revokedAt === null)
			audit(connection, author, { action, target: id, before, after: read() });
		return isChanged;
	});
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
	commit: {
		columns: ['commit_point'],
		write: (commit, values) => void values.push(commit ?? null),
		read: (row) => COMMIT_POINTS.find((point) => point === getTextOrNull(row, 'commit_point')),
	},
	createdAt: column.time('created_at'),
	expiresAt: nullable(column.time('expires_at')),
	revokedAt: nullable(column.time('revoked_at')),
});

const AUDIT =
	'INSERT INTO audit_log (created_at, author, author_name, action, target, value_before, value_after) VALUES (?, ?, ?, ?, ?, ?, ?)';

/** Writes an entry of the audit log; nothing where nobody is named. Only inside a write. */
export function audit(
	connection: SqliteConnection,
	author: AuditAuthor | undefined,
	{ action, target, before = null, after = null }: Pick<AuditEntry, 'action' | 'target'> & Partial<AuditEntry>,
): void {
	if (author === undefined) return;
	const toJson = (value: unknown) => (value === null ? null : JSON.stringify(value));
	const { at, by, byName } = author;
	connection.run(AUDIT, toIsoTime(at), by, byName, action, target, toJson(before), toJson(after));
}

/** Who has changed what, in SQLite. */
export function createSqliteAuditLog(connection: SqliteConnection): AuditLog {
	return {
		list: async (limit, before = Number.MAX_SAFE_INTEGER) =>
			connection
				.rows('SELECT * FROM audit_log WHERE id < ? ORDER BY id DESC LIMIT ?', before, toSqlLimit(limit))
				.map((row) => ({
					id: getNumber(row, 'id'),
					at: getTime(row, 'created_at'),
					by: getText(row, 'author'),
					byName: getTextOrNull(row, 'author_name'),
					action: getText(row, 'action') as AuditEntry['action'],
					target: getText(row, 'target'),
					before: getJson(row, 'value_before') ?? null,
					after: getJson(row, 'value_after') ?? null,
				})),
	};
}

const SET_LIMIT = `
INSERT INTO stored_limits (id, rule, author, author_name, created_at) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, author = excluded.author, author_name = excluded.author_name, created_at = excluded.created_at`;

/** Limits that win over the configuration, in SQLite. */
export function createSqliteLimitStore(connection: SqliteConnection): LimitStore {
	const readRule = (id: string) =>
		getJson(connection.row('SELECT rule FROM stored_limits WHERE id = ?', id) ?? {}, 'rule');
	return {
		list: async () =>
			connection.rows('SELECT * FROM stored_limits ORDER BY id').map((row) => ({
				// written by `set` below
				rule: getJson(row, 'rule') as BudgetRule,
				by: getText(row, 'author'),
				byName: getTextOrNull(row, 'author_name'),
				at: getTime(row, 'created_at'),
			})),
		async set({ rule, ...author }, configured) {
			const id = formatLimitId(rule);
			const { at, by, byName } = author;
			await connection.write(() => {
				const before = readRule(id) ?? configured;
				connection.run(SET_LIMIT, id, JSON.stringify(rule), by, byName, toIsoTime(at));
				audit(connection, author, { action: 'limit-set', target: id, before, after: rule });
			});
		},
		clear: (id, author, configured) =>
			connection.write(() => {
				const before = readRule(id);
				const isThere = connection.run('DELETE FROM stored_limits WHERE id = ?', id) > 0;
				if (isThere) audit(connection, author, { action: 'limit-cleared', target: id, before, after: configured });
				return isThere;
			}),
	};
}

type ClaimRequest = Parameters<IdempotencyStore['claim']>[0];

const FIND_CLAIM = `
SELECT request_hash, state, owner, status, headers, body, expires_at FROM idempotency_answers
WHERE scope = ? AND key = ? AND expires_at > ?`;
const CLAIM = `
INSERT INTO idempotency_answers (scope, key, request_hash, state, owner, created_at, expires_at)
VALUES (?, ?, ?, 'running', ?, ?, ?)
ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, state = 'running', owner = excluded.owner,
  status = NULL, headers = NULL, body = NULL, created_at = excluded.created_at, expires_at = excluded.expires_at`;
const OWNED = `WHERE scope = ? AND key = ? AND owner = ? AND state = 'running'`;
const RENEW = `UPDATE idempotency_answers SET expires_at = ? ${OWNED}`;
const SAVE = `UPDATE idempotency_answers SET state = 'answered', status = ?, headers = ?, body = ?, expires_at = ? ${OWNED}`;
const ABANDON = `DELETE FROM idempotency_answers ${OWNED}`;
const OVERDUE = 'SELECT 1 FROM idempotency_answers WHERE expires_at <= ? LIMIT 1';

function answerFromRow(row: SqlRow): StoredAnswer {
	// written by `save` below, from an object of texts
	const headers = (getJson(row, 'headers') ?? {}) as Record<string, string>;
	return { status: getNumber(row, 'status'), headers, body: getBytes(row, 'body') };
}

/** What is there for the request; `null` when it may be claimed. */
function findClaim(connection: SqliteConnection, request: ClaimRequest): IdempotencyClaim | null {
	const row = connection.row(FIND_CLAIM, request.scope, request.key, toIsoTime(request.now));
	if (row === null) return null;
	if (getText(row, 'request_hash') !== request.requestHash) return { state: 'mismatch' };
	if (getText(row, 'state') === 'answered') return { state: 'answered', answer: answerFromRow(row) };
	return { state: 'running', until: getTime(row, 'expires_at') };
}

/** Answers by idempotency key in SQLite: a claim is one transaction that holds the write lock from its start. */
export function createSqliteIdempotencyStore(connection: SqliteConnection): IdempotencyStore {
	return {
		async claim(request) {
			// somebody answers or has answered: no lock is needed to say so
			const known = findClaim(connection, request);
			if (known !== null) return known;
			return await connection.write(() => {
				// again under the lock: another process may have been faster
				const found = findClaim(connection, request);
				if (found !== null) return found;
				const { scope, key, requestHash, owner, now, leaseUntil } = request;
				connection.run(CLAIM, scope, key, requestHash, owner, toIsoTime(now), toIsoTime(leaseUntil));
				return { state: 'claimed' };
			});
		},
		renew: ({ scope, key, owner, leaseUntil }) =>
			connection.write(() => connection.run(RENEW, toIsoTime(leaseUntil), scope, key, owner) > 0),
		async save({ scope, key, owner, answer, expiresAt }) {
			requireAnswerSize(answer);
			const { status, headers, body } = answer;
			const values = [status, JSON.stringify(headers), body, toIsoTime(expiresAt), scope, key, owner] as const;
			return await connection.write(() => connection.run(SAVE, ...values) > 0);
		},
		async abandon({ scope, key, owner }) {
			await connection.write(() => connection.run(ABANDON, scope, key, owner));
		},
		async expire(now) {
			// nothing overdue, the usual case, takes no lock
			if (connection.row(OVERDUE, toIsoTime(now)) === null) return 0;
			return await dropExpiredAnswers(connection, now);
		},
	};
}
