import type { CostEntry, CostGroup, CostLedger } from '../../contracts/index.ts';
import {
	addTotals,
	createTotals,
	dayInZone,
	partOfEntry,
	sortTotals,
	sortUnknownUsage,
	unknownFieldsOf,
} from '../shared/index.ts';
import type { BoundedRows } from './bounded-rows.ts';

/** The groups an entry counts under. */
function groupsOf(by: CostGroup, timezone: string): (entry: CostEntry) => readonly string[] {
	switch (by) {
		case 'model':
			return (entry) => [entry.model];
		case 'task-type':
			return (entry) => [entry.taskType];
		case 'day': {
			const dayOf = dayInZone(timezone);
			return (entry) => [dayOf(entry.at)];
		}
		case 'tag':
			return ({ attribution }) => (attribution?.tags?.length ? [...new Set(attribution.tags)] : ['']);
		default:
			return ({ attribution }) => [attribution?.[by] ?? ''];
	}
}

/** The ledger of one process: its newest rows. */
export function createMemoryCostLedger(entries: BoundedRows<CostEntry>): CostLedger {
	return {
		async append(entry) {
			entries.add(entry);
		},
		entries: async (range, limit) => entries.newest(range, limit),
		async totals(range, by, timezone) {
			const keysOf = groupsOf(by, timezone);
			const totals = createTotals();
			for (const entry of entries.newest(range, Number.POSITIVE_INFINITY)) {
				for (const key of keysOf(entry)) addTotals(totals, key, partOfEntry(entry));
			}
			return sortTotals(totals, by);
		},
		async unknownUsage(range) {
			const counts = new Map<string, number>();
			for (const entry of entries.newest(range, Number.POSITIVE_INFINITY)) {
				for (const field of unknownFieldsOf(entry)) counts.set(field, (counts.get(field) ?? 0) + 1);
			}
			return sortUnknownUsage(counts);
		},
	};
}
