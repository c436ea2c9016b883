import {
	type Attribution,
	type ChargedCall,
	type CostEntry,
	type CostLedger,
	countInputTokens,
	countOutputTokens,
	type JournalBacklog,
	type PriceBookStore,
	type TaskType,
	type Usage,
} from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { requireNanoUsd, sortUnknownUsage, UNPRICED_USE_PREFIX } from '../shared/row-rules.ts';
import {
	column,
	defineObject,
	defineTable,
	type Field,
	getNumber,
	getText,
	getTextOrNull,
	getTime,
	insertSummed,
	moneyField,
	nullable,
	optional,
	type Table,
	toIsoTime,
} from './columns.ts';
import { CHARGE_SUMS } from './grouped-sums.ts';
import { readCostTotals } from './read-cost-totals.ts';
import type { SqliteConnection, SqlValue } from './sqlite-connection.ts';
import { toStorageError } from './sqlite-errors.ts';

const UNKNOWN = `
SELECT
  CASE WHEN field.key = 'unpricedUses' AND field.type = 'array' THEN '${UNPRICED_USE_PREFIX}' || part.value ELSE field.key END AS name,
  COUNT(*) AS requests
FROM cost_tracking, json_each(unknown_usage) AS field,
  json_each(IIF(field.key = 'unpricedUses' AND field.type = 'array', field.value, '[0]')) AS part
WHERE created_at >= ? AND created_at < ? AND unknown_usage IS NOT NULL
GROUP BY name`;

/** The ledger in SQLite; `catchUp` moves into it what is in the journal. */
export function createSqliteCostLedger(connection: SqliteConnection, catchUp: () => Promise<void>): CostLedger {
	return {
		async append(entry) {
			await connection.write(() => COSTS.insert(connection, entry));
		},
		async entries(range, limit) {
			await catchUp();
			return COSTS.newest(connection, range, limit);
		},
		async unknownUsage(range) {
			await catchUp();
			const rows = connection.rows(UNKNOWN, toIsoTime(range.from), toIsoTime(range.to));
			return sortUnknownUsage(new Map(rows.map((row) => [getText(row, 'name'), getNumber(row, 'requests')])));
		},
		async totals(range, by, timezone) {
			await catchUp();
			return readCostTotals(connection, range, { by, timezone });
		},
	};
}

const STORED_USAGE = defineObject<Usage>({
	inputTokens: column.number('tokens_input'),
	cacheReadTokens: column.number('tokens_cache_read'),
	cacheWrite5mTokens: column.number('tokens_cache_write_5m'),
	cacheWrite1hTokens: column.number('tokens_cache_write_1h'),
	outputTokens: column.number('tokens_output'),
	reasoningTokens: column.number('tokens_reasoning'),
	perUse: optional(column.json('per_use')),
	unknownFields: optional(column.json('unknown_usage')),
	isEstimated: {
		...column.number('is_estimated'),
		write: (isEstimated, values) => void values.push(isEstimated === true ? 1 : 0),
		read: (row) => getNumber(row, 'is_estimated') !== 0 || undefined,
	},
	serviceTier: optional(column.text('service_tier')),
	region: optional(column.text('region')),
	providerCostNanoUsd: optional(column.number('provider_cost_nano')),
});

/** The columns of input and output hold all tokens, those of caches and reasoning included. */
const USAGE: Field<Usage> = {
	...STORED_USAGE,
	write(usage, values) {
		const tokens = { inputTokens: countInputTokens(usage), outputTokens: countOutputTokens(usage) };
		STORED_USAGE.write({ ...usage, ...tokens }, values);
	},
	read(row) {
		const stored = STORED_USAGE.read(row);
		const cached = stored.cacheReadTokens + stored.cacheWrite5mTokens + stored.cacheWrite1hTokens;
		return {
			...stored,
			inputTokens: stored.inputTokens - cached,
			outputTokens: stored.outputTokens - stored.reasoningTokens,
		};
	},
};

const STORED_ATTRIBUTION = defineObject<Attribution>({
	key: optional(column.text('key_id')),
	team: optional(column.text('team')),
	session: optional(column.text('session_id')),
	tags: optional(column.json('tags')),
	namedBy: optional(column.text('named_by')),
});

const ATTRIBUTION: Field<Attribution | undefined> = {
	...STORED_ATTRIBUTION,
	write: (attribution = {}, values) => STORED_ATTRIBUTION.write(attribution, values),
	read(row) {
		const attribution = STORED_ATTRIBUTION.read(row);
		return Object.values(attribution).every((value) => value === undefined) ? undefined : attribution;
	},
};

/** What the rows of the ledger and of the journal have in common. */
const CHARGE = {
	id: column.text('id'),
	decisionId: nullable(column.text('routing_id')),
	attempt: nullable(column.number('attempt')),
	model: column.text('model'),
	taskType: column.text<TaskType>('task_type'),
	usage: USAGE,
	at: column.time('created_at'),
	priceVersion: optional(column.text('price_version')),
	reason: optional(column.text('reason')),
	attribution: ATTRIBUTION,
} as const;

const LEDGER: Table<Omit<CostEntry, 'call'>> = defineTable<Omit<CostEntry, 'call'>>(
	'cost_tracking',
	{
		...CHARGE,
		costNanoUsd: moneyField('cost'),
		inputCostNanoUsd: moneyField('cost_input'),
		outputCostNanoUsd: moneyField('cost_output'),
		corrects: optional(column.text('corrects')),
		kind: {
			...column.text('kind'),
			write: (kind = 'charge', values) => void values.push(kind),
			read: (row) => (getText(row, 'kind') === 'correction' ? 'correction' : undefined),
		},
	},
	{ budget_handled: () => 1, task_id: ({ decisionId }) => decisionId },
);

/** A charge with the call it is for, as the journal keeps it: its USD and sums are made when it is moved into the ledger. */
const JOURNALED = defineObject<Omit<CostEntry, 'kind' | 'corrects' | 'call'> & { call: ChargedCall }>({
	...CHARGE,
	costNanoUsd: nullable(column.number('cost_nano')),
	inputCostNanoUsd: nullable(column.number('cost_input_nano')),
	outputCostNanoUsd: nullable(column.number('cost_output_nano')),
	call: defineObject<ChargedCall>({
		deployment: nullable(column.text('deployment')),
		outcome: column.text('outcome'),
		failure: nullable(column.text('failure')),
		status: nullable(column.number('status')),
		message: nullable(column.text('message')),
		durationMs: column.number('duration_ms'),
		delayMs: column.number('delay_ms'),
		at: column.time('started_at'),
	}),
});
const ADD_TO_JOURNAL = `
INSERT INTO request_journal (${JOURNALED.columns.join(', ')}) SELECT ${JOURNALED.columns.map(() => '?').join(', ')}
WHERE NOT EXISTS (SELECT 1 FROM cost_tracking WHERE id = ?) ON CONFLICT DO NOTHING`;
const IN_JOURNAL = 'SELECT 1 FROM request_journal WHERE id = ?';

/**
 * Rows of the ledger. Whoever inserts one sees to budget_spend. A charge with its call goes into the journal, from which
 * `followJournal` takes it.
 */
export const COSTS: Table<CostEntry> = {
	...LEDGER,
	insert(connection, { call, ...entry }) {
		if (call === undefined) return connection.row(IN_JOURNAL, entry.id) === null ? LEDGER.insert(connection, entry) : 0;
		requireMovable(entry);
		const values: SqlValue[] = [];
		JOURNALED.write({ ...entry, call }, values);
		return connection.run(ADD_TO_JOURNAL, ...values, entry.id);
	},
};

/** Refuses, while its writer still hears of it, what the tables would refuse when the row is moved. @throws InvalidInputError */
function requireMovable({ attempt, costNanoUsd, id, inputCostNanoUsd, outputCostNanoUsd, usage }: CostEntry): void {
	requireNanoUsd(costNanoUsd ?? 0, `The cost of the charge "${id}"`);
	requireNanoUsd(inputCostNanoUsd ?? 0, `The input cost of the charge "${id}"`);
	requireNanoUsd(outputCostNanoUsd ?? 0, `The output cost of the charge "${id}"`);
	requireNanoUsd(usage.providerCostNanoUsd ?? 0, `The provider's cost of the charge "${id}"`);
	if (attempt !== null && Number.isSafeInteger(attempt) && attempt >= 1) return;
	throw new InvalidInputError(
		`The charge "${id}" has a call and is for the attempt ${attempt}. Give a whole number from 1.`,
	);
}

const UNLESS_SKIPPED = 'id NOT IN (SELECT value FROM json_each(?))';
const SLICE = `
SELECT COUNT(*) AS rows, MIN(id) AS first, MAX(id) AS last
FROM (SELECT id FROM request_journal WHERE ${UNLESS_SKIPPED} ORDER BY id LIMIT ?)`;
const IN_SLICE = `id BETWEEN ? AND ? AND ${UNLESS_SKIPPED}`;
const MOVE_CHARGES = `
INSERT INTO cost_tracking (
  id, routing_id, task_id, attempt, model, task_type, cost, cost_nano, cost_input, cost_input_nano, cost_output, cost_output_nano,
  tokens_input, tokens_output, tokens_cache_read, tokens_cache_write_5m, tokens_cache_write_1h, tokens_reasoning, per_use,
  unknown_usage, is_estimated, service_tier, region, provider_cost_nano, price_version, reason, key_id, team, session_id, tags,
  named_by, budget_handled, created_at)
SELECT
  id, routing_id, routing_id, attempt, model, task_type, cost_nano / 1e9, cost_nano, cost_input_nano / 1e9, cost_input_nano,
  cost_output_nano / 1e9, cost_output_nano, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write_5m,
  tokens_cache_write_1h, tokens_reasoning, per_use, unknown_usage, is_estimated, service_tier, region, provider_cost_nano,
  price_version, reason, key_id, team, session_id, tags, named_by, 1, created_at
FROM request_journal WHERE ${IN_SLICE} ORDER BY id
ON CONFLICT DO NOTHING`;
const MOVE_ATTEMPTS = `
INSERT INTO attempts (
  id, routing_id, number, model, deployment, outcome, failure, status, message, duration_ms, delay_ms, cost, cost_nano,
  is_estimated, created_at)
SELECT id, routing_id, attempt, model, deployment, outcome, failure, status, message, duration_ms, delay_ms, cost_nano / 1e9,
  cost_nano, is_estimated, started_at
FROM request_journal WHERE ${IN_SLICE} ORDER BY id
ON CONFLICT DO NOTHING`;
const FORGET = `DELETE FROM request_journal WHERE ${IN_SLICE}`;
/** Only the limits of all spending have rows in `budget_tracking`. */
const SHOW_SPEND = `UPDATE budget_spend SET is_shown = 1 WHERE scope = 'all' AND is_shown = 0`;
const LIST_SLICE = `SELECT id FROM request_journal WHERE ${IN_SLICE} ORDER BY id`;
const LEFT = `SELECT 1 FROM request_journal WHERE ${UNLESS_SKIPPED} LIMIT 1`;

/** A statement for the rows that are not skipped: none is, usually, and to look each up takes as long as to move it. */
function skip(skipped: readonly string[]): { bind: (sql: string) => string; values: readonly string[] } {
	if (skipped.length > 0) return { bind: (sql) => sql, values: [JSON.stringify(skipped)] };
	return { bind: (sql) => sql.replace(UNLESS_SKIPPED, 'true'), values: [] };
}

/** Whether the journal holds rows beside those that are skipped. */
export function isJournalEmpty(connection: SqliteConnection, skipped: readonly string[]): boolean {
	const { bind, values } = skip(skipped);
	return connection.row(bind(LEFT), ...values) === null;
}

const BACKLOG = 'SELECT COUNT(*) AS rows, MIN(created_at) AS oldest FROM request_journal';

/** The rows of the journal that are not in the ledger yet, those that are skipped included. */
export function readJournalBacklog(connection: SqliteConnection): JournalBacklog {
	const row = connection.row(BACKLOG) ?? {};
	const rows = getNumber(row, 'rows');
	return { rows, oldestAt: rows === 0 ? null : getTime(row, 'oldest') };
}

/** A row of the journal that a table refused. */
export interface RefusedRow {
	id: string;
	error: InvalidInputError;
}

/**
 * Moves the oldest rows of the journal into `cost_tracking` and `attempts`, counts them in their hours, and shows what is spent by now. A row that a table
 * refuses stays in the journal, and the others are moved. Answers how many rows there were. Only inside a write.
 */
export function followJournal(
	connection: SqliteConnection,
	limit: number,
	skipped: readonly string[] = [],
): { rows: number; refused: readonly RefusedRow[] } {
	const { bind, values } = skip(skipped);
	const slice = connection.row(bind(SLICE), ...values, Math.min(limit, Number.MAX_SAFE_INTEGER)) ?? {};
	const [first, last] = [getTextOrNull(slice, 'first'), getTextOrNull(slice, 'last')];
	if (first === null || last === null) return { rows: 0, refused: [] };
	const rows = getNumber(slice, 'rows');
	connection.run(SHOW_SPEND);
	if (moveRows(connection, [first, last, ...values], bind) === null) return { rows, refused: [] };
	const ids = connection.rows(bind(LIST_SLICE), first, last, ...values).map((row) => getText(row, 'id'));
	const refused = ids.flatMap((id) => {
		const error = moveRows(connection, [id, id, ...values], bind);
		return error === null ? [] : [{ id, error }];
	});
	return { rows, refused };
}

/** Moves all rows of a part of the journal, or none where a table refuses one of them: answers why. */
function moveRows(
	connection: SqliteConnection,
	part: readonly string[],
	bind: (sql: string) => string,
): InvalidInputError | null {
	connection.run('SAVEPOINT journal_part');
	try {
		insertSummed(connection, CHARGE_SUMS, () => connection.run(bind(MOVE_CHARGES), ...part));
		connection.run(bind(MOVE_ATTEMPTS), ...part);
		connection.run(bind(FORGET), ...part);
		connection.run('RELEASE journal_part');
		return null;
	} catch (error) {
		const refusal = toStorageError(error, connection.path);
		if (!(refusal instanceof InvalidInputError)) throw error;
		connection.run('ROLLBACK TO journal_part');
		connection.run('RELEASE journal_part');
		return refusal;
	}
}

const SAVE_BOOK = 'INSERT INTO price_book (version, document, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
const KNOWN_BOOK = 'SELECT 1 FROM price_book WHERE version = ?';
const LIST_BOOKS = 'SELECT version, document, created_at FROM price_book ORDER BY created_at DESC, version';

/** The price books of a database. */
export function createSqlitePriceBooks(connection: SqliteConnection): PriceBookStore {
	return {
		async save({ version, document, at }) {
			// known, the usual case, takes no lock
			if (connection.row(KNOWN_BOOK, version) !== null) return;
			await connection.write(() => connection.run(SAVE_BOOK, version, document, toIsoTime(at)));
		},
		list: async () =>
			connection.rows(LIST_BOOKS).map((row) => ({
				version: getText(row, 'version'),
				document: getText(row, 'document'),
				at: getTime(row, 'created_at'),
			})),
	};
}
