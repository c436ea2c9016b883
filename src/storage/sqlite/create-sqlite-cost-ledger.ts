import {
	type Attribution,
	type CostEntry,
	type CostLedger,
	countInputTokens,
	countOutputTokens,
	type NanoUsd,
	nanoToUsd,
	type PriceBookStore,
	type ServiceTier,
	type TaskType,
	type Usage,
} from '../../contracts/index.ts';
import { sortUnknownUsage, UNPRICED_USE } from '../shared/row-rules.ts';
import { getFlag, getJson, getNumber, getNumberOrNull, getText, getTextOrNull, getTime, toIsoTime } from './columns.ts';
import type { SqliteConnection, SqlRow, SqlValue } from './sqlite-connection.ts';
import { readCostTotals } from './sum-costs.ts';

/** Appends one charge to the ledger; the writer sees to budget_spend. Values by `costValues`. */
export const INSERT_COST = `
INSERT INTO cost_tracking (
  id, model, task_type, cost, cost_nano, cost_input, cost_input_nano, cost_output, cost_output_nano,
  tokens_input, tokens_output, tokens_cache_read, tokens_cache_write_5m, tokens_cache_write_1h, tokens_reasoning,
  per_use, unknown_usage, is_estimated, service_tier, region, price_version, kind, corrects, reason,
  key_id, team, session_id, tags, attempt, budget_handled, task_id, routing_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)
ON CONFLICT DO NOTHING`;

function usd(nano: NanoUsd | null): number | null {
	return nano === null ? null : nanoToUsd(nano);
}

function attributionValues({ key, team, session, tags }: Attribution = {}): SqlValue[] {
	return [key ?? null, team ?? null, session ?? null, tags === undefined ? null : JSON.stringify(tags)];
}

/** The values of `INSERT_COST`, in order. */
export function costValues(entry: CostEntry): SqlValue[] {
	const { usage } = entry;
	return [
		entry.id,
		entry.model,
		entry.taskType,
		usd(entry.costNanoUsd),
		entry.costNanoUsd,
		usd(entry.inputCostNanoUsd),
		entry.inputCostNanoUsd,
		usd(entry.outputCostNanoUsd),
		entry.outputCostNanoUsd,
		countInputTokens(usage),
		countOutputTokens(usage),
		usage.cacheReadTokens,
		usage.cacheWrite5mTokens,
		usage.cacheWrite1hTokens,
		usage.reasoningTokens,
		usage.perUse === undefined ? null : JSON.stringify(usage.perUse),
		usage.unknownFields === undefined ? null : JSON.stringify(usage.unknownFields),
		usage.isEstimated === true ? 1 : 0,
		usage.serviceTier ?? null,
		usage.region ?? null,
		entry.priceVersion ?? null,
		entry.kind ?? 'charge',
		entry.corrects ?? null,
		entry.reason ?? null,
		...attributionValues(entry.attribution),
		entry.attempt,
		entry.decisionId,
		entry.decisionId,
		toIsoTime(entry.at),
	];
}

function usageFromRow(row: SqlRow): Usage {
	const cacheReadTokens = getNumber(row, 'tokens_cache_read');
	const cacheWrite5mTokens = getNumber(row, 'tokens_cache_write_5m');
	const cacheWrite1hTokens = getNumber(row, 'tokens_cache_write_1h');
	const reasoningTokens = getNumber(row, 'tokens_reasoning');
	const perUse = getJson(row, 'per_use');
	const unknownFields = getJson(row, 'unknown_usage');
	return {
		inputTokens: getNumber(row, 'tokens_input') - cacheReadTokens - cacheWrite5mTokens - cacheWrite1hTokens,
		cacheReadTokens,
		cacheWrite5mTokens,
		cacheWrite1hTokens,
		outputTokens: getNumber(row, 'tokens_output') - reasoningTokens,
		reasoningTokens,
		// both were written by costValues above
		...(perUse === undefined ? {} : { perUse: perUse as Record<string, number> }),
		...(unknownFields === undefined ? {} : { unknownFields: unknownFields as Record<string, unknown> }),
		...(getFlag(row, 'is_estimated') ? { isEstimated: true } : {}),
		// as the column's comment lists them
		...present({
			serviceTier: getTextOrNull(row, 'service_tier') as ServiceTier | null,
			region: getTextOrNull(row, 'region'),
		}),
	};
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], null> };

/** The fields that are not null. */
function present<Fields extends object>(fields: Fields): Present<Fields> {
	// only null values were taken out, and every field of the result may be missing
	return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<Fields>;
}

function attributionFromRow(row: SqlRow): Attribution | null {
	const tags = getJson(row, 'tags');
	const attribution: Attribution = {
		...present({
			key: getTextOrNull(row, 'key_id'),
			team: getTextOrNull(row, 'team'),
			session: getTextOrNull(row, 'session_id'),
		}),
		// written by attributionValues
		...(tags === undefined ? {} : { tags: tags as string[] }),
	};
	return Object.keys(attribution).length === 0 ? null : attribution;
}

/** A row of cost_tracking. */
export function costFromRow(row: SqlRow): CostEntry {
	return {
		id: getText(row, 'id'),
		decisionId: getTextOrNull(row, 'routing_id'),
		attempt: getNumberOrNull(row, 'attempt'),
		model: getText(row, 'model'),
		// shown rather than refused, as in decision-row
		taskType: getText(row, 'task_type') as TaskType,
		costNanoUsd: getNumberOrNull(row, 'cost_nano'),
		inputCostNanoUsd: getNumberOrNull(row, 'cost_input_nano'),
		outputCostNanoUsd: getNumberOrNull(row, 'cost_output_nano'),
		usage: usageFromRow(row),
		at: getTime(row, 'created_at'),
		...present({
			priceVersion: getTextOrNull(row, 'price_version'),
			corrects: getTextOrNull(row, 'corrects'),
			reason: getTextOrNull(row, 'reason'),
			attribution: attributionFromRow(row),
		}),
		...(getText(row, 'kind') === 'correction' ? { kind: 'correction' } : {}),
	};
}

const ENTRIES = `
SELECT * FROM cost_tracking WHERE created_at >= ? AND created_at < ?
ORDER BY created_at DESC, rowid DESC LIMIT ?`;

const UNKNOWN = `
SELECT
  CASE WHEN field.key = 'unpricedUses' AND field.type = 'array' THEN '${UNPRICED_USE}' || part.value ELSE field.key END AS name,
  COUNT(*) AS requests
FROM cost_tracking, json_each(unknown_usage) AS field,
  json_each(IIF(field.key = 'unpricedUses' AND field.type = 'array', field.value, '[0]')) AS part
WHERE created_at >= ? AND created_at < ? AND unknown_usage IS NOT NULL
GROUP BY name`;

/** The ledger in SQLite. */
export function createSqliteCostLedger(connection: SqliteConnection): CostLedger {
	return {
		async append(entry) {
			await connection.write(() => connection.run(INSERT_COST, ...costValues(entry)));
		},
		async entries(range, limit) {
			const most = Math.floor(Math.max(0, Math.min(limit, Number.MAX_SAFE_INTEGER)));
			return connection.rows(ENTRIES, toIsoTime(range.from), toIsoTime(range.to), most).map(costFromRow);
		},
		async unknownUsage(range) {
			const rows = connection.rows(UNKNOWN, toIsoTime(range.from), toIsoTime(range.to));
			return sortUnknownUsage(new Map(rows.map((row) => [getText(row, 'name'), getNumber(row, 'requests')])));
		},
		totals: async (range, by, timezone) => readCostTotals(connection, range, { by, timezone }),
	};
}

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
				version: getText(row, 'version'),
				document: getText(row, 'document'),
				at: getTime(row, 'created_at'),
			})),
	};
}
