import {
	type AttemptRow,
	type CandidateRecord,
	type Clock,
	type DecisionCounts,
	type DecisionQuery,
	type DecisionRecord,
	type DecisionSummary,
	type FallbackEventRow,
	type OutcomeRow,
	type PerformanceRow,
	type PerformanceStore,
	type RateLimitRow,
	type RecordStore,
	type StorageRecord,
	type TaskComplexity,
	type TaskType,
	toOutcomeObservation,
} from '../../contracts/index.ts';
import { DAY_MS, MINUTE_MS } from '../../util/index.ts';
import { createFeedbackOutcome, mergeNewest } from '../shared/row-rules.ts';
import { insertExperimentRequests } from './access-stores.ts';
import {
	column,
	defineTable,
	type Field,
	getJson,
	getNumber,
	getNumberOrNull,
	getText,
	getTextOrNull,
	getTime,
	insertSummed,
	moneyField,
	nullable,
	optional,
	type Table,
	toIsoTime,
	toSqlLimit,
} from './columns.ts';
import { COSTS } from './create-sqlite-cost-ledger.ts';
import { LEARNED_ANSWERS, toLearnedObservation } from './create-sqlite-evaluation-store.ts';
import { createEvidencePacker, type DecisionEvidence, unpackEvidence } from './decision-evidence.ts';
import { type AddedTexts, DecisionTexts } from './decision-texts.ts';
import { OUTCOME_SUMS } from './grouped-sums.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const DECISION = 'SELECT * FROM routing_decisions WHERE id = ?';
const ARCHIVED_DECISION = `SELECT row FROM archives WHERE source_table = 'routing_decisions' AND id = ?`;
const OUTCOME_OF = 'SELECT * FROM routing_outcomes WHERE routing_id = ?';
const RATE =
	'UPDATE routing_outcomes SET user_rating = ?, user_comment = ?, quality_score = ?, rated_by = ? WHERE routing_id = ?';
const ADD_SIGN = `
UPDATE routing_outcomes SET observed = json_insert(COALESCE(observed, '[]'), '$[#]', ?)
WHERE routing_id = ? AND NOT EXISTS (SELECT 1 FROM json_each(COALESCE(observed, '[]')) WHERE value = ?)`;
const ATTEMPTS_OF = 'SELECT * FROM attempts WHERE routing_id = ? ORDER BY created_at, number';
const COUNTS = `
SELECT model_selected, task_type, complexity,
  COUNT(*) AS count, SUM(is_cached) AS cached, SUM(decision_time_ms) AS decision_time
FROM routing_decisions INDEXED BY routing_decisions_by_model
WHERE created_at >= ? AND created_at < ?
GROUP BY model_selected, task_type, complexity`;

/**
 * Decisions, outcomes and events in SQLite. An archived decision is still found by its id. `catchUp` moves what is in the
 * journal into the tables.
 */
export function createSqliteRecordStore(
	connection: SqliteConnection,
	options: { captureText: boolean; catchUp: () => Promise<void>; clock: Pick<Clock, 'now'> },
): RecordStore {
	const { captureText, catchUp, clock } = options;
	const texts = new DecisionTexts(connection, () => clock.now());
	const packEvidence = createEvidencePacker(texts);
	const toDecision = (row: SqlRow): DecisionRecord => readDecision(row, texts);
	const decision: RecordStore['decision'] = async (id) => {
		const row = connection.row(DECISION, id);
		if (row !== null) return toDecision(row);
		const archived = connection.row(ARCHIVED_DECISION, id);
		// an archived row is the live row as a JSON object (see maintenance)
		return archived === null ? null : toDecision(getJson(archived, 'row') as SqlRow);
	};
	return {
		decision,
		async trail(id) {
			const found = await decision(id);
			if (found === null) return null;
			await catchUp();
			const row = connection.row(OUTCOME_OF, id);
			const outcome = row === null ? null : OUTCOMES.fromRow(row);
			// The outcome is written last: nothing of its decision comes much later.
			const until = Math.min(found.at + MAX_TRAIL_MS, (outcome?.at ?? Number.POSITIVE_INFINITY) + LATE_WRITE_MS);
			return {
				decision: found,
				outcome,
				entries: readTrail(connection, COSTS, found, until),
				fallbacks: readTrail(connection, FALLBACK_EVENTS, found, until),
				rateLimits: readTrail(connection, RATE_LIMIT_EVENTS, found, until),
			};
		},
		async write(records) {
			if (records.length === 0) return;
			const rows = groupRecords(records);
			const added: AddedTexts = new Map();
			await connection.writeBehind(() => {
				// of a try that was undone
				added.clear();
				insertRecords(connection, rows, (row) => ({
					...row,
					taskText: captureText ? row.taskText : null,
					evidence: packEvidence(row, added),
				}));
			});
			texts.keep(added);
		},
		rate: (decisionId, feedback) =>
			connection.write(() => {
				const { rating, comment, quality, ratedBy } = feedback;
				if (connection.run(RATE, rating, comment, quality, ratedBy, decisionId) > 0) return true;
				const row = connection.row(DECISION, decisionId);
				if (row === null) return false;
				OUTCOMES.insert(connection, createFeedbackOutcome(toDecision(row), feedback));
				return true;
			}),
		decisions: async (range, limit) => DECISIONS.newestRows(connection, range, limit).map(toDecision),
		async search(query) {
			// whom a call is charged to may still be in the journal
			await catchUp();
			return searchDecisions(connection, query, toDecision);
		},
		outcomes: async (range, limit) => OUTCOMES.newest(connection, range, limit),
		fallbackEvents: async (range, limit) => FALLBACK_EVENTS.newest(connection, range, limit),
		rateLimits: async (range, limit) => RATE_LIMIT_EVENTS.newest(connection, range, limit),
		async attempts(range, limit) {
			await catchUp();
			return ATTEMPTS.newest(connection, range, limit);
		},
		async attemptsOf(decisionId) {
			await catchUp();
			return connection.rows(ATTEMPTS_OF, decisionId).map(ATTEMPTS.fromRow);
		},
		counts: async (range) =>
			connection.rows(COUNTS, toIsoTime(range.from), toIsoTime(range.to)).map(
				(row): DecisionCounts => ({
					model: getText(row, 'model_selected'),
					...getTaskKind(row),
					count: getNumber(row, 'count'),
					cachedCount: getNumber(row, 'cached'),
					totalDecisionTimeMs: getNumber(row, 'decision_time'),
				}),
			),
	};
}

/** Writes rows, those of a kind together, and their sums once for each group. */
function insertRecords(
	connection: SqliteConnection,
	rows: RowsByKind,
	toStored: (row: DecisionRecord) => StoredDecision,
): void {
	DECISIONS.insertAll(connection, rows.decision.map(toStored));
	if (rows.outcome.length > 0)
		insertSummed(connection, OUTCOME_SUMS, () => OUTCOMES.insertAll(connection, rows.outcome));
	FALLBACK_EVENTS.insertAll(connection, rows.fallback);
	RATE_LIMIT_EVENTS.insertAll(connection, rows['rate-limit']);
	ATTEMPTS.insertAll(connection, rows.attempt);
	if (rows.experiment.length > 0) insertExperimentRequests(connection, rows.experiment);
	for (const { decisionId, signal } of rows.sign) connection.run(ADD_SIGN, signal, decisionId, signal);
}

type RowsByKind = { [Kind in StorageRecord['kind']]: Array<Extract<StorageRecord, { kind: Kind }>['row']> };

function groupRecords(records: readonly StorageRecord[]): RowsByKind {
	const rows: RowsByKind = {
		decision: [],
		outcome: [],
		fallback: [],
		'rate-limit': [],
		attempt: [],
		experiment: [],
		sign: [],
	};
	// each list takes the rows of its kind
	for (const { kind, row } of records) (rows[kind] as unknown[]).push(row);
	return rows;
}

const OUTCOME_CONDITIONS = {
	success: 'o.success = 1',
	failure: 'o.success = 0',
	fallback: 'o.used_fallback = 1',
	pending: 'o.id IS NULL',
} as const;
const CHARGED_TO = {
	key: 'key_id = ?',
	session: 'session_id = ?',
	tag: 'EXISTS (SELECT 1 FROM json_each(tags) WHERE value = ?)',
} as const;
const OUTCOMES_OF = 'SELECT * FROM routing_outcomes WHERE routing_id IN (SELECT value FROM json_each(?))';

function searchDecisions(
	connection: SqliteConnection,
	query: DecisionQuery,
	toDecision: (row: SqlRow) => DecisionRecord,
): DecisionSummary[] {
	const { after, attribution = {}, minCostNanoUsd, model, outcome, range, taskType } = query;
	const conditions = ['d.created_at >= ?', 'd.created_at < ?'];
	const values: Array<string | number> = [toIsoTime(range.from), toIsoTime(range.to)];
	const add = (condition: string, ...given: Array<string | number>): void => {
		conditions.push(condition);
		values.push(...given);
	};
	if (model !== undefined) add('d.model_selected = ?', model);
	if (taskType !== undefined) add('d.task_type = ?', taskType);
	if (outcome !== undefined) add(OUTCOME_CONDITIONS[outcome]);
	if (minCostNanoUsd !== undefined) add('o.actual_cost_nano >= ?', minCostNanoUsd);
	if (after !== undefined) {
		const row = 'COALESCE((SELECT rowid FROM routing_decisions WHERE id = ?), 0)';
		add(`(d.created_at, d.rowid) < (?, ${row})`, toIsoTime(after.at), after.id);
	}
	for (const kind of ['key', 'session', 'tag'] as const) {
		const name = attribution[kind];
		if (name === undefined) continue;
		const charges = `SELECT routing_id FROM cost_tracking WHERE created_at >= ? AND created_at < ? AND ${CHARGED_TO[kind]}`;
		add(`d.id IN (${charges})`, toIsoTime(range.from), toIsoTime(range.to + MAX_TRAIL_MS), name);
	}
	const sql = `SELECT d.* FROM routing_decisions AS d LEFT JOIN routing_outcomes AS o ON o.routing_id = d.id WHERE ${conditions.join(' AND ')} ORDER BY d.created_at DESC, d.rowid DESC LIMIT ?`;
	return connection.read(() => {
		const decisions = connection.rows(sql, ...values, toSqlLimit(query.limit)).map(toDecision);
		const ids = JSON.stringify(decisions.map(({ id }) => id));
		const outcomes = new Map(
			connection
				.rows(OUTCOMES_OF, ids)
				.map(OUTCOMES.fromRow)
				.map((row) => [row.decisionId, row]),
		);
		return decisions.map((decision) => ({ decision, outcome: outcomes.get(decision.id) ?? null }));
	});
}

/** Milliseconds after a decision in which its rows are looked for: no request takes longer. */
const MAX_TRAIL_MS = DAY_MS;
/** Milliseconds after an outcome in which the last of its rows may be written. */
const LATE_WRITE_MS = MINUTE_MS;

/** The rows of a decision in a table, oldest first; the range is what makes it quick. */
function readTrail<Row>(
	connection: SqliteConnection,
	table: Table<Row>,
	{ at, id }: DecisionRecord,
	until: number,
): Row[] {
	const sql = `SELECT * FROM ${table.name} WHERE created_at >= ? AND created_at < ? AND routing_id = ? ORDER BY created_at, rowid`;
	return connection.rows(sql, toIsoTime(at), toIsoTime(until), id).map(table.fromRow);
}

/** Closed words, shown rather than refused where a later release or a hand wrote others. */
function getTaskKind(row: SqlRow): { taskType: TaskType; complexity: TaskComplexity } {
	return { taskType: getText(row, 'task_type') as TaskType, complexity: getText(row, 'complexity') as TaskComplexity };
}

const OBSERVATIONS = `
SELECT * FROM routing_outcomes WHERE answered_by IS NOT NULL
ORDER BY created_at DESC, rowid DESC LIMIT ?`;
const PERFORMANCE = 'SELECT * FROM model_performance ORDER BY model, task_type, complexity';

/** What learning starts from, in SQLite. */
export function createSqlitePerformanceStore(connection: SqliteConnection): PerformanceStore {
	return {
		async observations(limit) {
			const outcomes = connection
				.rows(OBSERVATIONS, toSqlLimit(limit))
				.map((row) => toOutcomeObservation(OUTCOMES.fromRow(row)));
			const learned = connection.rows(LEARNED_ANSWERS, toSqlLimit(limit));
			return learned.length === 0 ? outcomes : mergeNewest(outcomes, learned.map(toLearnedObservation), limit);
		},
		performance: async () =>
			connection.rows(PERFORMANCE).map(
				(row): PerformanceRow => ({
					model: getText(row, 'model'),
					...getTaskKind(row),
					totalRequests: getNumber(row, 'total_requests'),
					successfulRequests: getNumber(row, 'successful_requests'),
					meanQuality: getNumberOrNull(row, 'avg_quality_score'),
					totalCostNanoUsd: getNumber(row, 'total_cost_nano'),
					meanLatencyMs: getNumberOrNull(row, 'avg_latency'),
					inputTokens: getNumber(row, 'total_tokens_input'),
					outputTokens: getNumber(row, 'total_tokens_output'),
					lastUpdatedAt: getTime(row, 'last_updated'),
				}),
			),
	};
}

/** A candidate as earlier releases stored it. */
type CandidateColumns = readonly [model: string, ...numbers: Array<number | null>];

function fromCandidateColumns([model, ...numbers]: CandidateColumns): CandidateRecord {
	const at = (index: number): number => numbers[index] ?? Number.NaN;
	return {
		model,
		totalScore: at(0),
		scores: {
			capabilityMatch: at(1),
			costEfficiency: at(2),
			latency: at(3),
			quality: at(4),
			historicalPerformance: at(5),
		},
		predictedQuality: {
			value: at(6),
			low: at(7),
			high: at(8),
			...(typeof numbers[11] === 'number' && { outcomes: numbers[11] }),
		},
		estimatedCostNanoUsd: numbers[9] ?? null,
		estimatedCompletionMs: at(10),
	};
}

/** The members of a decision that are stored as evidence. Rows of earlier releases have a column of JSON for each. */
const EVIDENCE_COLUMNS: { readonly [Member in keyof DecisionEvidence]-?: (row: SqlRow) => DecisionEvidence[Member] } = {
	candidates: (row) => (getJson(row, 'candidates') as CandidateColumns[] | undefined)?.map(fromCandidateColumns),
	exclusions: (row) => getJson(row, 'exclusions') as DecisionEvidence['exclusions'],
	inputs: (row) => getJson(row, 'inputs') as DecisionEvidence['inputs'],
	features: (row) => getJson(row, 'features') as DecisionEvidence['features'],
};

type StoredDecision = Omit<DecisionRecord, keyof DecisionEvidence> & { evidence: Uint8Array | null };

/** Decisions. The text of the task is stored as it is given: the store leaves it out where capture is off. */
const DECISIONS: Table<StoredDecision> = defineTable<StoredDecision>(
	'routing_decisions',
	{
		id: column.text('id'),
		taskHash: column.text('task_hash'),
		taskText: nullable(column.text('task_text')),
		taskType: column.text('task_type'),
		complexity: column.text('complexity'),
		pattern: column.text('pattern'),
		model: column.text('model_selected'),
		modelId: column.text('model_id'),
		confidence: column.number('confidence'),
		estimatedCostNanoUsd: moneyField('estimated_cost'),
		estimatedLatencyMs: column.number('estimated_latency'),
		estimatedInputTokens: column.number('estimated_tokens_input'),
		estimatedOutputTokens: column.number('estimated_tokens_output'),
		reasoning: column.json('reasoning'),
		alternatives: column.json('alternatives'),
		policy: column.text('policy'),
		policyVersion: column.text('policy_version'),
		catalogVersion: column.text('catalog_version'),
		propensity: column.number('propensity'),
		propensityKind: optional(column.text('propensity_kind')),
		policyHash: optional(column.text('policy_hash')),
		evidence: nullable(column.bytes('evidence')),
		workload: optional(column.text('workload')),
		isCached: column.flag('is_cached'),
		decisionTimeMs: column.number('decision_time_ms'),
		at: column.time('created_at'),
	},
	{ updated_at: ({ at }) => toIsoTime(at) },
);

/** A decision with what it was made from. */
function readDecision(row: SqlRow, texts: DecisionTexts): DecisionRecord {
	const { evidence, ...stored } = DECISIONS.fromRow(row);
	if (evidence !== null) return { ...stored, ...unpackEvidence(evidence, stored, texts) };
	const decision: DecisionRecord = stored;
	for (const [member, read] of Object.entries(EVIDENCE_COLUMNS)) {
		const value = read(row);
		if (value !== undefined) Object.assign(decision, { [member]: value });
	}
	return decision;
}

/** A column that rows written by hand may leave out: they are shown as they are. */
function textOrEmpty<Text extends string>(name: string): Field<Text> {
	return { ...column.text<Text>(name), read: (row) => (getTextOrNull(row, name) ?? '') as Text };
}

/** Outcomes; a second one of the same decision is left out. */
const OUTCOMES: Table<OutcomeRow> = defineTable<OutcomeRow>(
	'routing_outcomes',
	{
		id: column.text('id'),
		decisionId: column.text('routing_id'),
		success: column.flag('success'),
		quality: nullable(column.number('quality_score')),
		ratedBy: optional(column.text('rated_by')),
		workload: optional(column.text('workload')),
		observed: optional(column.json('observed')),
		answeredBy: textOrEmpty('answered_by'),
		taskType: textOrEmpty('task_type'),
		complexity: textOrEmpty('complexity'),
		actualCostNanoUsd: moneyField('actual_cost'),
		actualLatencyMs: nullable(column.number('actual_latency')),
		inputTokens: column.number('tokens_input'),
		outputTokens: column.number('tokens_output'),
		usedFallback: column.flag('used_fallback'),
		attempts: column.number('attempts'),
		errorMessage: nullable(column.text('error_message')),
		errorCode: nullable(column.text('error_code')),
		userRating: nullable(column.number('user_rating')),
		userComment: nullable(column.text('user_comment')),
		at: column.time('created_at'),
	},
	{ fallback_model: ({ answeredBy, usedFallback }) => (usedFallback ? answeredBy : null) },
);

/** Every call of a model, and every model that was passed over. */
const ATTEMPTS: Table<AttemptRow> = defineTable<AttemptRow>('attempts', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	number: column.number('number'),
	model: column.text('model'),
	deployment: nullable(column.text('deployment')),
	outcome: column.text('outcome'),
	failure: nullable(column.text('failure')),
	status: nullable(column.number('status')),
	message: nullable(column.text('message')),
	durationMs: column.number('duration_ms'),
	delayMs: column.number('delay_ms'),
	costNanoUsd: moneyField('cost'),
	isEstimated: column.flag('is_estimated'),
	at: column.time('created_at'),
});

/** Models that gave way to the next one. */
const FALLBACK_EVENTS: Table<FallbackEventRow> = defineTable<FallbackEventRow>('fallback_events', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	primaryModel: column.text('primary_model'),
	primaryError: column.text('primary_error'),
	fallbackModel: column.text('fallback_model'),
	fallbackSuccess: column.flag('fallback_success'),
	attemptNumber: column.number('attempt_number'),
	retryDelayMs: column.number('retry_delay_ms'),
	at: column.time('created_at'),
});

/** Providers' limits that were met. */
const RATE_LIMIT_EVENTS: Table<RateLimitRow> = defineTable<RateLimitRow>('rate_limit_events', {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	model: column.text('model'),
	limitType: column.text('limit_type'),
	limitValue: nullable(column.number('limit_value')),
	remaining: nullable(column.number('remaining')),
	resetAt: nullable(column.time('reset_at')),
	errorMessage: nullable(column.text('error_message')),
	at: column.time('created_at'),
});
