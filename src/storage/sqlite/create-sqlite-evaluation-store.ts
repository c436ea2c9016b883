import {
	type EvaluationAnswer,
	type EvaluationRun,
	type EvaluationStore,
	type EvaluationVerdict,
	type OutcomeObservation,
	type ShadowComparison,
	type ShadowStore,
	toEvaluationObservation,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { column, defineTable, getText, getTime, moneyField, nullable, toIsoTime, toSqlLimit } from './columns.ts';
import type { SqliteConnection, SqlRow } from './sqlite-connection.ts';

const RUNS = defineTable<EvaluationRun>('evaluation_runs', {
	id: column.text('id'),
	plan: column.json('plan'),
	budgetNanoUsd: column.number('budget_nano'),
	at: column.time('created_at'),
	learnedAt: nullable(column.time('learned_at')),
});

const ANSWERS = defineTable<EvaluationAnswer>('evaluation_answers', {
	runId: column.text('run_id'),
	taskId: column.text('task_id'),
	model: column.text('model'),
	taskType: column.text('task_type'),
	complexity: column.text('complexity'),
	text: nullable(column.text('answer')),
	finishReason: column.text('finish_reason'),
	quality: nullable(column.number('quality_score')),
	error: nullable(column.text('error_message')),
	costNanoUsd: moneyField('cost'),
	latencyMs: column.number('latency'),
	inputTokens: column.number('tokens_input'),
	outputTokens: column.number('tokens_output'),
	at: column.time('created_at'),
});

const VERDICTS = defineTable<EvaluationVerdict>('evaluation_verdicts', {
	runId: column.text('run_id'),
	taskId: column.text('task_id'),
	pair: column.text('pair'),
	verdict: column.text('verdict'),
	orders: column.json('orders'),
	costNanoUsd: moneyField('cost'),
	at: column.time('created_at'),
});

const CLAIM = `
UPDATE evaluation_runs SET claimed_by = ?, claimed_until = ?
WHERE id = ? AND (claimed_by IS NULL OR claimed_by IN (?, ?) OR claimed_until <= ?)`;
const DROP_FAILED =
	'DELETE FROM evaluation_answers WHERE run_id = ? AND task_id = ? AND model = ? AND error_message IS NOT NULL';
/** The checked answers that count for learning, newest first; at most so many. */
export const LEARNED_ANSWERS = `
SELECT evaluation_answers.*, learned_at FROM evaluation_answers JOIN evaluation_runs ON evaluation_runs.id = run_id
WHERE learned_at IS NOT NULL AND quality_score IS NOT NULL AND error_message IS NULL
ORDER BY learned_at DESC, evaluation_answers.rowid DESC LIMIT ?`;

const COMPARISONS = defineTable<ShadowComparison>('shadow_comparisons', {
	id: column.text('id'),
	session: nullable(column.text('session_id')),
	taskType: column.text('task_type'),
	workload: nullable(column.text('workload')),
	model: column.text('model'),
	shadowModel: nullable(column.text('shadow_model')),
	judge: nullable(column.text('judge')),
	cause: nullable(column.text('cause')),
	detail: nullable(column.text('detail')),
	verdict: nullable(column.text('verdict')),
	orders: nullable(column.json('orders')),
	planted: nullable(column.json('planted')),
	lengths: nullable(column.json('lengths')),
	usedCostNanoUsd: moneyField('used_cost'),
	costNanoUsd: moneyField('cost'),
	judgeCostNanoUsd: moneyField('judge_cost'),
	latencyMs: nullable(column.number('latency')),
	at: column.time('created_at'),
});

/** What shadow evaluation has found, in SQLite. */
export function createSqliteShadowStore(connection: SqliteConnection): ShadowStore {
	return {
		save: (comparison) => connection.write(() => void COMPARISONS.insert(connection, comparison)),
		list: async (range, limit) => COMPARISONS.newest(connection, range, limit),
	};
}

/** Runs of evaluations in SQLite. */
export function createSqliteEvaluationStore(connection: SqliteConnection): EvaluationStore {
	const readRun = (id: string): EvaluationRun | null => {
		const row = connection.row('SELECT * FROM evaluation_runs WHERE id = ?', id);
		return row === null ? null : RUNS.fromRow(row);
	};
	return {
		async create(run) {
			const added = await connection.write(() => RUNS.insert(connection, run));
			if (added === 0) throw new InvalidInputError(`There is a run ${run.id} already. Start another one.`);
		},
		run: async (id) => readRun(id),
		runs: async (limit) =>
			connection
				.rows('SELECT * FROM evaluation_runs ORDER BY created_at DESC, rowid DESC LIMIT ?', toSqlLimit(limit))
				.map(RUNS.fromRow),
		update: (id, change) =>
			connection.write(() => {
				const run = readRun(id);
				if (run === null) return false;
				const { budgetNanoUsd, learnedAt } = { ...run, ...change };
				const learned = learnedAt === null ? null : toIsoTime(learnedAt);
				const set = 'UPDATE evaluation_runs SET budget_nano = ?, learned_at = ? WHERE id = ?';
				return connection.run(set, budgetNanoUsd, learned, id) > 0;
			}),
		claim: (runId, holder, { instead = holder, now, until }) =>
			connection.write(() => {
				connection.run(CLAIM, holder, toIsoTime(until), runId, holder, instead, toIsoTime(now));
				const row = connection.row('SELECT claimed_by FROM evaluation_runs WHERE id = ?', runId);
				return row === null ? null : getText(row, 'claimed_by');
			}),
		release: (runId, holder) =>
			connection.write(() => {
				const set =
					'UPDATE evaluation_runs SET claimed_by = NULL, claimed_until = NULL WHERE id = ? AND claimed_by = ?';
				connection.run(set, runId, holder);
			}),
		saveAnswer: (answer) =>
			connection.write(() => {
				connection.run(DROP_FAILED, answer.runId, answer.taskId, answer.model);
				ANSWERS.insert(connection, answer);
			}),
		answers: async (runId) =>
			connection.rows('SELECT * FROM evaluation_answers WHERE run_id = ? ORDER BY rowid', runId).map(ANSWERS.fromRow),
		saveVerdict: (verdict) => connection.write(() => void VERDICTS.insert(connection, verdict)),
		verdicts: async (runId) =>
			connection.rows('SELECT * FROM evaluation_verdicts WHERE run_id = ? ORDER BY rowid', runId).map(VERDICTS.fromRow),
	};
}

/** A row of `LEARNED_ANSWERS` as learning reads it. */
export function toLearnedObservation(row: SqlRow): OutcomeObservation {
	const answer = ANSWERS.fromRow(row);
	// the query takes no others
	return toEvaluationObservation({ ...answer, quality: answer.quality ?? 0 }, getTime(row, 'learned_at'));
}
