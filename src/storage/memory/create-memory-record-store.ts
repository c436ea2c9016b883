import type {
	AttemptRow,
	CostEntry,
	DecisionCounts,
	DecisionQuery,
	DecisionRecord,
	DecisionSummary,
	DecisionTrail,
	ExperimentRequest,
	FallbackEventRow,
	OutcomeRow,
	PerformanceRow,
	RateLimitRow,
	RecordStore,
	SignRow,
	StorageRecord,
	StoredFeedback,
	TimeRange,
} from '../../contracts/index.ts';
import { assertNever, BoundedMap } from '../../util/index.ts';
import { createFeedbackOutcome } from '../shared/row-rules.ts';
import { BoundedRows } from './bounded-rows.ts';

/** What is beside the records. */
interface MemoryRecordOptions {
	captureText: boolean;
	/** The ledger. */
	entries: BoundedRows<CostEntry>;
	addExperimentRequest(row: ExperimentRequest): void;
}

/** Decisions, outcomes and events in memory. */
export function createMemoryRecordStore(rows: MemoryRecords, options: MemoryRecordOptions): RecordStore {
	return {
		async write(records) {
			for (const record of records) addRecord(rows, record, options);
		},
		async rate(decisionId, feedback) {
			if (rows.rateOutcome(decisionId, feedback)) return true;
			const decision = rows.decisions.get(decisionId);
			if (decision === null) return false;
			rows.addOutcome(createFeedbackOutcome(decision, feedback));
			return true;
		},
		decision: async (id) => rows.decisions.get(id),
		trail: async (id) => readTrail(id, rows, options.entries),
		decisions: async (range, limit) => rows.decisions.newest(range, limit),
		search: async (query) => searchDecisions(query, rows, options.entries),
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

function addRecord(
	rows: MemoryRecords,
	record: StorageRecord,
	{ addExperimentRequest, captureText }: Pick<MemoryRecordOptions, 'addExperimentRequest' | 'captureText'>,
): void {
	const { kind, row } = record;
	if (kind === 'decision') rows.decisions.add(captureText ? row : { ...row, taskText: null });
	else if (kind === 'outcome') rows.addOutcome(row);
	else if (kind === 'fallback') rows.fallbacks.add(row);
	else if (kind === 'rate-limit') rows.rateLimits.add(row);
	else if (kind === 'attempt') rows.attempts.add(row);
	else if (kind === 'experiment') addExperimentRequest(row);
	else if (kind === 'sign') rows.addSign(row);
	else assertNever(record);
}

function searchDecisions(
	query: DecisionQuery,
	rows: MemoryRecords,
	entries: BoundedRows<CostEntry>,
): DecisionSummary[] {
	const { after, attribution = {}, limit, range } = query;
	const { key, session, tag } = attribution;
	const isCharged = ({ attribution: whom = {} }: CostEntry): boolean =>
		(key === undefined || whom.key === key) &&
		(session === undefined || whom.session === session) &&
		(tag === undefined || whom.tags?.includes(tag) === true);
	const isAnyone = key === undefined && session === undefined && tag === undefined;
	const charged = isAnyone ? null : new Set(entries.all().flatMap((row) => (isCharged(row) ? [row.decisionId] : [])));
	const newest = rows.decisions.newest(range, Number.POSITIVE_INFINITY);
	const last = after === undefined ? -1 : newest.findIndex(({ id }) => id === after.id);
	return newest
		.slice(last + 1)
		.filter(({ at, id }) => (after === undefined || last >= 0 || at < after.at) && charged?.has(id) !== false)
		.map((decision) => ({ decision, outcome: rows.findOutcome(decision.id) }))
		.filter((summary) => meetsQuery(summary, query))
		.slice(0, limit);
}

function meetsQuery({ decision, outcome }: DecisionSummary, query: DecisionQuery): boolean {
	const { minCostNanoUsd, model = decision.model, taskType = decision.taskType } = query;
	const ended = { success: outcome?.success === true, failure: outcome?.success === false };
	const is = { ...ended, fallback: outcome?.usedFallback === true, pending: outcome === null };
	return (
		decision.model === model &&
		decision.taskType === taskType &&
		(query.outcome === undefined || is[query.outcome]) &&
		(minCostNanoUsd === undefined || (outcome?.actualCostNanoUsd ?? -1) >= minCostNanoUsd)
	);
}

function countDecisions(rows: MemoryRecords, range: TimeRange): DecisionCounts[] {
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

function readTrail(id: string, rows: MemoryRecords, entries: BoundedRows<CostEntry>): DecisionTrail | null {
	const decision = rows.decisions.get(id);
	if (decision === null) return null;
	const ofDecision = <Row extends { id: string; at: number; decisionId: string | null }>(
		rowsOfKind: BoundedRows<Row>,
	): Row[] => rowsOfKind.all().filter((row) => row.decisionId === id);
	return structuredClone({
		decision,
		outcome: rows.findOutcome(id),
		entries: ofDecision(entries),
		fallbacks: ofDecision(rows.fallbacks),
		rateLimits: ofDecision(rows.rateLimits),
	});
}

/** Rows of everything decided, of one process. */
export class MemoryRecords {
	readonly decisions: BoundedRows<DecisionRecord>;
	readonly outcomes: BoundedRows<OutcomeRow>;
	readonly fallbacks: BoundedRows<FallbackEventRow>;
	readonly rateLimits: BoundedRows<RateLimitRow>;
	readonly attempts: BoundedRows<AttemptRow>;
	readonly performance: MemoryPerformance = new MemoryPerformance();
	/** Decision → its outcome; as bounded as the outcomes. */
	readonly #outcomeIds: BoundedMap<string, string>;

	constructor(maxRows: number) {
		this.#outcomeIds = new BoundedMap(maxRows);
		this.decisions = new BoundedRows(maxRows);
		this.outcomes = new BoundedRows(maxRows);
		this.fallbacks = new BoundedRows(maxRows);
		this.rateLimits = new BoundedRows(maxRows);
		this.attempts = new BoundedRows(maxRows);
	}

	/** Adds an outcome and credits its model, unless its decision has one already. */
	addOutcome(row: OutcomeRow): void {
		if (this.#outcomeIds.has(row.decisionId) || !this.outcomes.add(row)) return;
		this.#outcomeIds.set(row.decisionId, row.id);
		this.performance.add(row);
	}

	/** The outcome of a decision; `null` when there is none. */
	findOutcome(decisionId: string): OutcomeRow | null {
		return this.outcomes.get(this.#outcomeIds.peek(decisionId) ?? '');
	}

	/** Adds feedback to a decision's outcome; false when there is none. */
	rateOutcome(decisionId: string, feedback: StoredFeedback): boolean {
		const outcome = this.findOutcome(decisionId);
		if (outcome === null) return false;
		this.performance.judge(outcome, feedback.quality);
		const { quality, rating, comment, ratedBy } = feedback;
		this.outcomes.update(outcome.id, { quality, ratedBy, userRating: rating, userComment: comment });
		return true;
	}

	/** Adds a sign to a decision's outcome, once. */
	addSign({ decisionId, signal }: SignRow): void {
		const outcome = this.findOutcome(decisionId);
		const { observed = [] } = outcome ?? {};
		if (outcome !== null && !observed.includes(signal))
			this.outcomes.update(outcome.id, { observed: [...observed, signal] });
	}

	/** Removes rows older than the time; results per model stay. Answers how many. */
	removeBefore(time: number): number {
		return this.#kinds().reduce((sum, rows) => sum + rows.removeBefore(time), 0);
	}

	clear(): void {
		for (const rows of this.#kinds()) rows.clear();
		this.performance.clear();
		this.#outcomeIds.clear();
	}

	#kinds(): Array<{ removeBefore(time: number): number; clear(): void }> {
		return [this.decisions, this.outcomes, this.fallbacks, this.rateLimits, this.attempts];
	}
}

/** More groups than any catalog has models × task types × complexities; the group first seen is evicted. */
const MAX_GROUPS = 20_000;

interface Sums extends Omit<PerformanceRow, 'meanQuality' | 'meanLatencyMs'> {
	qualitySum: number;
	qualityCount: number;
	latencySum: number;
	latencyCount: number;
}

/** Results per model and kind of task, summed as outcomes come; they outlive the rows they are made of. */
class MemoryPerformance {
	readonly #sums = new BoundedMap<string, Sums>(MAX_GROUPS);

	add(outcome: OutcomeRow): void {
		const sums = this.#group(outcome);
		sums.totalRequests += 1;
		sums.successfulRequests += outcome.success ? 1 : 0;
		sums.totalCostNanoUsd += outcome.actualCostNanoUsd ?? 0;
		sums.inputTokens += outcome.inputTokens;
		sums.outputTokens += outcome.outputTokens;
		sums.lastUpdatedAt = Math.max(sums.lastUpdatedAt, outcome.at);
		if (outcome.actualLatencyMs !== null) {
			sums.latencySum += outcome.actualLatencyMs;
			sums.latencyCount += 1;
		}
		if (outcome.quality !== null) {
			sums.qualitySum += outcome.quality;
			sums.qualityCount += 1;
		}
	}

	/** Replaces the quality of an outcome that is counted already. */
	judge(outcome: OutcomeRow, quality: number): void {
		const sums = this.#group(outcome);
		sums.qualitySum += quality - (outcome.quality ?? 0);
		sums.qualityCount += outcome.quality === null ? 1 : 0;
	}

	rows(): PerformanceRow[] {
		const groups = [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1));
		return groups.map(([, { qualitySum, qualityCount, latencySum, latencyCount, ...row }]) => ({
			...row,
			meanQuality: qualityCount === 0 ? null : qualitySum / qualityCount,
			meanLatencyMs: latencyCount === 0 ? null : latencySum / latencyCount,
		}));
	}

	clear(): void {
		this.#sums.clear();
	}

	#group({ answeredBy: model, taskType, complexity }: OutcomeRow): Sums {
		const key = JSON.stringify([model, taskType, complexity]);
		const known = this.#sums.peek(key);
		if (known !== undefined) return known;
		const counts = { totalRequests: 0, successfulRequests: 0, totalCostNanoUsd: 0, inputTokens: 0, outputTokens: 0 };
		const means = { qualitySum: 0, qualityCount: 0, latencySum: 0, latencyCount: 0 };
		const sums: Sums = { model, taskType, complexity, ...counts, ...means, lastUpdatedAt: 0 };
		this.#sums.set(key, sums);
		return sums;
	}
}
