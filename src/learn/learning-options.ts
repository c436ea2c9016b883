import type { Clock, ModelName, TaskType } from '../contracts/index.ts';

/** Milliseconds after which an outcome counts half: 30 days, since models and the work given to them change. */
export const DEFAULT_HALF_LIFE_MS: number = 30 * 24 * 3_600_000;
/** Outcomes the prior is worth: after ten of them evidence and prior weigh the same. */
export const DEFAULT_PSEUDO_COUNT = 10;
/** What is believed of a model before anything was seen, 0-100: neither good nor bad. */
export const DEFAULT_PRIOR_SCORE = 50;
/** Answers age in steps of this many milliseconds, so that a decision cache is not emptied by every tick. */
export const DECAY_STEP_MS = 3_600_000;
/** Models remembered at once; the one observed longest ago gives way. */
export const MAX_TRACKED_MODELS = 200;

/** How outcomes become scores. */
export interface LearningOptions {
	/** @default the machine's clock */
	clock?: Pick<Clock, 'now'>;
	/** Milliseconds after which an outcome counts half, > 0. @default 30 days */
	halfLifeMs?: number;
	/** Outcomes the prior is worth, > 0. @default 10 */
	pseudoCount?: number;
	/** Belief before evidence, 0-100, e.g. the catalog's quality. @default 50 for every model */
	prior?: (model: ModelName, type: TaskType) => number;
}
