import {
	type AuditAuthor,
	type AuditEntry,
	type AuditLog,
	type BudgetRule,
	COMMIT_POINTS,
	type ExperimentRequest,
	type ExperimentStore,
	type ExperimentUnit,
	formatLimitId,
	type IdempotencyClaim,
	type IdempotencyStore,
	KEY_SCOPES,
	type KeyStore,
	type LimitStore,
	omitSecretHash,
	type StoredAnswer,
	type StoredExperiment,
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
	getNumberOrNull,
	getText,
	getTextOrNull,
	getTexts,
	getTime,
	nullable,
	optional,
	type Table,
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
function audit(
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

const FIND_EXPERIMENT = 'SELECT * FROM experiments WHERE name = ?';
const LIST_EXPERIMENTS = 'SELECT * FROM experiments ORDER BY created_at DESC, rowid DESC';
const ADD = `
INSERT INTO experiments (name, definition, created_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, created_at = excluded.created_at WHERE freeze IS NULL AND ?`;
const START = `
UPDATE experiments SET freeze = ? WHERE name = ? AND freeze IS NULL
AND NOT EXISTS (SELECT 1 FROM experiments WHERE freeze IS NOT NULL AND ending IS NULL)`;
const END = 'UPDATE experiments SET ending = ? WHERE name = ? AND freeze IS NOT NULL AND ending IS NULL';

/** Units counted in one transaction: few enough that nobody waits for it. */
const UNITS_PER_STEP = 200;
const LAST_POSITION = 'SELECT COALESCE(MAX(position), 0) AS last FROM experiment_units WHERE experiment = ?';
const DUE = `
SELECT unit, created_at FROM experiment_units WHERE experiment = ? AND position IS NULL AND created_at < ?
ORDER BY created_at, unit LIMIT ?`;
const MEASURE = `
SELECT COUNT(*) AS requests, COALESCE(MAX(r.arm <> u.arm), 0) AS is_leaked, AVG(o.quality_score) AS quality_score,
  AVG(o.actual_cost_nano) AS cost_nano, AVG(CASE WHEN o.success = 1 THEN o.actual_latency END) AS latency_ms,
  AVG(1.0 - o.success) AS error_share
FROM experiment_units AS u
JOIN experiment_requests AS r ON r.experiment = u.experiment AND r.unit = u.unit AND r.created_at <= ?
LEFT JOIN routing_outcomes AS o ON o.routing_id = r.routing_id AND o.created_at <= ?
WHERE u.experiment = ? AND u.unit = ?`;
const COUNT = `
UPDATE experiment_units SET position = ?, requests = ?, is_leaked = ?, quality_score = ?, cost_nano = ?, latency_ms = ?, error_share = ?
WHERE experiment = ? AND unit = ?`;
const MEANS = ['quality_score', 'cost_nano', 'latency_ms', 'error_share'] as const;
const UNITS = 'SELECT * FROM experiment_units WHERE experiment = ? AND position > ? ORDER BY position LIMIT ?';
const KNOWS = 'SELECT 1 FROM experiment_units WHERE experiment = ? AND unit = ?';
const REQUEST = 'SELECT * FROM experiment_requests WHERE routing_id = ?';
const DRAW = `
INSERT INTO experiment_units (experiment, unit, arm, probability, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;

const REQUESTS: Table<ExperimentRequest> = defineTable<ExperimentRequest>('experiment_requests', {
	decisionId: column.text('routing_id'),
	experiment: column.text('experiment'),
	unit: column.text('unit'),
	arm: column.text('arm'),
	probability: column.number('probability'),
	at: column.time('created_at'),
});

/** Writes requests; the first of a unit draws it into its arm. Only inside a write. */
export function insertExperimentRequests(connection: SqliteConnection, requests: readonly ExperimentRequest[]): void {
	for (const { arm, at, experiment, probability, unit } of requests)
		connection.run(DRAW, experiment, unit, arm, probability, toIsoTime(at));
	REQUESTS.insertAll(connection, requests);
}

function experimentFromRow(row: SqlRow): StoredExperiment {
	return {
		// written by `add`, `start` and `end` below
		definition: getJson(row, 'definition') as StoredExperiment['definition'],
		createdAt: getTime(row, 'created_at'),
		freeze: (getJson(row, 'freeze') ?? null) as StoredExperiment['freeze'],
		end: (getJson(row, 'ending') ?? null) as StoredExperiment['end'],
	};
}

function unitFromRow(row: SqlRow): ExperimentUnit {
	return {
		position: getNumber(row, 'position'),
		arm: getText(row, 'arm'),
		probability: getNumber(row, 'probability'),
		requests: getNumber(row, 'requests'),
		isLeaked: getNumber(row, 'is_leaked') === 1,
		quality: getNumberOrNull(row, 'quality_score'),
		costNanoUsd: getNumberOrNull(row, 'cost_nano'),
		latencyMs: getNumberOrNull(row, 'latency_ms'),
		errors: getNumberOrNull(row, 'error_share'),
	};
}

/** Experiments in SQLite: whichever process counts a unit, it is counted once. */
export function createSqliteExperimentStore(connection: SqliteConnection): ExperimentStore {
	const write = (author: AuditAuthor, entry: Parameters<typeof audit>[2], work: () => number): Promise<boolean> =>
		connection.write(() => {
			const isChanged = work() > 0;
			if (isChanged) audit(connection, author, entry);
			return isChanged;
		});
	return {
		list: async () => connection.rows(LIST_EXPERIMENTS).map(experimentFromRow),
		add: ({ createdAt, definition }, author, { isReplacing = false } = {}) => {
			const { name } = definition;
			const known = connection.row(FIND_EXPERIMENT, name);
			const before = known === null ? null : experimentFromRow(known).definition;
			return write(author, { action: 'experiment-created', target: name, before, after: definition }, () =>
				connection.run(ADD, name, JSON.stringify(definition), toIsoTime(createdAt), isReplacing ? 1 : 0),
			);
		},
		start: (name, freeze, author) =>
			write(author, { action: 'experiment-started', target: name, after: { hash: freeze.hash } }, () =>
				connection.run(START, JSON.stringify(freeze), name),
			),
		end: (name, end, author) => {
			const { message, reason } = end;
			return write(author, { action: 'experiment-ended', target: name, after: { reason, message } }, () =>
				connection.run(END, JSON.stringify(end), name),
			);
		},
		async count(name, { before, maxUnits, windowMs }) {
			for (;;) {
				const { last, step } = await connection.write(() =>
					countStep(connection, name, { before, maxUnits, windowMs }),
				);
				if (step < UNITS_PER_STEP) return last;
			}
		},
		units: async (name, after, limit) => connection.rows(UNITS, name, after, toSqlLimit(limit)).map(unitFromRow),
		knows: async (name, unit) => connection.row(KNOWS, name, unit) !== null,
		async request(decisionId) {
			const row = connection.row(REQUEST, decisionId);
			return row === null ? null : REQUESTS.fromRow(row);
		},
	};
}

/** Counts as many units as one transaction may. Only inside a write. */
function countStep(
	connection: SqliteConnection,
	name: string,
	{ before, maxUnits, windowMs }: Parameters<ExperimentStore['count']>[1],
): { last: number; step: number } {
	const counted = getNumber(connection.row(LAST_POSITION, name) ?? {}, 'last');
	const room = Math.max(0, Math.min(UNITS_PER_STEP, maxUnits - counted));
	const due = connection.rows(DUE, name, toIsoTime(before), room);
	for (const [index, row] of due.entries()) {
		const unit = getText(row, 'unit');
		const until = toIsoTime(getTime(row, 'created_at') + windowMs);
		const measured = connection.row(MEASURE, until, until, name, unit) ?? {};
		const means = MEANS.map((mean) => getNumberOrNull(measured, mean));
		const counts = [getNumber(measured, 'requests'), getNumber(measured, 'is_leaked')];
		connection.run(COUNT, counted + index + 1, ...counts, ...means, name, unit);
	}
	return { last: counted + due.length, step: due.length };
}
