import type {
	AuditAuthor,
	ExperimentRequest,
	ExperimentStore,
	ExperimentUnit,
	StoredExperiment,
} from '../../contracts/index.ts';
import { audit } from './access-stores.ts';
import {
	column,
	defineTable,
	getJson,
	getNumber,
	getNumberOrNull,
	getText,
	getTime,
	type Table,
	toIsoTime,
	toSqlLimit,
} from './columns.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const FIND = 'SELECT * FROM experiments WHERE name = ?';
const LIST = 'SELECT * FROM experiments ORDER BY created_at DESC, rowid DESC';
const ADD = `
INSERT INTO experiments (name, definition, created_at) VALUES (?, ?, ?)
ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, created_at = excluded.created_at WHERE freeze IS NULL`;
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
		list: async () => connection.rows(LIST).map(experimentFromRow),
		add: ({ createdAt, definition }, author) => {
			const { name } = definition;
			const known = connection.row(FIND, name);
			const before = known === null ? null : experimentFromRow(known).definition;
			return write(author, { action: 'experiment-created', target: name, before, after: definition }, () =>
				connection.run(ADD, name, JSON.stringify(definition), toIsoTime(createdAt)),
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
