import type { CostEntry, OutcomeObservation, OutcomeRow, RouterStorage } from '../../contracts/index.ts';
import { nanoToUsd } from '../../util/index.ts';
import { BoundedRows } from './bounded-rows.ts';
import { createMemoryBudgetStore } from './memory-budget-store.ts';
import { createMemoryCostLedger } from './memory-cost-ledger.ts';
import { createMemoryIdempotencyStore } from './memory-idempotency-store.ts';
import { createMemoryKeyStore } from './memory-key-store.ts';
import { createMemoryPriceBooks } from './memory-price-books.ts';
import { createMemoryRecordStore } from './memory-record-store.ts';
import { MemoryRows } from './memory-rows.ts';

/** How much one process remembers. */
export interface MemoryStorageOptions {
	/**
	 * Newest rows kept of each kind (decisions, outcomes, events, charges, holds); older ones are forgotten, and with them
	 * their part in `counts`, `entries` and `totals`. Budgets and results per model stay exact. @default 10000
	 */
	maxRows?: number;
	/** Keep the text of tasks. @default false */
	captureText?: boolean;
}

/** What applies where the options say nothing. */
export const DEFAULT_MEMORY_STORAGE_OPTIONS: Readonly<Required<MemoryStorageOptions>> = {
	maxRows: 10_000,
	captureText: false,
};

const ALL_TIME = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

function observationOf(row: OutcomeRow): OutcomeObservation {
	return {
		model: row.answeredBy,
		taskType: row.taskType,
		complexity: row.complexity,
		success: row.success,
		quality: row.quality,
		costUsd: row.actualCostNanoUsd === null ? null : nanoToUsd(row.actualCostNanoUsd),
		latencyMs: row.actualLatencyMs,
		inputTokens: row.inputTokens,
		outputTokens: row.outputTokens,
		at: row.at,
	};
}

/** Remembers in this process only, within fixed bounds: for tests, browsers, and as a stand-in when a database cannot be used. */
export function createMemoryStorage(options: MemoryStorageOptions = {}): RouterStorage {
	const { maxRows, captureText } = { ...DEFAULT_MEMORY_STORAGE_OPTIONS, ...options };
	const rows = new MemoryRows(maxRows);
	const entries = new BoundedRows<CostEntry>(maxRows);
	return {
		kind: 'memory',
		location: 'memory of this process',
		records: createMemoryRecordStore(rows, { captureText, entries }),
		ledger: createMemoryCostLedger(entries),
		budgets: createMemoryBudgetStore(entries, maxRows),
		performance: {
			observations: async (limit) => rows.outcomes.newest(ALL_TIME, limit).map(observationOf),
			performance: async () => rows.performance.rows(),
		},
		prices: createMemoryPriceBooks(),
		keys: createMemoryKeyStore(),
		idempotency: createMemoryIdempotencyStore(),
		// there is no archive: what is old is forgotten
		archiveBefore: async (time) => rows.removeBefore(time),
		reset: async () => rows.clear(),
		close: async () => {},
	};
}
