import type { HistoricalScore } from '../../contracts/index.ts';
import { clamp } from '../../util/index.ts';

/** What a model scores of which nothing is known. */
export const NEUTRAL_HISTORY: HistoricalScore = { score: 50, sampleSize: 0, meanQuality: null };

/** Historical factor, 0-100: what outcomes have taught, already shrunk to the prior; 50 without evidence. */
export function scoreHistorical(history: HistoricalScore): number {
	const isKnown = history.sampleSize > 0 && Number.isFinite(history.score);
	return isKnown ? clamp(history.score, 0, 100) : NEUTRAL_HISTORY.score;
}
