import type { Estimate, HistoricalScore, ModelProfile, TaskType } from '../contracts/index.ts';
import { clamp } from '../util/index.ts';

/** Outcomes that weigh as much as the catalog's figure. */
const PRIOR_STRENGTH = 10;
/** Half-width of the 80 % interval in points: a figure for this very type, and an overall figure. */
const PRIOR_HALF_WIDTH = { ofType: 6, overall: 8 };

/**
 * Quality to expect of an answer, 0-100, with the interval that holds it in about 80 % of cases: the catalog's
 * figure, moved towards what was observed as outcomes come in, and narrower with each.
 */
export function predictQuality(
	profile: ModelProfile,
	type: TaskType,
	given: { quality: number; history: HistoricalScore },
): Estimate {
	const { quality, history } = given;
	// Only judged outcomes say something of quality: one bad rating among a hundred unrated answers is one, not a hundred.
	const judged = history.judgedSampleSize ?? history.sampleSize;
	const evidence = history.meanQuality === null ? 0 : Math.max(0, judged);
	const observed = history.meanQuality ?? quality;
	const value = clamp((PRIOR_STRENGTH * quality + evidence * observed) / (PRIOR_STRENGTH + evidence), 0, 100);
	const prior = profile.qualityByTaskType?.[type] === undefined ? PRIOR_HALF_WIDTH.overall : PRIOR_HALF_WIDTH.ofType;
	const halfWidth = prior * Math.sqrt(PRIOR_STRENGTH / (PRIOR_STRENGTH + evidence));
	return { value, low: Math.max(0, value - halfWidth), high: Math.min(100, value + halfWidth) };
}
