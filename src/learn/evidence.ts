import type { OutcomeObservation } from '../contracts/index.ts';

/** Decayed sums of outcomes, as they weighed at `at`. */
export interface Evidence {
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
export type Contribution = Omit<Evidence, 'at'>;

/** Nothing seen. */
export function noEvidence(at: number): Evidence {
	return { at, outcomes: 0, successes: 0, judged: 0, quality: 0 };
}

/** What one outcome contributes before time takes from it. */
export function contributionOf({ success, quality }: Pick<OutcomeObservation, 'success' | 'quality'>): Contribution {
	if (!success) return { outcomes: 1, successes: 0, judged: 0, quality: 0 };
	return { outcomes: 1, successes: 1, judged: quality === null ? 0 : 1, quality: quality ?? 0 };
}

/** What is left of a weight after a time; the future weighs like the present. */
function remaining(elapsedMs: number, halfLifeMs: number): number {
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
export function combine(evidence: Evidence, part: Contribution, sign: 1 | -1 = 1): Evidence {
	return {
		at: evidence.at,
		outcomes: evidence.outcomes + sign * part.outcomes,
		successes: evidence.successes + sign * part.successes,
		judged: evidence.judged + sign * part.judged,
		quality: evidence.quality + sign * part.quality,
	};
}

/** The sums as they weigh at a later time. */
export function weighedAt(evidence: Evidence, at: number, halfLifeMs: number): Evidence {
	return { at, ...scaled(evidence, remaining(at - evidence.at, halfLifeMs)) };
}

/** Adds a part that happened at a time, before or after what is there: the order of arrival does not matter. */
export function addEvidence(evidence: Evidence, part: Contribution & { at: number }, halfLifeMs: number): Evidence {
	const at = Math.max(evidence.at, part.at);
	const older = weighedAt(evidence, at, halfLifeMs);
	return combine(older, scaled(part, remaining(at - part.at, halfLifeMs)));
}
