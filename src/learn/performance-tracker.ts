import {
	type Clock,
	type HistoricalScore,
	type ModelName,
	type ObservedSignal,
	type OutcomeObservation,
	type PerformanceHistory,
	type PerformanceRow,
	TASK_COMPLEXITIES,
	TASK_TYPES,
	type TaskComplexity,
	type TaskType,
	WORKLOAD_ID,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { BoundedMap, clamp, DAY_MS, HOUR_MS, SYSTEM_CLOCK } from '../util/index.ts';
import { Evidence, MAX_TRACKED_MODELS } from './evidence.ts';
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
/** Quality of an answer, 0-100, where no catalog says it. */
const DEFAULT_QUALITY = 80;
/**
 * What a sign says: the quality that it speaks for, 0-100, and the share of a person's judgement that it weighs.
 * Judgement, not measurement: a refusal may be right, a stream may be cut by the network, and a test that fails may be the one asked for.
 */
const OBSERVED: Readonly<Record<ObservedSignal, { value: number; weight: number }>> = {
	refusal: { value: 20, weight: 0.2 },
	empty: { value: 0, weight: 0.3 },
	cut: { value: 30, weight: 0.1 },
	repeated: { value: 30, weight: 0.2 },
	'tool-failed': { value: 40, weight: 0.1 },
	'tests-passed': { value: 90, weight: 0.2 },
	corrected: { value: 20, weight: 0.3 },
};
/** What is answered of a model that nobody has seen, where scores are relative. */
const NEUTRAL: HistoricalScore = { score: DEFAULT_PRIOR_SCORE, sampleSize: 0, quality: null };
/** Answers that are kept for each model between two changes; what has more is taken to have changed, as a decision waits for the comparison. */
const MAX_ANSWERS = 200;
/** Points of quality from which on decisions are made anew. */
const MIN_QUALITY_CHANGE = 0.5;
/** Outcomes decay in steps of this many milliseconds, so that the decision cache is not emptied all the time. */
export const DECAY_STEP_MS: number = HOUR_MS;

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
	/**
	 * The catalog's figure for the quality of a model's answers, 0-100: judgements are compared with it, and a model that is as good as
	 * it says scores 50, as one does that nobody has seen. @default 80 for every model, and scores are chance of success × quality
	 */
	quality?: (model: ModelName, type: TaskType) => number;
}

/** From so many outcomes on, one more hardly moves a model's scores, and its table is rebuilt at intervals only. */
const MIN_OUTCOMES_FOR_LAG = 500;
/** The interval: how far such a table may lag behind the outcomes, in milliseconds. */
const MAX_TABLE_LAG_MS = 1000;

interface TrackedModel {
	cells: Map<CellKey, Cell>;
	outcomes: number;
	table: ScoreTable;
	/** What was answered since the table was built, by workload, type and complexity. */
	answers: Map<string, HistoricalScore>;
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
	/** What judgements say of the quality of answers; `null` before the first. */
	#evidence: Evidence | null = null;
	/** Scores say by how much a model is better than its catalog's figure. */
	readonly #isRelative: boolean;
	#changes = 0;
	/** Models whose tables lag behind their outcomes; at most as many as are tracked. */
	readonly #stale = new Set<ModelName>();
	/** The score without outcomes, with the prior it was made from: nearly always the same. */
	#unseen: { prior: number; score: HistoricalScore } | null = null;
	/** The decay step in which the revision was last read. */
	#lastStep: number | null = null;

	/** @throws InvalidInputError for a half-life or pseudo-count that is not above 0. */
	constructor(options: LearningOptions = {}) {
		this.#isRelative = options.quality !== undefined && options.prior === undefined;
		this.#options = {
			clock: options.clock ?? SYSTEM_CLOCK,
			halfLifeMs: options.halfLifeMs ?? DEFAULT_HALF_LIFE_MS,
			pseudoCount: options.pseudoCount ?? DEFAULT_PSEUDO_COUNT,
			prior: options.prior ?? options.quality ?? (() => DEFAULT_PRIOR_SCORE),
			quality: options.quality ?? (() => DEFAULT_QUALITY),
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
		for (const model of this.#stale)
			if (this.#isDue(model)) {
				this.#publish(model);
				// the next decision sees to the next one
				break;
			}
		const step = this.#step();
		if (step !== this.#lastStep && this.#models.size > 0) this.#changes += 1;
		this.#lastStep = step;
		return this.#changes;
	}

	/** The score of a model on a type and complexity, 0-100; the prior without outcomes. Costs one look-up. */
	historicalScore(model: ModelName, type: TaskType, complexity: TaskComplexity, workload?: string): HistoricalScore {
		const tracked = this.#models.peek(model);
		if (tracked === undefined) return this.#isRelative ? NEUTRAL : this.#unseenScore(model, type);
		if (tracked.step !== this.#step()) this.#rebuild(model, tracked);
		// all that nothing is known of are one
		const known = workload !== undefined && this.knows(workload) ? workload : undefined;
		const key = `${getCellKey(type, complexity)}/${known ?? ''}`;
		let answer = tracked.answers.get(key);
		if (answer === undefined) {
			answer = this.#answer(model, tracked, { type, complexity, workload: known });
			if (tracked.answers.size < MAX_ANSWERS) tracked.answers.set(key, answer);
		}
		return answer;
	}

	/** Whether anything that was judged is of a workload. */
	knows(workload: string): boolean {
		return this.#evidence?.knows(workload) === true;
	}

	#answer(
		model: ModelName,
		{ table, step }: TrackedModel,
		{ type, complexity, workload }: { type: TaskType; complexity: TaskComplexity; workload: string | undefined },
	): HistoricalScore {
		const absolute = table.get(getCellKey(type, complexity)) ?? this.#unseenScore(model, type);
		const score = this.#isRelative ? this.#compare(absolute, model, type) : absolute;
		const evidence = this.#evidence;
		if (evidence === null) return score;
		const now = step * DECAY_STEP_MS;
		const prior = this.#options.quality(model, type) / 100;
		const general = evidence.predict({ model, taskType: type }, prior, now);
		if (general.outcomes === 0) return score;
		const own = workload === undefined ? general : evidence.predict({ model, taskType: type, workload }, prior, now);
		const { shift, doubt, outcomes } = own;
		return {
			// by as much as the workload differs from what the model does elsewhere
			score: clamp(Math.round(score.score + 100 * (shift - general.shift)), 0, 100),
			sampleSize: score.sampleSize,
			quality: { shift: 100 * shift, doubt, outcomes: Math.round(outcomes * 10) / 10 },
		};
	}

	/** Of two models that are as good as the catalog says neither gains by having been seen. */
	#compare(score: HistoricalScore, model: ModelName, type: TaskType): HistoricalScore {
		const difference = score.score - Math.round(this.#options.prior(model, type));
		return { ...score, score: clamp(DEFAULT_PRIOR_SCORE + difference, 0, 100) };
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
		const { quality, workload } = observation;
		if (quality !== null) this.#judge({ ...observation, quality }, { weight: judgedWeight ?? 1, workload });
		// who judged has seen what was observed
		else this.#judgeSigns(observation, 1);
	}

	/** Learns from what a later request showed of an answer that nobody rated. */
	observeSigns(of: Pick<OutcomeObservation, 'model' | 'taskType' | 'at' | 'workload' | 'observed'>): void {
		this.#judgeSigns(of, 1);
		if (of.observed?.length && this.#models.has(of.model)) this.#publishWhenDue(of.model);
	}

	/** Learns from what was seen of an answer; with a `sign` of -1 takes that back. */
	#judgeSigns(of: Pick<OutcomeObservation, 'model' | 'taskType' | 'at' | 'workload' | 'observed'>, sign: 1 | -1): void {
		for (const signal of of.observed ?? []) {
			const { value, weight } = OBSERVED[signal];
			this.#judge({ ...of, quality: value }, { weight: sign * weight, workload: of.workload, isRated: false });
		}
	}

	/** Learns from one judgement; with a weight below 0 takes one back. */
	#judge(
		{ model, taskType, quality, at }: Pick<OutcomeObservation, 'model' | 'taskType' | 'at'> & { quality: number },
		{ weight, workload, isRated = true }: { weight: number; workload: string | undefined; isRated?: boolean },
	): void {
		// who rates the answers to its own work decides what that work is routed by, and no other
		const isOwn = workload !== undefined && WORKLOAD_ID.test(workload);
		this.#evidence ??= new Evidence(this.#options.halfLifeMs);
		this.#evidence.observe({
			model,
			taskType,
			workload,
			value: quality / 100,
			expected: this.#options.quality(model, taskType) / 100,
			weight: isOwn && isRated ? Math.sign(weight) : weight,
			sharedWeight: weight,
			at,
		});
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
		const { previousQuality, workload } = rating;
		if (previousQuality !== null) this.#judge({ ...rating, quality: previousQuality }, { weight: -1, workload });
		// who judged has seen what was observed
		else this.#judgeSigns(rating, -1);
		this.#judge(rating, { weight: 1, workload });
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
		this.#evidence = null;
		this.#stale.clear();
		this.#changes += 1;
	}

	#step(): number {
		return Math.floor(this.#options.clock.now() / DECAY_STEP_MS);
	}

	#track(model: ModelName): TrackedModel {
		const known = this.#models.peek(model);
		// A step of -1 is none: the table is built once the outcomes are in.
		const tracked = known ?? {
			cells: new Map<CellKey, Cell>(),
			outcomes: 0,
			table: new Map(),
			answers: new Map(),
			builtAt: 0,
			step: -1,
		};
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
		const { table, answers } = tracked;
		this.#rebuild(model, tracked);
		const isFull = answers.size >= MAX_ANSWERS;
		if (isFull || scoresDiffer(table, tracked.table) || this.#answersDiffer(model, answers)) this.#changes += 1;
		// what was decided by them stands
		else tracked.answers = answers;
	}

	/** Whether what was answered would be answered otherwise now. */
	#answersDiffer(model: ModelName, answers: ReadonlyMap<string, HistoricalScore>): boolean {
		for (const [key, before] of answers) {
			const [type, complexity, ...workload] = key.split('/') as [TaskType, TaskComplexity, ...string[]];
			const after = this.historicalScore(model, type, complexity, workload.join('/') || undefined);
			const change = (after.quality?.shift ?? 0) - (before.quality?.shift ?? 0);
			if (after.score !== before.score || Math.abs(change) >= MIN_QUALITY_CHANGE) return true;
		}
		return false;
	}

	#rebuild(model: ModelName, tracked: TrackedModel): void {
		const { halfLifeMs, pseudoCount, prior } = this.#options;
		tracked.step = this.#step();
		tracked.builtAt = this.#options.clock.now();
		tracked.answers = new Map();
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
