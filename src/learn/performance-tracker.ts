import type {
	Clock,
	HistoricalScore,
	ModelName,
	OutcomeObservation,
	PerformanceHistory,
	PerformanceRow,
	TaskComplexity,
	TaskType,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { BoundedMap, SYSTEM_CLOCK } from '../util/index.ts';
import { checkObservation, checkQuality } from './observation.ts';
import {
	addOutcome,
	addRating,
	buildScoreTable,
	type Cell,
	type CellKey,
	createCell,
	getCellKey,
	getPriorScore,
	type QualityRating,
	type ScoreTable,
	scoresDiffer,
} from './score-table.ts';

/** Outcomes of a model from which on one more hardly moves its scores: its table is made anew only so often. */
const MIN_OUTCOMES_FOR_LAG = 500;
/** Milliseconds a settled model's table may lag behind its outcomes. */
const MAX_TABLE_LAG_MS = 1000;

interface TrackedModel {
	cells: Map<CellKey, Cell>;
	outcomes: number;
	table: ScoreTable;
	/** When the table was made, epoch milliseconds. */
	builtAt: number;
	/** The step of time the table was made for. */
	step: number;
}

/**
 * What outcomes have taught: a score per model and kind of task, shrunk to the prior where evidence is thin, fading
 * back to it as time passes. Answers are whole points, so that they change seldom.
 */
export class PerformanceTracker implements PerformanceHistory {
	readonly #options: Required<LearningOptions>;
	readonly #models = new BoundedMap<ModelName, TrackedModel>(MAX_TRACKED_MODELS);
	#changes = 0;
	/** Models with outcomes that are not in their table yet; at most as many as are tracked. */
	readonly #stale = new Set<ModelName>();
	/** The answer for what was never seen, with the prior it was made from: nearly always the same. */
	#unseen: { prior: number; score: HistoricalScore } | null = null;
	/** The step of time at which the revision was last asked. */
	#seenStep: number | null = null;

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

	/** Changes when a score moved by a whole point, and with every hour while there is evidence that fades. */
	get revision(): number {
		for (const model of this.#stale) if (this.#isDue(model)) this.#publish(model);
		const step = this.#step();
		if (step !== this.#seenStep && this.#models.size > 0) this.#changes += 1;
		this.#seenStep = step;
		return this.#changes;
	}

	/** The score of a model on a kind of task, 0-100; the prior when nothing was seen. Costs a look-up. */
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
		this.observeAll([observation]);
	}

	/** Learns from many outcomes, in any order: what storage remembers, at the start. @throws InvalidInputError */
	observeAll(observations: readonly OutcomeObservation[]): void {
		for (const observation of observations) checkObservation(observation);
		const touched = new Set<ModelName>();
		for (const observation of observations) {
			const tracked = this.#track(observation.model);
			const key = getCellKey(observation.taskType, observation.complexity);
			const cell = tracked.cells.get(key) ?? createCell(observation);
			tracked.cells.set(key, addOutcome(cell, observation, this.#options.halfLifeMs));
			tracked.outcomes += 1;
			touched.add(observation.model);
		}
		for (const model of touched) {
			if (this.#isDue(model)) this.#publish(model);
			else this.#stale.add(model);
		}
	}

	/** Puts an outcome's quality right when feedback arrives; false when nothing is known of such an outcome. */
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

	/** Plain totals (no fading) per model, type and complexity. */
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

	/** The model's entry, now the latest used; the one observed longest ago makes room. */
	#track(model: ModelName): TrackedModel {
		const known = this.#models.peek(model);
		// A step of -1 is none: the table is made when the outcomes are in.
		const tracked = known ?? { cells: new Map<CellKey, Cell>(), outcomes: 0, table: new Map(), builtAt: 0, step: -1 };
		this.#models.set(model, tracked);
		return tracked;
	}

	/** Whether a model's table is to be made anew now: always while every outcome counts, later only so often. */
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

/** Milliseconds after which an outcome counts half: 30 days, since models and the work given to them change. */
export const DEFAULT_HALF_LIFE_MS: number = 30 * 24 * 3_600_000;
/** Outcomes the prior is worth: after ten of them evidence and prior weigh the same. */
export const DEFAULT_PSEUDO_COUNT = 10;
/** What is believed of a model before anything was seen, 0-100: neither good nor bad. */
export const DEFAULT_PRIOR_SCORE = 50;
/** Answers age in steps of this many milliseconds, so that a decision cache is not emptied by every tick. */
export const DECAY_STEP_MS = 3_600_000;
/** Models remembered at once; the one observed longest ago gives way. */
export const MAX_TRACKED_MODELS = 200;

/** How outcomes become scores. */
export interface LearningOptions {
	/** @default the machine's clock */
	clock?: Pick<Clock, 'now'>;
	/** Milliseconds after which an outcome counts half, > 0. @default 30 days */
	halfLifeMs?: number;
	/** Outcomes the prior is worth, > 0. @default 10 */
	pseudoCount?: number;
	/** Belief before evidence, 0-100, e.g. the catalog's quality. @default 50 for every model */
	prior?: (model: ModelName, type: TaskType) => number;
}
