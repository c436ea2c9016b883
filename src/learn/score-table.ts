import {
	type HistoricalScore,
	type OutcomeObservation,
	type PerformanceRow,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskComplexity,
	type TaskType,
	usdToNano,
	WORKLOAD_ID,
} from '../contracts/index.ts';
import { clamp } from '../util/index.ts';

/** Outcomes of one model on one type and complexity: decayed for the score, plain for the statistics. */
export interface Cell {
	evidence: DecayedEvidence;
	row: PerformanceRow;
	/** Outcomes with a quality. */
	judged: number;
	/** Outcomes with a latency. */
	timed: number;
}

/** Type and complexity as one key. */
export type CellKey = `${TaskType}/${TaskComplexity}`;
/** The scores of one model for every type and complexity. */
export type ScoreTable = ReadonlyMap<CellKey, HistoricalScore>;

/** The key of a type and complexity. */
export function getCellKey(type: TaskType, complexity: TaskComplexity): CellKey {
	return `${type}/${complexity}`;
}

/** How outcomes become scores. */
interface ScoreTableOptions {
	now: number;
	halfLifeMs: number;
	pseudoCount: number;
	/** Belief before evidence, 0-100. */
	prior: (type: TaskType) => number;
}

/** The score without any outcome. */
export function getPriorScore(prior: number): HistoricalScore {
	return { score: beliefToScore(priorToBelief(prior)), sampleSize: 0, quality: null };
}

function sumEvidence(parts: Iterable<DecayedEvidence>, at: number): DecayedEvidence {
	let total = emptyEvidence(at);
	for (const part of parts) total = combineEvidence(total, part);
	return total;
}

/** One decimal: scores are for people and for weights, not for further arithmetic. */
function roundToTenth(value: number): number {
	return Math.round(value * 10) / 10;
}

/**
 * Every score of one model. Evidence of other task types moves the belief first, then other complexities of the type, then
 * that of the type and complexity itself; each outcome counts in exactly one of the three.
 */
export function buildScoreTable(
	cells: ReadonlyMap<CellKey, Cell>,
	{ now, halfLifeMs, pseudoCount, prior }: ScoreTableOptions,
): ScoreTable {
	const evidence = new Map<CellKey, DecayedEvidence>();
	for (const [key, cell] of cells) evidence.set(key, decayEvidence(cell.evidence, now, halfLifeMs));
	const all = sumEvidence(evidence.values(), now);
	const table = new Map<CellKey, HistoricalScore>();
	for (const type of TASK_TYPES) {
		const own = TASK_COMPLEXITIES.map((complexity) => evidence.get(getCellKey(type, complexity)) ?? emptyEvidence(now));
		const ofType = sumEvidence(own, now);
		const general = updateBelief(priorToBelief(prior(type)), combineEvidence(all, ofType, -1), pseudoCount);
		for (const [index, complexity] of TASK_COMPLEXITIES.entries()) {
			const exact = own[index] ?? emptyEvidence(now);
			const typical = updateBelief(general, combineEvidence(ofType, exact, -1), pseudoCount);
			const score = beliefToScore(updateBelief(typical, exact, pseudoCount));
			table.set(getCellKey(type, complexity), { score, sampleSize: roundToTenth(ofType.outcomes), quality: null });
		}
	}
	return table;
}

/** A quality in hundredths of a point: sums of whole numbers do not depend on the order. */
function roundQuality(quality: number | null): number | null {
	return quality === null ? null : Math.round(quality * 100) / 100;
}

/** A mean with one more value in it. */
function nextMean(mean: number | null, count: number, value: number): number {
	return mean === null ? value : mean + (value - mean) / count;
}

/** A cell without outcomes. */
export function createCell({ model, taskType, complexity, at }: OutcomeObservation): Cell {
	const counts = { totalRequests: 0, successfulRequests: 0, totalCostNanoUsd: 0, inputTokens: 0, outputTokens: 0 };
	const key = { model, taskType, complexity };
	const row = { ...key, ...counts, meanQuality: null, meanLatencyMs: null, lastUpdatedAt: at };
	return { evidence: emptyEvidence(at), row, judged: 0, timed: 0 };
}

/** What an outcome counts for. */
interface OutcomeWeight {
	halfLifeMs: number;
	/** What its quality counts for in the score, 0 to 1. @default 1 */
	judgedWeight?: number | undefined;
}

/** The cell with one more outcome. */
export function addOutcome(
	cell: Cell,
	observation: OutcomeObservation,
	{ halfLifeMs, judgedWeight = 1 }: OutcomeWeight,
): Cell {
	const { success, costUsd, latencyMs, inputTokens, outputTokens, at } = observation;
	const { row } = cell;
	const quality = roundQuality(observation.quality);
	const judged = cell.judged + (quality === null ? 0 : 1);
	const timed = cell.timed + (latencyMs === null ? 0 : 1);
	const next: PerformanceRow = {
		...row,
		totalRequests: row.totalRequests + 1,
		successfulRequests: row.successfulRequests + (success ? 1 : 0),
		meanQuality: quality === null ? row.meanQuality : nextMean(row.meanQuality, judged, quality),
		totalCostNanoUsd: row.totalCostNanoUsd + usdToNano(costUsd ?? 0),
		meanLatencyMs: latencyMs === null ? row.meanLatencyMs : nextMean(row.meanLatencyMs, timed, latencyMs),
		inputTokens: row.inputTokens + inputTokens,
		outputTokens: row.outputTokens + outputTokens,
		lastUpdatedAt: Math.max(row.lastUpdatedAt, at),
	};
	const judgement = { success, at, count: quality === null ? 0 : judgedWeight, sum: judgedWeight * (quality ?? 0) };
	const share = { ...toEvidence(judgement), outcomes: 1, successes: success ? 1 : 0 };
	return { ...cell, evidence: addEvidence(cell.evidence, share, halfLifeMs), row: next, judged, timed };
}

/** A quality that became known after the outcome. */
export interface QualityRating
	extends Pick<OutcomeObservation, 'model' | 'taskType' | 'complexity' | 'workload' | 'observed'> {
	/** Whether the outcome was a success: a rating of a failure says nothing of the chance of success. */
	success: boolean;
	/** When the outcome happened, epoch milliseconds. */
	at: number;
	/** The quality of the outcome so far; `null` when nobody had judged it. */
	previousQuality: number | null;
	/** 0-100. */
	quality: number;
}

/** The cell with the quality of one of its outcomes corrected. */
export function addRating(cell: Cell, rating: QualityRating, halfLifeMs: number): Cell {
	const quality = roundQuality(rating.quality) ?? 0;
	const previous = roundQuality(rating.previousQuality);
	const isNew = previous === null ? 1 : 0;
	const judged = cell.judged + isNew;
	const oldSum = (cell.row.meanQuality ?? 0) * cell.judged;
	const meanQuality = judged === 0 ? null : clamp((oldSum + quality - (previous ?? 0)) / judged, 0, 100);
	const row = { ...cell.row, meanQuality };
	const change = toEvidence({ success: rating.success, at: rating.at, count: isNew, sum: quality - (previous ?? 0) });
	return { ...cell, row, judged, evidence: addEvidence(cell.evidence, change, halfLifeMs) };
}

/** Exponentially decayed sums of outcomes, scaled to the time `at`; a failure has no quality, whatever its rating. */
interface DecayedEvidence {
	/** Epoch milliseconds the sums are scaled to. */
	at: number;
	outcomes: number;
	successes: number;
	/** Successes whose quality somebody judged. */
	judged: number;
	/** Sum of the judged qualities, 0-100 each. */
	quality: number;
	/** Failures that somebody judged, and the sum of what they said: of the answer, not of the chance of success. */
	judgedFailures: number;
	failureQuality: number;
}

function emptyEvidence(at: number): DecayedEvidence {
	return { at, outcomes: 0, successes: 0, judged: 0, quality: 0, judgedFailures: 0, failureQuality: 0 };
}

/** What was judged of an outcome that is counted by itself: how many judgements, and the sum of their qualities. */
function toEvidence({
	at,
	count,
	success,
	sum,
}: {
	at: number;
	count: number;
	success: boolean;
	sum: number;
}): DecayedEvidence {
	const judged = success ? { judged: count, quality: sum } : { judgedFailures: count, failureQuality: sum };
	return { ...emptyEvidence(at), ...judged };
}

/** The part of a weight that is left after a time; times in the future do not decay. */
function getDecayFactor(elapsedMs: number, halfLifeMs: number): number {
	return elapsedMs <= 0 ? 1 : 2 ** (-elapsedMs / halfLifeMs);
}

/** The sums with `factor` times a part added; a factor of -1 takes the part away again. */
function combineEvidence(evidence: DecayedEvidence, part: DecayedEvidence, factor = 1): DecayedEvidence {
	return {
		at: evidence.at,
		outcomes: evidence.outcomes + factor * part.outcomes,
		successes: evidence.successes + factor * part.successes,
		judged: evidence.judged + factor * part.judged,
		quality: evidence.quality + factor * part.quality,
		judgedFailures: evidence.judgedFailures + factor * part.judgedFailures,
		failureQuality: evidence.failureQuality + factor * part.failureQuality,
	};
}

/** The sums, decayed to a later time. */
function decayEvidence(evidence: DecayedEvidence, at: number, halfLifeMs: number): DecayedEvidence {
	return combineEvidence(emptyEvidence(at), evidence, getDecayFactor(at - evidence.at, halfLifeMs));
}

/** Adds a part of any time: the order of arrival does not matter. */
function addEvidence(evidence: DecayedEvidence, part: DecayedEvidence, halfLifeMs: number): DecayedEvidence {
	const at = Math.max(evidence.at, part.at);
	const older = decayEvidence(evidence, at, halfLifeMs);
	return combineEvidence(older, part, getDecayFactor(at - part.at, halfLifeMs));
}

/** Chance of success (0-1) and quality of a success (0-100). */
interface Belief {
	success: number;
	quality: number;
}

/** Chance of success that is expected of a model that nobody has seen: most calls succeed. */
const USUAL_SUCCESS = 0.98;

/**
 * A prior score as chance of success × quality. Nearly all of it is quality: a model that only works is no better than one that
 * was not tried yet, and failures count from the first.
 */
function priorToBelief(score: number): Belief {
	const bounded = clamp(score, 0, 100);
	const success = Math.max(USUAL_SUCCESS, bounded / 100);
	return { success, quality: bounded / success };
}

/** Moves a belief towards evidence; the belief is worth `pseudoCount` outcomes. */
function updateBelief(belief: Belief, evidence: DecayedEvidence, pseudoCount: number): Belief {
	// Subtracting one decayed sum from another may leave a rounding error below zero.
	const [outcomes, judged] = [Math.max(0, evidence.outcomes), Math.max(0, evidence.judged)];
	const successes = clamp(evidence.successes, 0, outcomes);
	return {
		success: (pseudoCount * belief.success + successes) / (pseudoCount + outcomes),
		quality: (pseudoCount * belief.quality + clamp(evidence.quality, 0, judged * 100)) / (pseudoCount + judged),
	};
}

/** The score of a belief in whole points, 0-100: chance of success × quality. */
function beliefToScore(belief: Belief): number {
	// A rounding error must not decide between two whole points.
	return clamp(Math.round(Number((belief.success * belief.quality).toFixed(6))), 0, 100);
}

/**
 * Share of the judgements, the prior among them, that one caller's ratings may make up at each of the three levels of which
 * a score is built: together they move it by at most a tenth.
 */
const MAX_SHARE: number = 1 / 30;

/** How outcomes become scores. */
interface RatingOptions {
	/** Epoch milliseconds. */
	now: number;
	halfLifeMs: number;
	/** Judgements that the prior is worth. */
	pseudoCount: number;
}

/** Judgements of one level: whose they are, and how many, decayed. */
interface Judgements {
	/** Of nobody in particular. */
	general: number;
	byRater: Map<string, number>;
}

/**
 * What each rating counts for, 0 to 1, so that no caller who rates its own answers decides alone what all are routed by.
 * Ratings that name no rater, the operator's, count whole and are not in the result.
 */
export function limitRatings(
	observations: readonly OutcomeObservation[],
	options: RatingOptions,
): ReadonlyMap<OutcomeObservation, number> {
	const weights = new Map<OutcomeObservation, number>();
	const rated = observations.filter(({ ratedBy }) => ratedBy != null);
	if (rated.length === 0) return weights;
	const levels = new Map<string, Judgements>();
	for (const observation of observations) {
		if (observation.quality === null) continue;
		const weight = getDecayFactor(options.now - observation.at, options.halfLifeMs);
		for (const name of listLevels(observation)) addJudgement(levels, name, observation.ratedBy ?? null, weight);
	}
	const limits = new Map([...levels].map(([name, level]) => [name, findLimit(level, options.pseudoCount)] as const));
	for (const observation of rated) {
		const factors = listLevels(observation).map((name) => {
			const own = levels.get(name)?.byRater.get(observation.ratedBy ?? '') ?? 0;
			return own === 0 ? 1 : (limits.get(name) ?? 0) / own;
		});
		weights.set(observation, Math.min(1, ...factors));
	}
	return weights;
}

/** The levels in whose scores an outcome counts and that callers share: one's own workload is nobody else's. */
function listLevels({ model, taskType, complexity, workload }: OutcomeObservation): string[] {
	const levels = [model, `${model}\n${taskType}`, `${model}\n${getCellKey(taskType, complexity)}`];
	if (workload === undefined || WORKLOAD_ID.test(workload)) return levels;
	return [...levels, `${model}\n\n${workload}`, `${model}\n${taskType}\n${workload}`];
}

function addJudgement(levels: Map<string, Judgements>, name: string, rater: string | null, weight: number): void {
	const level = levels.get(name) ?? { general: 0, byRater: new Map<string, number>() };
	levels.set(name, level);
	if (rater === null) level.general += weight;
	else level.byRater.set(rater, (level.byRater.get(rater) ?? 0) + weight);
}

/** The most that one rater may count for, so that it is no more than its share of everything that counts, limited likewise. */
function findLimit({ byRater, general }: Judgements, pseudoCount: number): number {
	const counts = [...byRater.values()].sort((a, b) => b - a);
	let others = pseudoCount + general + counts.reduce((sum, count) => sum + count, 0);
	// the heaviest are limited to the same; each that is leaves less for the rest to be a share of
	for (const [limited, count] of counts.entries()) {
		const limit = (MAX_SHARE * others) / (1 - MAX_SHARE * limited);
		if (count <= limit) return limit;
		others -= count;
		if (MAX_SHARE * (limited + 1) >= 1) return limit;
	}
	return (MAX_SHARE * others) / (1 - MAX_SHARE * counts.length);
}
