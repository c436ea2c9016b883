import type { OutcomeObservation, PerformanceRow } from '../contracts/index.ts';
import { usdToNano } from '../util/index.ts';
import { addEvidence, contributionOf, noEvidence } from './evidence.ts';
import type { Cell } from './model-evidence.ts';

/** A quality in hundredths of a point: sums of whole numbers do not depend on the order. */
function roundQuality(quality: number | null): number | null {
	return quality === null ? null : Math.round(quality * 100) / 100;
}

/** A mean with one more value in it. */
function nextMean(mean: number | null, count: number, value: number): number {
	return mean === null ? value : mean + (value - mean) / count;
}

/** A kind of task of which nothing was seen. */
export function emptyCell({ model, taskType, complexity, at }: OutcomeObservation): Cell {
	const row: PerformanceRow = {
		model,
		taskType,
		complexity,
		totalRequests: 0,
		successfulRequests: 0,
		meanQuality: null,
		totalCostNanoUsd: 0,
		meanLatencyMs: null,
		inputTokens: 0,
		outputTokens: 0,
		lastUpdatedAt: at,
	};
	return { taskType, complexity, evidence: noEvidence(at), row, judged: 0, timed: 0 };
}

/** The kind of task with one more outcome. */
export function withOutcome(cell: Cell, observation: OutcomeObservation, halfLifeMs: number): Cell {
	const { success, costUsd, latencyMs, at } = observation;
	const quality = roundQuality(observation.quality);
	const judged = cell.judged + (quality === null ? 0 : 1);
	const timed = cell.timed + (latencyMs === null ? 0 : 1);
	const row: PerformanceRow = {
		...cell.row,
		totalRequests: cell.row.totalRequests + 1,
		successfulRequests: cell.row.successfulRequests + (success ? 1 : 0),
		meanQuality: quality === null ? cell.row.meanQuality : nextMean(cell.row.meanQuality, judged, quality),
		totalCostNanoUsd: cell.row.totalCostNanoUsd + usdToNano(costUsd ?? 0),
		meanLatencyMs: latencyMs === null ? cell.row.meanLatencyMs : nextMean(cell.row.meanLatencyMs, timed, latencyMs),
		inputTokens: cell.row.inputTokens + observation.inputTokens,
		outputTokens: cell.row.outputTokens + observation.outputTokens,
		lastUpdatedAt: Math.max(cell.row.lastUpdatedAt, at),
	};
	const evidence = addEvidence(cell.evidence, { ...contributionOf({ success, quality }), at }, halfLifeMs);
	return { ...cell, evidence, row, judged, timed };
}

/** A quality that became known after the outcome. */
export interface QualityRating {
	model: OutcomeObservation['model'];
	taskType: OutcomeObservation['taskType'];
	complexity: OutcomeObservation['complexity'];
	/** The outcome's own success: of a failure only the statistics hear. */
	success: boolean;
	/** When the outcome happened, epoch milliseconds. */
	at: number;
	/** The quality the outcome was observed or last rated with, `null` when nobody had judged. */
	previousQuality: number | null;
	/** 0-100. */
	quality: number;
}

/** The kind of task with an outcome's quality put right. */
export function withRating(cell: Cell, rating: QualityRating, halfLifeMs: number): Cell {
	const quality = roundQuality(rating.quality) ?? 0;
	const previous = roundQuality(rating.previousQuality);
	const isNew = previous === null ? 1 : 0;
	const judged = cell.judged + isNew;
	const oldSum = (cell.row.meanQuality ?? 0) * cell.judged;
	const meanQuality = judged === 0 ? null : Math.min(100, Math.max(0, (oldSum + quality - (previous ?? 0)) / judged));
	const row = { ...cell.row, meanQuality };
	if (!rating.success) return { ...cell, row, judged };
	const change = { outcomes: 0, successes: 0, judged: isNew, quality: quality - (previous ?? 0), at: rating.at };
	return { ...cell, row, judged, evidence: addEvidence(cell.evidence, change, halfLifeMs) };
}
