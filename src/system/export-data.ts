import type {
	AttemptRow,
	CostEntry,
	DecisionRecord,
	FallbackEventRow,
	OutcomeRow,
	RateLimitRow,
	RouterStorage,
	TimeRange,
} from '../contracts/index.ts';

/** Rows exported of each kind at most, newest first. */
const EXPORT_LIMIT = 1_000_000;

/** Everything remembered of a period. */
export interface ExportedData {
	decisions: DecisionRecord[];
	outcomes: OutcomeRow[];
	costs: CostEntry[];
	fallbackEvents: FallbackEventRow[];
	rateLimits: RateLimitRow[];
	attempts: AttemptRow[];
}

/** Reads everything remembered of a period. */
export async function exportData(storage: RouterStorage, range: TimeRange): Promise<ExportedData> {
	return {
		decisions: await storage.records.decisions(range, EXPORT_LIMIT),
		outcomes: await storage.records.outcomes(range, EXPORT_LIMIT),
		costs: await storage.ledger.entries(range, EXPORT_LIMIT),
		fallbackEvents: await storage.records.fallbackEvents(range, EXPORT_LIMIT),
		rateLimits: await storage.records.rateLimits(range, EXPORT_LIMIT),
		attempts: await storage.records.attempts(range, EXPORT_LIMIT),
	};
}
