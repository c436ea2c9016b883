import { clamp } from '../util/index.ts';
import type { Contribution } from './evidence.ts';

/** Chance of success (0-1) and quality of a success (0-100). */
export interface Belief {
	success: number;
	quality: number;
}

/**
 * A prior score as chance of success × quality, in equal parts: 50 is 0.71 × 71.
 * An answer nobody judged then says "it worked", and leaves the quality where it was.
 */
export function beliefFromPrior(score: number): Belief {
	const root = Math.sqrt(clamp(score, 0, 100) / 100);
	return { success: root, quality: root * 100 };
}

/** Moves a belief towards evidence; the belief is worth `pseudoCount` outcomes. */
export function updateBelief(belief: Belief, seen: Contribution, pseudoCount: number): Belief {
	// Taking one decayed sum from another may leave a hair below zero.
	const [outcomes, judged] = [Math.max(0, seen.outcomes), Math.max(0, seen.judged)];
	const successes = clamp(seen.successes, 0, outcomes);
	return {
		success: (pseudoCount * belief.success + successes) / (pseudoCount + outcomes),
		quality: (pseudoCount * belief.quality + clamp(seen.quality, 0, judged * 100)) / (pseudoCount + judged),
	};
}

/** The score of a belief in whole points, 0-100: chance of success × quality. */
export function scoreOf(belief: Belief): number {
	// A hair of noise must not decide between two whole points.
	return clamp(Math.round(Number((belief.success * belief.quality).toFixed(6))), 0, 100);
}
