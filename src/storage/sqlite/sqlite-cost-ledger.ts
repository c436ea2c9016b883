import type { CostLedger } from '../../contracts/index.ts';
import { sortUnknownUsage, UNPRICED_USE } from '../shared/index.ts';
import { number, text } from './columns.ts';
import { costFromRow, costValues, INSERT_COST } from './cost-row.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { sumCosts } from './sum-costs.ts';

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
			return sortUnknownUsage(new Map(rows.map((row) => [text(row, 'name'), number(row, 'requests')])));
		},
		totals: async (range, by, timezone) => sumCosts(connection, range, { by, timezone }),
	};
}
