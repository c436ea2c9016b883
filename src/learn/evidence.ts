import { type ModelName, TASK_TYPES, type TaskType } from '../contracts/index.ts';
import { BoundedMap, clamp } from '../util/index.ts';
import { MAX_TRACKED_MODELS } from './performance-tracker.ts';

/** Workloads remembered, over all models; of more the one that was used longest ago is forgotten. */
const MAX_WORKLOADS = 500;

/** What an outcome, or a question, is about. */
export interface EvidenceKey {
	model: ModelName;
	taskType: TaskType;
	/** Whose work it is and of which kind, as a keyed hash; absent: not known. */
	workload?: string | undefined;
}

/** One outcome beside what was believed of it. */
export interface EvidenceObservation extends EvidenceKey {
	/** What came: 0 (worst) to 1. */
	value: number;
	/** What the prior says of this model and type, 0 to 1. */
	expected: number;
	/** What it counts for, > 0; a rating by a person counts 1. */
	weight: number;
	/** Epoch milliseconds. */
	at: number;
}

/** A belief after the outcomes. */
export interface Posterior {
	/** 0 to 1. */
	mean: number;
	/** Where the true mean lies with a probability of 90 %. */
	low: number;
	high: number;
	/** Outcomes behind it, decayed, of the most particular level that has any. */
	outcomes: number;
}

/** From the general to the particular; each is shrunk to the one before it. */
const LEVELS = ['model', 'type', 'workload', 'workload and type'] as const;

/** How much the levels differ from the one before, before data tell: 30 outcomes weigh as much as the level before. */
const DEFAULT_PSEUDO_COUNT = 30;
const LEAST_PSEUDO_COUNT = 5;
const MOST_PSEUDO_COUNT = 200;
/** Fully known cells that the default pseudo-count weighs as much as. */
const CELLS_OF_DEFAULT = 10;
/** Outcomes beyond the first of their cell from which the variance is estimated. */
const MIN_DEGREES_OF_FREEDOM = 20;
/** Outcomes between two estimates of the pseudo-counts. */
const ESTIMATE_EVERY = 64;
/** Variance of one outcome until there are enough to tell: that of answers of which seven in ten are good. */
const DEFAULT_VARIANCE = 0.21;
/** Outcomes that never differ still leave this much. */
const LEAST_VARIANCE = 1e-4;
/** Standard deviation of a model's true mean about its prior. */
const PRIOR_DEVIATION = 0.08;
/** Half-width of a 90 % interval in standard deviations. */
const Z_SCORE_90_PERCENT = 1.645;

/** Decayed sums of the differences between what came and what was expected. */
interface Cell {
	weight: number;
	sum: number;
	squares: number;
	/** Epoch milliseconds up to which it has decayed. */
	at: number;
}

/** The cells of one model, or of one model in one workload. */
interface Cells {
	all: Cell;
	/** By position in `TASK_TYPES`; absent where nothing was seen. */
	byType: Array<Cell | undefined>;
}

interface ModelCells extends Cells {
	byWorkload: Map<string, Cells>;
}

const TYPE_POSITIONS = new Map(TASK_TYPES.map((type, position) => [type, position]));

const createCells = (at: number): Cells => ({ all: { weight: 0, sum: 0, squares: 0, at }, byType: [] });

/**
 * Outcomes at four levels: of a model, of it on a type of task, in a workload, and in the workload on the type. What is kept are
 * differences to the prior, so that a level whose types are mixed unevenly says nothing wrong of a rare one. Each level is
 * shrunk to the one before it by as much as the data show levels to differ (empirical Bayes, method of moments). Old outcomes
 * decay. Costs four look-ups a question; bounded in models and workloads.
 */
export class Evidence {
	readonly #halfLifeMs: number;
	readonly #models = new BoundedMap<ModelName, ModelCells>(MAX_TRACKED_MODELS);
	/** Which models have cells for a workload, least recently used first. */
	readonly #workloads = new BoundedMap<string, Set<ModelName>>(MAX_WORKLOADS);
	readonly #pseudoCounts: number[] = LEVELS.map(() => DEFAULT_PSEUDO_COUNT);
	#variance = DEFAULT_VARIANCE;
	#sinceEstimate = 0;

	/** `halfLifeMs`: after so long an outcome counts for half; `Infinity`: for ever. */
	constructor(halfLifeMs: number) {
		this.#halfLifeMs = halfLifeMs;
	}

	/** Outcomes that the level before weighs as much as, from the level of types on. */
	get pseudoCounts(): Readonly<Record<(typeof LEVELS)[number], number>> {
		const [model = 0, type = 0, workload = 0, both = 0] = this.#pseudoCounts;
		return { model, type, workload, 'workload and type': both };
	}

	/** Learns from one outcome. */
	observe({ model, taskType, workload, value, expected, weight, at }: EvidenceObservation): void {
		const difference = value - expected;
		const position = TYPE_POSITIONS.get(taskType) ?? 0;
		const cells = this.#models.peek(model) ?? { ...createCells(at), byWorkload: new Map() };
		this.#models.set(model, cells);
		this.#add(cells, { position, difference, weight, at });
		if (workload !== undefined)
			this.#add(this.#findWorkload(cells, { model, workload, at }), { position, difference, weight, at });
		this.#sinceEstimate += 1;
		if (this.#sinceEstimate >= ESTIMATE_EVERY) this.#estimate(at);
	}

	/** What to expect of a model; `prior` (0 to 1) is what is believed of it on the type without outcomes. */
	predict({ model, taskType, workload }: EvidenceKey, prior: number, now: number): Posterior {
		const cells = this.#models.peek(model);
		const position = TYPE_POSITIONS.get(taskType) ?? 0;
		const own = workload === undefined ? undefined : cells?.byWorkload.get(workload);
		const path = [cells?.all, cells?.byType[position], own?.all, own?.byType[position]];
		let [difference, variance, outcomes] = [0, PRIOR_DEVIATION ** 2, 0];
		for (const [level, cell] of path.entries()) {
			// without a workload its two levels say nothing
			if (workload === undefined && level > 1) break;
			// the level may differ from the one before it, whether or not anything was seen of it
			variance += this.#variance / (this.#pseudoCounts[level] ?? DEFAULT_PSEUDO_COUNT);
			if (cell === undefined) continue;
			const { weight, sum } = this.#decay(cell, now);
			if (weight === 0) continue;
			const gain = variance / (variance + this.#variance / weight);
			difference += gain * (sum / weight - difference);
			variance *= 1 - gain;
			outcomes = weight;
		}
		const half = Z_SCORE_90_PERCENT * Math.sqrt(variance);
		const mean = clamp(prior + difference, 0, 1);
		return { mean, low: clamp(mean - half, 0, 1), high: clamp(mean + half, 0, 1), outcomes };
	}

	/** Forgets everything. */
	clear(): void {
		this.#models.clear();
		this.#workloads.clear();
		this.#pseudoCounts.fill(DEFAULT_PSEUDO_COUNT);
		this.#variance = DEFAULT_VARIANCE;
	}

	#findWorkload(cells: ModelCells, { model, workload, at }: { model: ModelName; workload: string; at: number }): Cells {
		const models = this.#workloads.get(workload) ?? new Set<ModelName>();
		models.add(model);
		const evicted = this.#workloads.set(workload, models);
		if (evicted !== undefined) for (const name of evicted[1]) this.#models.peek(name)?.byWorkload.delete(evicted[0]);
		const known = cells.byWorkload.get(workload) ?? createCells(at);
		cells.byWorkload.set(workload, known);
		return known;
	}

	#add(cells: Cells, outcome: { position: number; difference: number; weight: number; at: number }): void {
		const { position, difference, weight, at } = outcome;
		const ofType = cells.byType[position] ?? { weight: 0, sum: 0, squares: 0, at };
		cells.byType[position] = ofType;
		for (const cell of [cells.all, ofType]) {
			Object.assign(cell, this.#decay(cell, at));
			// one that comes late has decayed already
			const now = weight * (at < cell.at ? 2 ** ((at - cell.at) / this.#halfLifeMs) : 1);
			cell.weight += now;
			cell.sum += now * difference;
			cell.squares += now * difference * difference;
		}
	}

	#decay(cell: Cell, now: number): Cell {
		if (now <= cell.at || this.#halfLifeMs === Number.POSITIVE_INFINITY) return cell;
		const factor = 2 ** ((cell.at - now) / this.#halfLifeMs);
		return { weight: cell.weight * factor, sum: cell.sum * factor, squares: cell.squares * factor, at: now };
	}

	/**
	 * How much outcomes of one cell vary, and cells of a level about the level before: a level's pseudo-count is the ratio of the
	 * two.
	 */
	#estimate(now: number): void {
		this.#sinceEstimate = 0;
		const levels = LEVELS.map((): LevelCell[] => []);
		let [within, degrees] = [0, 0];
		for (const cells of this.#models.values()) {
			for (const { level, cell, parent } of listCells(cells)) {
				const { weight, sum, squares } = this.#decay(cell, now);
				levels[level]?.push({ weight, mean: toMean(cell), parent });
				if (level !== 1 || weight <= 1) continue;
				within += squares - sum ** 2 / weight;
				degrees += weight - 1;
			}
		}
		if (degrees < MIN_DEGREES_OF_FREEDOM) return;
		this.#variance = Math.max(within / degrees, LEAST_VARIANCE);
		for (const [level, cells] of levels.entries())
			this.#pseudoCounts[level] = estimatePseudoCount(cells, this.#variance);
	}
}

/** A cell's mean beside that of the level before; `level` is a position in `LEVELS`. */
function* listCells({ all, byType, byWorkload }: ModelCells): Generator<{ level: number; cell: Cell; parent: number }> {
	yield { level: 0, cell: all, parent: 0 };
	for (const cell of byType) if (cell !== undefined) yield { level: 1, cell, parent: toMean(all) };
	for (const own of byWorkload.values()) {
		yield { level: 2, cell: own.all, parent: toMean(all) };
		for (const cell of own.byType) if (cell !== undefined) yield { level: 3, cell, parent: toMean(own.all) };
	}
}

interface LevelCell {
	weight: number;
	mean: number;
	parent: number;
}

const toMean = ({ weight, sum }: Cell): number => (weight === 0 ? 0 : sum / weight);

/**
 * The ratio of the variance within cells to that between them, by the method of moments of DerSimonian and Laird (1986). As long
 * as few cells tell, the default counts beside them.
 */
function estimatePseudoCount(cells: readonly LevelCell[], variance: number): number {
	const counted = cells.filter(({ weight }) => weight >= 2);
	const usual = variance / DEFAULT_PSEUDO_COUNT;
	const total = counted.reduce((sum, { weight }) => sum + weight, 0);
	if (total === 0) return DEFAULT_PSEUDO_COUNT;
	const spread = counted.reduce((sum, { weight, mean, parent }) => sum + weight * (mean - parent) ** 2, 0);
	const denominator = total - counted.reduce((sum, { weight }) => sum + weight ** 2, 0) / total;
	const between = Math.max(0, spread - (counted.length - 1) * variance) / Math.max(denominator, 1);
	const told = counted.reduce((sum, { weight }) => sum + weight / (weight + DEFAULT_PSEUDO_COUNT), 0);
	const mixed = (told * between + CELLS_OF_DEFAULT * usual) / (told + CELLS_OF_DEFAULT);
	return clamp(variance / mixed, LEAST_PSEUDO_COUNT, MOST_PSEUDO_COUNT);
}
