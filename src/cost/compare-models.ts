import { qualityFor } from '../catalog/index.ts';
import type { ModelProfile, TaskType } from '../contracts/index.ts';
import type { Evidence } from './outcome-evidence.ts';

/** Outcomes of a model below which its catalog quality is all there is to go by. */
export const MIN_EVIDENCE = 5;
/** Points of quality that count as "as good": where both models were seen, and where the catalog alone speaks. */
const MARGIN = { observed: 5, catalog: 10 };
/** Outcomes the catalog's figure is worth. */
const PRIOR_OUTCOMES = 5;
/** Spread of single outcomes in points: failures count 0, so it is wide. */
const OUTCOME_SPREAD = 20;
/** Standard deviations on either side that hold 90 % of a normal distribution. */
export const Z_90 = 1.645;
/** How far a comparison is believed that rests on the catalog alone. */
const CATALOG_TRUST = 0.5;

/** A model and what was seen of it on the type of task. */
export interface SeenModel {
	profile: ModelProfile;
	evidence: Evidence | null;
}

/** How a cheaper model compares with the one in use. */
export interface Comparison {
	/** Points, negative is worse. */
	qualityDelta: number;
	/** Points around `qualityDelta` that hold the true difference in about 90 % of cases. */
	qualityInterval: { low: number; high: number };
	/** Milliseconds, negative is faster. */
	latencyDelta: number;
	/** 0-100: that the cheaper model is as good, within a margin of points. */
	confidence: number;
	/** The cheaper model was seen often enough on this type of task. */
	isObserved: boolean;
	currentQuality: number;
	cheaperQuality: number;
}

/** Expected value of an answer, 0-100: failures count 0, successes nobody judged count as the catalog has it. */
function expectedQuality({ profile, evidence }: SeenModel, type: TaskType): { mean: number; outcomes: number } {
	const prior = qualityFor(profile, type);
	if (evidence === null) return { mean: prior, outcomes: 0 };
	const { outcomes, failures, judged, quality } = evidence;
	const unjudged = Math.max(0, outcomes - failures - judged);
	return { mean: ((PRIOR_OUTCOMES + unjudged) * prior + quality) / (PRIOR_OUTCOMES + outcomes), outcomes };
}

function meanLatency({ profile, evidence }: SeenModel, isObserved: boolean): number {
	return isObserved && evidence !== null && evidence.timed > 0
		? evidence.latencyMs / evidence.timed
		: profile.latencyMs;
}

/** The normal distribution function, by its logistic approximation (within 0.01). */
function probabilityAbove(z: number): number {
	return 1 / (1 + Math.exp(-1.702 * z));
}

/** Compares two models on a type of task by what was seen of them, with the catalog where little was seen. */
export function compareModels(current: SeenModel, cheaper: SeenModel, type: TaskType): Comparison {
	const [now, then] = [expectedQuality(current, type), expectedQuality(cheaper, type)];
	const isObserved = then.outcomes >= MIN_EVIDENCE;
	const spread = OUTCOME_SPREAD * Math.sqrt(1 / (PRIOR_OUTCOMES + now.outcomes) + 1 / (PRIOR_OUTCOMES + then.outcomes));
	const margin = isObserved ? MARGIN.observed : MARGIN.catalog;
	const probability = probabilityAbove((then.mean - now.mean + margin) / spread);
	// Times are compared from one source: seen with seen, or catalog with catalog.
	const isTimed = isObserved && now.outcomes >= MIN_EVIDENCE;
	const tenth = (points: number): number => Math.round(points * 10) / 10;
	const delta = then.mean - now.mean;
	return {
		qualityDelta: tenth(delta),
		qualityInterval: { low: tenth(delta - Z_90 * spread), high: tenth(delta + Z_90 * spread) },
		latencyDelta: Math.round(meanLatency(cheaper, isTimed) - meanLatency(current, isTimed)),
		confidence: Math.round(probability * (isObserved ? 100 : 100 * CATALOG_TRUST)),
		isObserved,
		currentQuality: Math.round(now.mean),
		cheaperQuality: Math.round(then.mean),
	};
}

/** Confidence below which nothing is advised. */
export function leastConfidence({ isObserved }: Comparison): number {
	return isObserved ? 50 : 50 * CATALOG_TRUST;
}
