import type { ModelName, OutcomeObservation, TaskType } from '../contracts/index.ts';

/** What was seen of a model on a type of task. Sums, with older outcomes weighing less. */
export interface Evidence {
	outcomes: number;
	failures: number;
	/** Successes somebody judged, and the sum of their qualities. */
	judged: number;
	quality: number;
	timed: number;
	latencyMs: number;
}

/** Pairs of model and task type kept; the one seen longest ago gives way. */
const MAX_PAIRS = 2_000;
/** Outcomes after which all that was seen of a pair counts half: what was true a thousand requests ago may not be now. */
const HALVE_AT = 1_000;

/** Outcomes per model and task type, for advice. */
export class OutcomeEvidence {
	readonly #pairs = new Map<string, Evidence>();

	/** What was seen; `null` when nothing. */
	of(model: ModelName, taskType: TaskType): Evidence | null {
		return this.#pairs.get(`${taskType} ${model}`) ?? null;
	}

	observe({ model, taskType, success, quality, latencyMs }: OutcomeObservation): void {
		const key = `${taskType} ${model}`;
		const seen = this.#pairs.get(key) ?? { outcomes: 0, failures: 0, judged: 0, quality: 0, timed: 0, latencyMs: 0 };
		const factor = seen.outcomes >= HALVE_AT ? 0.5 : 1;
		const isJudged = success && quality !== null;
		this.#pairs.delete(key);
		this.#pairs.set(key, {
			outcomes: seen.outcomes * factor + 1,
			failures: seen.failures * factor + (success ? 0 : 1),
			judged: seen.judged * factor + (isJudged ? 1 : 0),
			quality: seen.quality * factor + (isJudged ? quality : 0),
			timed: seen.timed * factor + (latencyMs === null ? 0 : 1),
			latencyMs: seen.latencyMs * factor + (latencyMs ?? 0),
		});
		const oldest = this.#pairs.keys().next();
		if (this.#pairs.size > MAX_PAIRS && !oldest.done) this.#pairs.delete(oldest.value);
	}
}
