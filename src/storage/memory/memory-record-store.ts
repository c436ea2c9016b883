import type {
	CostEntry,
	DecisionCounts,
	DecisionTrail,
	RecordStore,
	StorageRecord,
	TimeRange,
} from '../../contracts/index.ts';
import { assertNever } from '../../util/index.ts';
import { feedbackOutcome } from '../shared/index.ts';
import type { BoundedRows } from './bounded-rows.ts';
import type { MemoryRows } from './memory-rows.ts';

function addRecord(rows: MemoryRows, record: StorageRecord, isTextCaptured: boolean): void {
	switch (record.kind) {
		case 'decision':
			rows.decisions.add(isTextCaptured ? record.row : { ...record.row, taskText: null });
			return;
		case 'outcome':
			rows.addOutcome(record.row);
			return;
		case 'fallback':
			rows.fallbacks.add(record.row);
			return;
		case 'rate-limit':
			rows.rateLimits.add(record.row);
			return;
		case 'attempt':
			rows.attempts.add(record.row);
			return;
		default:
			assertNever(record);
	}
}

function countDecisions(rows: MemoryRows, range: TimeRange): DecisionCounts[] {
	const counts = new Map<string, DecisionCounts>();
	for (const row of rows.decisions.newest(range, Number.POSITIVE_INFINITY)) {
		const { model, taskType, complexity } = row;
		const key = JSON.stringify([model, taskType, complexity]);
		const group = counts.get(key) ?? { model, taskType, complexity, count: 0, cachedCount: 0, totalDecisionTimeMs: 0 };
		group.count += 1;
		group.cachedCount += row.isCached ? 1 : 0;
		group.totalDecisionTimeMs += row.decisionTimeMs;
		counts.set(key, group);
	}
	return [...counts.values()];
}

function trailOf(id: string, rows: MemoryRows, entries: BoundedRows<CostEntry>): DecisionTrail | null {
	const decision = rows.decisions.get(id);
	if (decision === null) return null;
	const ofDecision = <Row extends { id: string; at: number; decisionId: string | null }>(
		all: BoundedRows<Row>,
	): Row[] => all.all().filter((row) => row.decisionId === id);
	return structuredClone({
		decision,
		outcome: rows.outcomeOf(id),
		entries: ofDecision(entries),
		fallbacks: ofDecision(rows.fallbacks),
		rateLimits: ofDecision(rows.rateLimits),
	});
}

/** Decisions, outcomes and events in memory; `entries`: the ledger. */
export function createMemoryRecordStore(
	rows: MemoryRows,
	options: { captureText: boolean; entries: BoundedRows<CostEntry> },
): RecordStore {
	return {
		async write(records) {
			for (const record of records) addRecord(rows, record, options.captureText);
		},
		async rate(decisionId, rating, comment, quality) {
			if (rows.rateOutcome(decisionId, { rating, comment, quality })) return true;
			const decision = rows.decisions.get(decisionId);
			if (decision === null) return false;
			rows.addOutcome(feedbackOutcome(decision, { rating, comment, quality }));
			return true;
		},
		decision: async (id) => rows.decisions.get(id),
		trail: async (id) => trailOf(id, rows, options.entries),
		decisions: async (range, limit) => rows.decisions.newest(range, limit),
		outcomes: async (range, limit) => rows.outcomes.newest(range, limit),
		fallbackEvents: async (range, limit) => rows.fallbacks.newest(range, limit),
		rateLimits: async (range, limit) => rows.rateLimits.newest(range, limit),
		attempts: async (range, limit) => rows.attempts.newest(range, limit),
		attemptsOf: async (decisionId) =>
			rows.attempts
				.all()
				.filter((row) => row.decisionId === decisionId)
				.map((row) => ({ ...row }))
				.sort((a, b) => a.at - b.at || a.number - b.number),
		counts: async (range) => countDecisions(rows, range),
	};
}
