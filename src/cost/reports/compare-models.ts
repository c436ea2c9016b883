import { resolveQuality } from '../../catalog/index.ts';
import type { ModelName, ModelProfile, OutcomeObservation, TaskType } from '../../contracts/index.ts';
import { BoundedMap } from '../../util/index.ts';

/** What was seen of a model on a type of task. Sums, with older outcomes weighing less. */
export interface ModelEvidence {
	outcomes: number;
	failures: number;
	/** Successes somebody judged, and the sum of their qualities. */
	judged: number;
	quality: number;
	timed: number;
	latencyMs: number;
}

/** Pairs of model and task type kept; the one observed longest ago is evicted. */
const MAX_PAIRS = 2_000;
/** Outcomes after which all that was seen of a pair counts half: what was true a thousand requests ago may not be now. */
const HALVING_OUTCOMES = 1_000;

/** Outcomes per model and task type, for advice. */
export class OutcomeEvidence {
	readonly #pairs = new BoundedMap<string, ModelEvidence>(MAX_PAIRS);

	/** What was seen; `null` when nothing. */
	get(model: ModelName, taskType: TaskType): ModelEvidence | null {
		return this.#pairs.peek(`${taskType} ${model}`) ?? null;
	}

	observe({ model, taskType, success, quality, latencyMs }: OutcomeObservation): void {
		const key = `${taskType} ${model}`;
		const seen = this.#pairs.peek(key) ?? { outcomes: 0, failures: 0, judged: 0, quality: 0, timed: 0, latencyMs: 0 };
		const factor = seen.outcomes >= HALVING_OUTCOMES ? 0.5 : 1;
		const isJudged = success && quality !== null;
		this.#pairs.set(key, {
			outcomes: seen.outcomes * factor + 1,
			failures: seen.failures * factor + (success ? 0 : 1),
			judged: seen.judged * factor + (isJudged ? 1 : 0),
			quality: seen.quality * factor + (isJudged ? quality : 0),
			timed: seen.timed * factor + (latencyMs === null ? 0 : 1),
			latencyMs: seen.latencyMs * factor + (latencyMs ?? 0),
		});
	}
}

/** Outcomes of a model below which its catalog quality is all there is to go by. */
export const MIN_OBSERVED_OUTCOMES = 5;
/** Points of quality within which a model counts as "as good": by outcomes, and by the catalog alone. */
const QUALITY_MARGIN = { observed: 5, catalog: 10 };
/** Outcomes the catalog's figure is worth. */
const PRIOR_OUTCOMES = 5;
/** Standard deviation of single outcomes in points: failures count 0, so it is wide. */
const OUTCOME_SPREAD = 20;
/** Standard deviations on either side that hold 90 % of a normal distribution. */
export const Z_SCORE_90_PERCENT = 1.645;
/** Weight, 0-1, of a comparison that rests on the catalog alone. */
const CATALOG_TRUST = 0.5;

/** A model and what was seen of it on the type of task. */
interface ObservedModel {
	profile: ModelProfile;
	evidence: ModelEvidence | null;
}

/** How a cheaper model compares with the one in use. */
export interface ModelComparison {
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
function getExpectedQuality({ profile, evidence }: ObservedModel, type: TaskType): { mean: number; outcomes: number } {
	const prior = resolveQuality(profile, type);
	if (evidence === null) return { mean: prior, outcomes: 0 };
	const { outcomes, failures, judged, quality } = evidence;
	const unjudged = Math.max(0, outcomes - failures - judged);
	return { mean: ((PRIOR_OUTCOMES + unjudged) * prior + quality) / (PRIOR_OUTCOMES + outcomes), outcomes };
}

function getMeanLatency({ profile, evidence }: ObservedModel, isObserved: boolean): number {
	return isObserved && evidence !== null && evidence.timed > 0
		? evidence.latencyMs / evidence.timed
		: profile.latencyMs;
}

/** The normal distribution function, by its logistic approximation (within 0.01). */
function probabilityAbove(z: number): number {
	return 1 / (1 + Math.exp(-1.702 * z));
}

/** Compares two models on a type of task by what was seen of them, with the catalog where little was seen. */
export function compareModels(current: ObservedModel, cheaper: ObservedModel, type: TaskType): ModelComparison {
	const [now, then] = [getExpectedQuality(current, type), getExpectedQuality(cheaper, type)];
	const isObserved = then.outcomes >= MIN_OBSERVED_OUTCOMES;
	const spread = OUTCOME_SPREAD * Math.sqrt(1 / (PRIOR_OUTCOMES + now.outcomes) + 1 / (PRIOR_OUTCOMES + then.outcomes));
	const margin = isObserved ? QUALITY_MARGIN.observed : QUALITY_MARGIN.catalog;
	const probability = probabilityAbove((then.mean - now.mean + margin) / spread);
	// Times are compared from one source: seen with seen, or catalog with catalog.
	const isTimed = isObserved && now.outcomes >= MIN_OBSERVED_OUTCOMES;
	const toTenths = (points: number): number => Math.round(points * 10) / 10;
	const delta = then.mean - now.mean;
	return {
		qualityDelta: toTenths(delta),
		qualityInterval: {
			low: toTenths(delta - Z_SCORE_90_PERCENT * spread),
			high: toTenths(delta + Z_SCORE_90_PERCENT * spread),
		},
		latencyDelta: Math.round(getMeanLatency(cheaper, isTimed) - getMeanLatency(current, isTimed)),
		confidence: Math.round(probability * (isObserved ? 100 : 100 * CATALOG_TRUST)),
		isObserved,
		currentQuality: Math.round(now.mean),
		cheaperQuality: Math.round(then.mean),
	};
}

/** Confidence below which a change is not suggested. */
export function getMinConfidence({ isObserved }: ModelComparison): number {
	return isObserved ? 50 : 50 * CATALOG_TRUST;
}
