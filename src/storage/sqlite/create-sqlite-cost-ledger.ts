import {
	type Attribution,
	type CostEntry,
	type CostLedger,
	countInputTokens,
	countOutputTokens,
	type PriceBookStore,
	type Usage,
} from '../../contracts/index.ts';
import { sortUnknownUsage, UNPRICED_USE_PREFIX } from '../shared/row-rules.ts';
import {
	column,
	defineObject,
	defineTable,
	type Field,
	getNumber,
	getText,
	getTime,
	moneyField,
	nullable,
	optional,
	type Table,
	toIsoTime,
} from './columns.ts';
import { readCostTotals } from './read-cost-totals.ts';
import type { SqliteConnection } from './sqlite-connection.ts';

const UNKNOWN = `
SELECT
  CASE WHEN field.key = 'unpricedUses' AND field.type = 'array' THEN '${UNPRICED_USE_PREFIX}' || part.value ELSE field.key END AS name,
  COUNT(*) AS requests
FROM cost_tracking, json_each(unknown_usage) AS field,
  json_each(IIF(field.key = 'unpricedUses' AND field.type = 'array', field.value, '[0]')) AS part
WHERE created_at >= ? AND created_at < ? AND unknown_usage IS NOT NULL
GROUP BY name`;

/** The ledger in SQLite. */
export function createSqliteCostLedger(connection: SqliteConnection): CostLedger {
	return {
		async append(entry) {
			await connection.write(() => COSTS.insert(connection, entry));
		},
		entries: async (range, limit) => COSTS.newest(connection, range, limit),
		async unknownUsage(range) {
			const rows = connection.rows(UNKNOWN, toIsoTime(range.from), toIsoTime(range.to));
			return sortUnknownUsage(new Map(rows.map((row) => [getText(row, 'name'), getNumber(row, 'requests')])));
		},
		totals: async (range, by, timezone) => readCostTotals(connection, range, { by, timezone }),
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

/** Rows of the ledger. Whoever inserts one sees to budget_spend. */
export const COSTS: Table<CostEntry> = defineTable<CostEntry>(
	'cost_tracking',
	{
		id: column.text('id'),
		decisionId: nullable(column.text('routing_id')),
		attempt: nullable(column.number('attempt')),
		model: column.text('model'),
		taskType: column.text('task_type'),
		costNanoUsd: moneyField('cost'),
		inputCostNanoUsd: moneyField('cost_input'),
		outputCostNanoUsd: moneyField('cost_output'),
		usage: USAGE,
		at: column.time('created_at'),
		priceVersion: optional(column.text('price_version')),
		corrects: optional(column.text('corrects')),
		reason: optional(column.text('reason')),
		attribution: ATTRIBUTION,
		kind: {
			...column.text('kind'),
			write: (kind = 'charge', values) => void values.push(kind),
			read: (row) => (getText(row, 'kind') === 'correction' ? 'correction' : undefined),
		},
	},
	{ budget_handled: () => 1, task_id: ({ decisionId }) => decisionId },
);

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
