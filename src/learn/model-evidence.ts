import {
	type HistoricalScore,
	type PerformanceRow,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskComplexity,
	type TaskType,
} from '../contracts/index.ts';
import { combine, type Evidence, noEvidence, weighedAt } from './evidence.ts';
import { type Belief, beliefFromPrior, scoreOf, updateBelief } from './historical-score.ts';

/** What was seen on one kind of task: decayed for the score, plain for the statistics. */
export interface Cell {
	taskType: TaskType;
	complexity: TaskComplexity;
	evidence: Evidence;
	row: PerformanceRow;
	/** How many rows' outcomes had a quality, a latency. */
	judged: number;
	timed: number;
}

/** The name of a kind of task. */
export type CellKey = `${TaskType}/${TaskComplexity}`;
/** All that was seen of one model. */
export type ModelCells = ReadonlyMap<CellKey, Cell>;
/** The answers for one model, for every kind of task. */
export type ScoreTable = ReadonlyMap<CellKey, HistoricalScore>;

/** The name of a kind of task. */
export function cellKey(type: TaskType, complexity: TaskComplexity): CellKey {
	return `${type}/${complexity}`;
}

/** How answers are made. */
export interface ScoreTableOptions {
	now: number;
	halfLifeMs: number;
	pseudoCount: number;
	/** Belief before evidence, 0-100. */
	prior: (type: TaskType) => number;
}

/** The answer before anything was seen. */
export function unseenScore(prior: number): HistoricalScore {
	return { score: scoreOf(beliefFromPrior(prior)), sampleSize: 0, meanQuality: null, judgedSampleSize: 0 };
}

function sumOf(parts: Iterable<Evidence>, at: number): Evidence {
	let total = noEvidence(at);
	for (const part of parts) total = combine(total, part);
	return total;
}

/** One decimal: answers are for people and for weights, not for arithmetic. */
function rounded(value: number): number {
	return Math.round(value * 10) / 10;
}

function answer(belief: Belief, { outcomes, successes, judged, quality }: Evidence): HistoricalScore {
	// Below a hundredth of an outcome the mean is noise.
	const isJudged = judged >= 0.01;
	return {
		score: scoreOf(belief),
		sampleSize: rounded(outcomes),
		meanQuality: isJudged ? rounded((successes / outcomes) * (quality / judged)) : null,
		judgedSampleSize: isJudged ? rounded(judged) : 0,
	};
}

/**
 * Every answer for one model. Evidence of other types of task moves the belief first, then other complexities of
 * the type, then the kind of task itself; each outcome counts in exactly one of the three.
 */
export function buildScoreTable(cells: ModelCells, options: ScoreTableOptions): ScoreTable {
	const { now, halfLifeMs, pseudoCount, prior } = options;
	const evidence = new Map<CellKey, Evidence>();
	for (const [key, cell] of cells) evidence.set(key, weighedAt(cell.evidence, now, halfLifeMs));
	const all = sumOf(evidence.values(), now);
	const table = new Map<CellKey, HistoricalScore>();
	for (const type of TASK_TYPES) {
		const own = TASK_COMPLEXITIES.map((complexity) => evidence.get(cellKey(type, complexity)) ?? noEvidence(now));
		const ofType = sumOf(own, now);
		const general = updateBelief(beliefFromPrior(prior(type)), combine(all, ofType, -1), pseudoCount);
		for (const [index, complexity] of TASK_COMPLEXITIES.entries()) {
			const exact = own[index] ?? noEvidence(now);
			const typical = updateBelief(general, combine(ofType, exact, -1), pseudoCount);
			table.set(cellKey(type, complexity), answer(updateBelief(typical, exact, pseudoCount), ofType));
		}
	}
	return table;
}

/** True when a decision could notice the difference: a score moved by a whole point. */
export function scoresDiffer(before: ScoreTable, after: ScoreTable): boolean {
	for (const [key, { score }] of after) if (before.get(key)?.score !== score) return true;
	return false;
}
