import type { AttemptRow, DecisionRecord, FallbackEventRow, OutcomeRow, RateLimitRow } from '../../contracts/index.ts';
import { createDropOldest } from '../../util/index.ts';
import type { FeedbackPart } from '../shared/index.ts';
import { BoundedRows } from './bounded-rows.ts';
import { MemoryPerformance } from './memory-performance.ts';

/** Everything decided, as one process remembers it. */
export class MemoryRows {
	readonly decisions: BoundedRows<DecisionRecord>;
	readonly outcomes: BoundedRows<OutcomeRow>;
	readonly fallbacks: BoundedRows<FallbackEventRow>;
	readonly rateLimits: BoundedRows<RateLimitRow>;
	readonly attempts: BoundedRows<AttemptRow>;
	readonly performance: MemoryPerformance = new MemoryPerformance();
	/** Decision → its outcome; as bounded as the outcomes. */
	readonly #outcomeOf = new Map<string, string>();
	readonly #dropOldest = createDropOldest(this.#outcomeOf);
	readonly #maxRows: number;

	constructor(maxRows: number) {
		this.#maxRows = maxRows;
		this.decisions = new BoundedRows(maxRows);
		this.outcomes = new BoundedRows(maxRows);
		this.fallbacks = new BoundedRows(maxRows);
		this.rateLimits = new BoundedRows(maxRows);
		this.attempts = new BoundedRows(maxRows);
	}

	/** Adds an outcome and credits its model, unless its decision has one already. */
	addOutcome(row: OutcomeRow): void {
		if (this.#outcomeOf.has(row.decisionId) || !this.outcomes.add(row)) return;
		this.#outcomeOf.set(row.decisionId, row.id);
		if (this.#outcomeOf.size > this.#maxRows) this.#dropOldest();
		this.performance.add(row);
	}

	/** The outcome of a decision; `null` when there is none. */
	outcomeOf(decisionId: string): OutcomeRow | null {
		return this.outcomes.get(this.#outcomeOf.get(decisionId) ?? '');
	}

	/** Adds feedback to a decision's outcome; false when there is none. */
	rateOutcome(decisionId: string, feedback: FeedbackPart): boolean {
		const outcome = this.outcomeOf(decisionId);
		if (outcome === null) return false;
		this.performance.judge(outcome, feedback.quality);
		const { quality, rating, comment } = feedback;
		this.outcomes.update(outcome.id, { quality, userRating: rating, userComment: comment });
		return true;
	}

	/** Removes rows older than the time; results per model stay. Answers how many. */
	removeBefore(time: number): number {
		return this.#kinds().reduce((sum, rows) => sum + rows.removeBefore(time), 0);
	}

	clear(): void {
		for (const rows of this.#kinds()) rows.clear();
		this.performance.clear();
		this.#outcomeOf.clear();
	}

	#kinds(): Array<{ removeBefore(time: number): number; clear(): void }> {
		return [this.decisions, this.outcomes, this.fallbacks, this.rateLimits, this.attempts];
	}
}
