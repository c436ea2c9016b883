/** @module Learning: outcomes become scores that the router asks for. */

export { EstimateCorrector, MIN_CORRECTION_OUTCOMES } from './estimate-corrector.ts';
export type { LearningOptions } from './learning-options.ts';
export {
	DECAY_STEP_MS,
	DEFAULT_HALF_LIFE_MS,
	DEFAULT_PRIOR_SCORE,
	DEFAULT_PSEUDO_COUNT,
	MAX_TRACKED_MODELS,
} from './learning-options.ts';
export { PerformanceTracker } from './performance-tracker.ts';
export { PrefixReuse } from './prefix-reuse.ts';
export { qualityOfRating } from './quality-of-rating.ts';
export type { QualityRating } from './record-outcome.ts';
