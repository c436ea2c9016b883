import type { CostEntry, CostLedger } from '../../contracts/index.ts';
import { addTotals, createTotals, dayInZone, inputTotal, outputTotal, sortTotals } from '../shared/index.ts';
import type { BoundedRows } from './bounded-rows.ts';

/** The ledger of one process: its newest rows. */
export function createMemoryCostLedger(entries: BoundedRows<CostEntry>): CostLedger {
	return {
		async append(entry) {
			entries.add(entry);
		},
		entries: async (range, limit) => entries.newest(range, limit),
		async totals(range, by, timezone) {
			const dayOf = dayInZone(timezone);
			const keyOf = {
				model: (entry: CostEntry) => entry.model,
				'task-type': (entry: CostEntry) => entry.taskType,
				day: (entry: CostEntry) => dayOf(entry.at),
			}[by];
			const totals = createTotals();
			for (const entry of entries.newest(range, Number.POSITIVE_INFINITY)) {
				addTotals(totals, keyOf(entry), {
					requests: 1,
					costNanoUsd: entry.costNanoUsd ?? 0,
					inputTokens: inputTotal(entry.usage),
					outputTokens: outputTotal(entry.usage),
					unpricedRequests: entry.costNanoUsd === null ? 1 : 0,
				});
			}
			return sortTotals(totals, by);
		},
	};
}
