import {
	type Clock,
	type HistoricalScore,
	type ModelName,
	type OutcomeObservation,
	type PerformanceHistory,
	type PerformanceRow,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskComplexity,
	type TaskType,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { BoundedMap, DAY_MS, HOUR_MS, SYSTEM_CLOCK } from '../util/index.ts';
import {
	addOutcome,
	addRating,
	buildScoreTable,
	type Cell,
	type CellKey,
	createCell,
	getCellKey,
	getPriorScore,
	limitRatings,
	type QualityRating,
	type ScoreTable,
} from './score-table.ts';

/** Half-life of an outcome in milliseconds: 30 days, since models and the work given to them change. */
export const DEFAULT_HALF_LIFE_MS: number = 30 * DAY_MS;
/** Outcomes the prior is worth: after ten outcomes evidence and prior weigh the same. */
const DEFAULT_PSEUDO_COUNT = 10;
/** Score of a model without outcomes, 0-100: neither good nor bad. */
const DEFAULT_PRIOR_SCORE = 50;
/** Outcomes decay in steps of this many milliseconds, so that the decision cache is not emptied all the time. */
export const DECAY_STEP_MS: number = HOUR_MS;
/** Models tracked at once; of more the one observed longest ago is forgotten. */
export const MAX_TRACKED_MODELS = 200;

/** How outcomes become scores. */
export interface LearningOptions {
	/** @default the system clock */
	clock?: Pick<Clock, 'now'>;
	/** Half-life of an outcome in milliseconds, > 0. @default 30 days */
	halfLifeMs?: number;
	/** Outcomes the prior is worth, > 0. @default 10 */
	pseudoCount?: number;
	/** Score without outcomes, 0-100, e.g. the catalog's quality. @default 50 for every model */
	prior?: (model: ModelName, type: TaskType) => number;
}

/** From so many outcomes on, one more hardly moves a model's scores, and its table is rebuilt at intervals only. */
const MIN_OUTCOMES_FOR_LAG = 500;
/** The interval: how far such a table may lag behind the outcomes, in milliseconds. */
const MAX_TABLE_LAG_MS = 1000;

interface TrackedModel {
	cells: Map<CellKey, Cell>;
	outcomes: number;
	table: ScoreTable;
	/** Epoch milliseconds. */
	builtAt: number;
	/** The decay step the table was built for. */
	step: number;
}

/**
 * Scores learned from outcomes, per model, task type and complexity: shrunk to the prior where outcomes are few, and decaying
 * back to it with time. Scores are whole points, so that they change seldom.
 */
export class PerformanceTracker implements PerformanceHistory {
	readonly #options: Required<LearningOptions>;
	readonly #models = new BoundedMap<ModelName, TrackedModel>(MAX_TRACKED_MODELS);
	#changes = 0;
	/** Models whose tables lag behind their outcomes; at most as many as are tracked. */
	readonly #stale = new Set<ModelName>();
	/** The score without outcomes, with the prior it was made from: nearly always the same. */
	#unseen: { prior: number; score: HistoricalScore } | null = null;
	/** The decay step in which the revision was last read. */
	#lastStep: number | null = null;

	/** @throws InvalidInputError for a half-life or pseudo-count that is not above 0. */
	constructor(options: LearningOptions = {}) {
		this.#options = {
			clock: options.clock ?? SYSTEM_CLOCK,
			halfLifeMs: options.halfLifeMs ?? DEFAULT_HALF_LIFE_MS,
			pseudoCount: options.pseudoCount ?? DEFAULT_PSEUDO_COUNT,
			prior: options.prior ?? (() => DEFAULT_PRIOR_SCORE),
		};
		for (const field of ['halfLifeMs', 'pseudoCount'] as const) {
			const value = this.#options[field];
			if (!(value > 0 && Number.isFinite(value))) {
				throw new InvalidInputError(`"${field}" is ${value}. Give a finite number above 0.`);
			}
		}
	}

	/** Changes when a score moved by a whole point, and every hour while there are outcomes that decay. */
	get revision(): number {
		for (const model of this.#stale) if (this.#isDue(model)) this.#publish(model);
		const step = this.#step();
		if (step !== this.#lastStep && this.#models.size > 0) this.#changes += 1;
		this.#lastStep = step;
		return this.#changes;
	}

	/** The score of a model on a type and complexity, 0-100; the prior without outcomes. Costs one look-up. */
	historicalScore(model: ModelName, type: TaskType, complexity: TaskComplexity): HistoricalScore {
		const tracked = this.#models.peek(model);
		if (tracked === undefined) return this.#unseenScore(model, type);
		if (tracked.step !== this.#step()) this.#rebuild(model, tracked);
		return tracked.table.get(getCellKey(type, complexity)) ?? this.#unseenScore(model, type);
	}

	#unseenScore(model: ModelName, type: TaskType): HistoricalScore {
		const prior = this.#options.prior(model, type);
		if (this.#unseen?.prior !== prior) this.#unseen = { prior, score: getPriorScore(prior) };
		return this.#unseen.score;
	}

	/** Learns from one outcome. @throws InvalidInputError for values that are no outcome. */
	observe(observation: OutcomeObservation): void {
		if (observation.ratedBy != null) {
			this.observeAll([observation]);
			return;
		}
		checkObservation(observation);
		this.#add(observation, undefined);
		this.#publishWhenDue(observation.model);
	}

	/**
	 * Learns from many outcomes, in any order, e.g. those of storage at the start; of their ratings none counts for so much that
	 * one caller's move a score by more than a tenth. @throws InvalidInputError
	 */
	observeAll(observations: readonly OutcomeObservation[]): void {
		for (const observation of observations) checkObservation(observation);
		const { clock, halfLifeMs, pseudoCount } = this.#options;
		const weights = limitRatings(observations, { now: clock.now(), halfLifeMs, pseudoCount });
		const touched = new Set<ModelName>();
		for (const observation of observations) {
			this.#add(observation, weights.get(observation));
			touched.add(observation.model);
		}
		for (const model of touched) this.#publishWhenDue(model);
	}

	#add(observation: OutcomeObservation, judgedWeight: number | undefined): void {
		const { halfLifeMs } = this.#options;
		const tracked = this.#track(observation.model);
		const key = getCellKey(observation.taskType, observation.complexity);
		const cell = tracked.cells.get(key) ?? createCell(observation);
		tracked.cells.set(key, addOutcome(cell, observation, { halfLifeMs, judgedWeight }));
		tracked.outcomes += 1;
	}

	#publishWhenDue(model: ModelName): void {
		if (this.#isDue(model)) this.#publish(model);
		else this.#stale.add(model);
	}

	/** Corrects an outcome's quality when feedback arrives; false when no such outcome is known. */
	rate(rating: QualityRating): boolean {
		checkQuality(rating.quality);
		checkQuality(rating.previousQuality);
		const tracked = this.#models.peek(rating.model);
		const key = getCellKey(rating.taskType, rating.complexity);
		const cell = tracked?.cells.get(key);
		if (tracked === undefined || cell === undefined) return false;
		tracked.cells.set(key, addRating(cell, rating, this.#options.halfLifeMs));
		this.#publish(rating.model);
		return true;
	}

	/** Plain totals (without decay) per model, type and complexity. */
	snapshot(): PerformanceRow[] {
		return [...this.#models.values()].flatMap(({ cells }) => [...cells.values()].map(({ row }) => ({ ...row })));
	}

	/** Forgets everything. */
	clear(): void {
		this.#models.clear();
		this.#stale.clear();
		this.#changes += 1;
	}

	#step(): number {
		return Math.floor(this.#options.clock.now() / DECAY_STEP_MS);
	}

	#track(model: ModelName): TrackedModel {
		const known = this.#models.peek(model);
		// A step of -1 is none: the table is built once the outcomes are in.
		const tracked = known ?? { cells: new Map<CellKey, Cell>(), outcomes: 0, table: new Map(), builtAt: 0, step: -1 };
		this.#models.set(model, tracked);
		return tracked;
	}

	/** Whether a model's table has to be rebuilt now. */
	#isDue(model: ModelName): boolean {
		const tracked = this.#models.peek(model);
		if (tracked === undefined || tracked.outcomes < MIN_OUTCOMES_FOR_LAG) return true;
		const lagMs = this.#options.clock.now() - tracked.builtAt;
		return lagMs >= MAX_TABLE_LAG_MS || lagMs < 0;
	}

	#publish(model: ModelName): void {
		this.#stale.delete(model);
		const tracked = this.#models.peek(model);
		if (tracked === undefined) return;
		const before = tracked.table;
		this.#rebuild(model, tracked);
		if (scoresDiffer(before, tracked.table)) this.#changes += 1;
	}

	#rebuild(model: ModelName, tracked: TrackedModel): void {
		const { halfLifeMs, pseudoCount, prior } = this.#options;
		tracked.step = this.#step();
		tracked.builtAt = this.#options.clock.now();
		tracked.table = buildScoreTable(tracked.cells, {
			now: tracked.step * DECAY_STEP_MS,
			halfLifeMs,
			pseudoCount,
			prior: (type) => prior(model, type),
		});
	}
}

function refuse(field: string, value: unknown, expected: string): never {
	throw new InvalidInputError(`Outcome not learned: "${field}" is ${String(value).slice(0, 40)}. Give ${expected}.`);
}

/** Beyond this no cost, time or count of one request is real, and sums of them would lose their last digits. */
const LARGEST_AMOUNT = 1_000_000_000;
const LARGEST_COST_USD = 1_000_000;

/** Refuses a quality that is no number from 0 to 100. @throws InvalidInputError */
function checkQuality(quality: number | null): void {
	if (quality === null || (quality >= 0 && quality <= 100)) return;
	refuse('quality', quality, 'a number from 0 to 100, or null when nobody judged');
}

function checkAmount(field: string, value: number | null, largest: number): void {
	if (value !== null && !(value >= 0 && value <= largest)) refuse(field, value, `a number from 0 to ${largest}`);
}

/** Refuses an outcome that would spoil the sums for good. @throws InvalidInputError naming the field. */
function checkObservation(observation: OutcomeObservation): void {
	const { model, taskType, complexity, costUsd, latencyMs, inputTokens, outputTokens, at } = observation;
	if (typeof model !== 'string' || model === '') refuse('model', model, 'the name of a model');
	if (!TASK_TYPES.includes(taskType)) refuse('taskType', taskType, `one of ${TASK_TYPES.join(', ')}`);
	if (!TASK_COMPLEXITIES.includes(complexity)) {
		refuse('complexity', complexity, `one of ${TASK_COMPLEXITIES.join(', ')}`);
	}
	checkQuality(observation.quality);
	checkAmount('costUsd', costUsd, LARGEST_COST_USD);
	checkAmount('latencyMs', latencyMs, LARGEST_AMOUNT);
	checkAmount('inputTokens', inputTokens, LARGEST_AMOUNT);
	checkAmount('outputTokens', outputTokens, LARGEST_AMOUNT);
	if (!Number.isFinite(at)) refuse('at', at, 'epoch milliseconds');
}

/** Points of quality that one star is worth. */
const POINTS_PER_STAR = 20;

/** A rating of 1-5 stars as quality: 20, 40, 60, 80, 100. @throws InvalidInputError for anything else. */
export function ratingToQuality(rating: number): number {
	if (!(rating >= 1 && rating <= 5)) {
		throw new InvalidInputError(`Feedback not recorded: the rating is ${rating}. Give a number from 1 to 5, 5 best.`);
	}
	return rating * POINTS_PER_STAR;
}

/** True when a decision could change: a score moved by a whole point. */
function scoresDiffer(before: ScoreTable, after: ScoreTable): boolean {
	for (const [key, { score }] of after) if (before.get(key)?.score !== score) return true;
	return false;
}
