/** @module Learning: outcomes become scores that the router asks for. */

export { EstimateCorrector } from './estimate-corrector.ts';
export {
	Evidence,
	type EvidenceKey,
	type EvidenceObservation,
	MAX_TRACKED_MODELS,
	type Posterior,
} from './evidence.ts';
export {
	chooseByWeights,
	dropDominated,
	type FittedCandidate,
	type FittedWeights,
	fitWeights,
} from './fit-weights.ts';
export {
	DECAY_STEP_MS,
	DEFAULT_HALF_LIFE_MS,
	type LearningOptions,
	PerformanceTracker,
	ratingToQuality,
} from './performance-tracker.ts';
export { PrefixReuse } from './prefix-reuse.ts';
export type { QualityRating } from './score-table.ts';
