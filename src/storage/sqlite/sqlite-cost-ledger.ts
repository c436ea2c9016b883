import type { CostLedger } from '../../contracts/index.ts';
import { costFromRow, costValues, INSERT_COST } from './cost-row.ts';
import { toIsoTime } from './iso-time.ts';
import type { SqliteConnection } from './sqlite-connection.ts';
import { sumCosts } from './sum-costs.ts';

const ENTRIES = `
SELECT * FROM cost_tracking WHERE created_at >= ? AND created_at < ?
ORDER BY created_at DESC, rowid DESC LIMIT ?`;

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
		totals: async (range, by, timezone) => sumCosts(connection, range, { by, timezone }),
	};
}
