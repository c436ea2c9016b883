import type { DecisionCounts } from '../contracts/index.ts';

/** What a router has decided since it was made (or since the last reset). */
export interface DecisionStatistics {
	totalDecisions: number;
	/** Decisions answered from the cache. */
	cacheHits: number;
	/** Milliseconds over all decisions. */
	totalDecisionTimeMs: number;
	/** One entry per model × type × complexity that occurred. */
	counts: DecisionCounts[];
}

/** Counts decisions. Bounded by models × 13 types × 4 complexities. */
export class DecisionCounter {
	readonly #counts = new Map<string, DecisionCounts>();

	add(
		seen: Pick<DecisionCounts, 'model' | 'taskType' | 'complexity'>,
		how: { isCached: boolean; decisionTimeMs: number },
	): void {
		const key = `${seen.taskType}|${seen.complexity}|${seen.model}`;
		let entry = this.#counts.get(key);
		if (entry === undefined) {
			entry = { ...seen, count: 0, cachedCount: 0, totalDecisionTimeMs: 0 };
			this.#counts.set(key, entry);
		}
		entry.count += 1;
		if (how.isCached) entry.cachedCount += 1;
		entry.totalDecisionTimeMs += how.decisionTimeMs;
	}

	read(): DecisionStatistics {
		const counts = [...this.#counts.values()].map((entry) => ({ ...entry }));
		const sum = (figure: (entry: DecisionCounts) => number): number =>
			counts.reduce((total, entry) => total + figure(entry), 0);
		return {
			totalDecisions: sum((entry) => entry.count),
			cacheHits: sum((entry) => entry.cachedCount),
			totalDecisionTimeMs: sum((entry) => entry.totalDecisionTimeMs),
			counts,
		};
	}

	reset(): void {
		this.#counts.clear();
	}
}
