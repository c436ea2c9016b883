import type { OutcomeObservation } from '../contracts/index.ts';
import { clamp } from '../util/index.ts';

/** Decayed sums of outcomes, as they weighed at `at`. */
export interface DecayedEvidence {
	/** Epoch milliseconds the sums are scaled to. */
	at: number;
	outcomes: number;
	successes: number;
	/** Successes whose quality somebody judged. */
	judged: number;
	/** Sum of the judged qualities, 0-100 each. */
	quality: number;
}

/** What an outcome adds; a failure has no quality, whatever was said of it. */
export type Contribution = Omit<DecayedEvidence, 'at'>;

/** Nothing seen. */
export function emptyEvidence(at: number): DecayedEvidence {
	return { at, outcomes: 0, successes: 0, judged: 0, quality: 0 };
}

/** What one outcome contributes before time takes from it. */
export function toContribution({ success, quality }: Pick<OutcomeObservation, 'success' | 'quality'>): Contribution {
	if (!success) return { outcomes: 1, successes: 0, judged: 0, quality: 0 };
	return { outcomes: 1, successes: 1, judged: quality === null ? 0 : 1, quality: quality ?? 0 };
}

/** What is left of a weight after a time; the future weighs like the present. */
function getDecayFactor(elapsedMs: number, halfLifeMs: number): number {
	return elapsedMs <= 0 ? 1 : 2 ** (-elapsedMs / halfLifeMs);
}

function scaled(part: Contribution, factor: number): Contribution {
	return {
		outcomes: part.outcomes * factor,
		successes: part.successes * factor,
		judged: part.judged * factor,
		quality: part.quality * factor,
	};
}

/** The sums with a part added, or (`sign` -1) taken away again. */
export function combineEvidence(evidence: DecayedEvidence, part: Contribution, sign: 1 | -1 = 1): DecayedEvidence {
	return {
		at: evidence.at,
		outcomes: evidence.outcomes + sign * part.outcomes,
		successes: evidence.successes + sign * part.successes,
		judged: evidence.judged + sign * part.judged,
		quality: evidence.quality + sign * part.quality,
	};
}

/** The sums as they weigh at a later time. */
export function decayEvidence(evidence: DecayedEvidence, at: number, halfLifeMs: number): DecayedEvidence {
	return { at, ...scaled(evidence, getDecayFactor(at - evidence.at, halfLifeMs)) };
}

/** Adds a part that happened at a time, before or after what is there: the order of arrival does not matter. */
export function addEvidence(
	evidence: DecayedEvidence,
	part: Contribution & { at: number },
	halfLifeMs: number,
): DecayedEvidence {
	const at = Math.max(evidence.at, part.at);
	const older = decayEvidence(evidence, at, halfLifeMs);
	return combineEvidence(older, scaled(part, getDecayFactor(at - part.at, halfLifeMs)));
}

/** Chance of success (0-1) and quality of a success (0-100). */
export interface Belief {
	success: number;
	quality: number;
}

/**
 * A prior score as chance of success × quality, in equal parts: 50 is 0.71 × 71.
 * An answer nobody judged then says "it worked", and leaves the quality where it was.
 */
export function priorToBelief(score: number): Belief {
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
export function beliefToScore(belief: Belief): number {
	// A hair of noise must not decide between two whole points.
	return clamp(Math.round(Number((belief.success * belief.quality).toFixed(6))), 0, 100);
}
