import { type ModelName, TASK_TYPES, type TaskType } from '../contracts/index.ts';
import { BoundedMap, clamp } from '../util/index.ts';

/** Models tracked at once; of more the one observed longest ago is forgotten. */
export const MAX_TRACKED_MODELS = 200;
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
	/** What it counts for; a rating by a person counts 1. Below 0 it takes one back that was counted. */
	weight: number;
	/** What it counts for beyond its workload, where that is less. @default `weight` */
	sharedWeight?: number | undefined;
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
	/** `mean` less the prior, not cut off at 0 and 1. */
	shift: number;
	/** Its standard deviation as a share of what it is without outcomes, 0 to 1. */
	doubt: number;
}

/** From the general to the particular; each is shrunk to the one before it. */
const LEVELS = ['model', 'type', 'workload', 'workload and type'] as const;

/** How much the levels differ from the one before, before data tell: 30 outcomes weigh as much as the level before. */
const DEFAULT_PSEUDO_COUNT = 30;
const LEAST_PSEUDO_COUNT = 2;
const MOST_PSEUDO_COUNT = 200;
/** Fully known cells that the default pseudo-count weighs as much as. */
const CELLS_OF_DEFAULT = 10;
/** Cells that the pseudo-counts are estimated from at most, a part of the workloads where there are more: a decision waits for it. */
const MAX_ESTIMATE_CELLS = 1000;
/** Cells for each of which a further outcome is waited for before the next estimate: reading few takes no time. */
const CELLS_AN_OUTCOME = 64;
/** Variance of one outcome until there are enough to tell: between that of stars (0.04) and of right or wrong (0.2). */
const DEFAULT_VARIANCE = 0.1;
/** Outcomes that the default variance weighs as much as: outcomes that never differ are no proof that none will. */
const OUTCOMES_OF_DEFAULT = 20;
/** How far one type of task may be from the rest in standard deviations before it counts for less there (Huber). */
const MOST_DEVIATIONS = 1.5;
/** A cell farther from the level before tells no more of how far cells usually are. */
const MOST_DISTANCE = 0.2;
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

/** Decayed outcomes below which a cell says nothing. */
const LEAST_WEIGHT = 1e-6;

/** What cells say of a level: its difference to the prior, and how unsure that is. */
interface Told {
	mean: number;
	variance: number;
	weight: number;
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
 * shrunk to the one before it by as much as the data show levels to differ (empirical Bayes, method of moments). A model, and a
 * workload, is judged by its types, none of which counts for more than one: what goes wrong at a single type says little of
 * the others. Old outcomes decay. Costs a pass over the types a question; bounded in models and workloads.
 */
export class Evidence {
	readonly #halfLifeMs: number;
	readonly #models = new BoundedMap<ModelName, ModelCells>(MAX_TRACKED_MODELS);
	/** Which models have cells for a workload, least recently used first. */
	readonly #workloads = new BoundedMap<string, Set<ModelName>>(MAX_WORKLOADS);
	readonly #pseudoCounts: number[] = LEVELS.map(() => DEFAULT_PSEUDO_COUNT);
	#variance = DEFAULT_VARIANCE;
	#sinceEstimate = 0;
	/** Cells read at the latest estimate. */
	#cells = 0;

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
	observe({ model, taskType, workload, value, expected, weight, sharedWeight, at }: EvidenceObservation): void {
		const difference = value - expected;
		const position = TYPE_POSITIONS.get(taskType) ?? 0;
		const cells = this.#models.peek(model) ?? { ...createCells(at), byWorkload: new Map() };
		this.#models.set(model, cells);
		this.#add(cells, { position, difference, weight: sharedWeight ?? weight, at });
		if (workload !== undefined)
			this.#add(this.#findWorkload(cells, { model, workload, at }), { position, difference, weight, at });
		this.#sinceEstimate += 1;
	}

	/** Whether anything was seen of a workload. */
	knows(workload: string): boolean {
		return this.#workloads.has(workload);
	}

	/** What to expect of a model; `prior` (0 to 1) is what is believed of it on the type without outcomes. */
	predict({ model, taskType, workload }: EvidenceKey, prior: number, now: number): Posterior {
		this.#estimateWhenDue(now);
		const cells = this.#models.peek(model);
		const own = workload === undefined ? undefined : cells?.byWorkload.get(workload);
		const position = TYPE_POSITIONS.get(taskType) ?? 0;
		const levels = workload === undefined ? 2 : LEVELS.length;
		let [difference, variance, unseen, outcomes] = [0, 0, 0, 0];
		for (let level = 0; level < levels; level += 1) {
			const between = this.#variance / (this.#pseudoCounts[level] ?? DEFAULT_PSEUDO_COUNT);
			// the level may differ from the one before it, whether or not anything was seen of it
			variance += between;
			unseen += between;
			const seen = level < 2 ? cells : own;
			if (seen === undefined) continue;
			const isPooled = level % 2 === 0;
			const told = isPooled
				? this.#pool(seen.byType, { difference, variance, level, now })
				: this.#read(seen.byType[position], now);
			if (told === null) continue;
			const gain = variance / (variance + told.variance);
			difference += gain * (told.mean - difference);
			variance *= 1 - gain;
			outcomes = told.weight;
		}
		const half = Z_SCORE_90_PERCENT * Math.sqrt(variance);
		const mean = clamp(prior + difference, 0, 1);
		const doubt = Math.sqrt(variance / unseen);
		return { mean, low: clamp(mean - half, 0, 1), high: clamp(mean + half, 0, 1), outcomes, doubt, shift: difference };
	}

	#estimateWhenDue(now: number): void {
		if (this.#sinceEstimate >= Math.max(1, this.#cells / CELLS_AN_OUTCOME)) this.#estimate(now);
	}

	/** What a cell says; `null`: nothing. */
	#read(cell: Cell | undefined, now: number): Told | null {
		if (cell === undefined) return null;
		const { weight, sum } = this.#decay(cell, now);
		// taking one decayed sum from another leaves a rounding error
		if (weight < LEAST_WEIGHT) return null;
		return { mean: sum / weight, variance: this.#variance / weight, weight };
	}

	/** What the types together say of their model or workload, each as one draw from it. */
	#pool(
		byType: Cells['byType'],
		level: { difference: number; variance: number; level: number; now: number },
	): Told | null {
		const between = this.#variance / (this.#pseudoCounts[level.level + 1] ?? DEFAULT_PSEUDO_COUNT);
		let [precision, sum, weight] = [0, 0, 0];
		for (const cell of byType) {
			const told = this.#read(cell, level.now);
			if (told === null) continue;
			const variance = between + told.variance;
			const most = MOST_DEVIATIONS * Math.sqrt(variance + level.variance);
			precision += 1 / variance;
			sum += (level.difference + clamp(told.mean - level.difference, -most, most)) / variance;
			weight += told.weight;
		}
		return precision === 0 ? null : { mean: sum / precision, variance: 1 / precision, weight };
	}

	/** Forgets everything. */
	clear(): void {
		this.#models.clear();
		this.#workloads.clear();
		this.#pseudoCounts.fill(DEFAULT_PSEUDO_COUNT);
		this.#variance = DEFAULT_VARIANCE;
		this.#sinceEstimate = 0;
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
		this.#cells = 0;
		const levels = LEVELS.map((): LevelCell[] => []);
		let [within, degrees] = [OUTCOMES_OF_DEFAULT * DEFAULT_VARIANCE, OUTCOMES_OF_DEFAULT];
		let workloads = 0;
		for (const { byWorkload } of this.#models.values()) workloads += byWorkload.size;
		// a model in a workload has a cell of its own, and one or more of types
		const every = Math.max(1, Math.ceil((3 * workloads) / MAX_ESTIMATE_CELLS));
		for (const cells of this.#models.values()) {
			for (const { level, cell, parent } of listCells(cells, every)) {
				const { weight, sum, squares } = this.#decay(cell, now);
				this.#cells += 1;
				levels[level]?.push({ weight, mean: toMean(cell), parent });
				if (level !== 1 || weight <= 1) continue;
				within += squares - sum ** 2 / weight;
				degrees += weight - 1;
			}
		}
		this.#variance = within / degrees;
		for (const [level, cells] of levels.entries())
			this.#pseudoCounts[level] = estimatePseudoCount(cells, this.#variance, level > 0);
	}
}

/** A cell's mean beside that of the level before, of one workload in so `many`; `level` is a position in `LEVELS`. */
function* listCells(
	{ all, byType, byWorkload }: ModelCells,
	many: number,
): Generator<{ level: number; cell: Cell; parent: number }> {
	yield { level: 0, cell: all, parent: 0 };
	for (const cell of byType) if (cell !== undefined) yield { level: 1, cell, parent: toMean(all) };
	let passed = 0;
	for (const own of byWorkload.values()) {
		passed += 1;
		if (passed % many !== 0) continue;
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
 * The ratio of the variance within cells to that of cells about the level before, by the method of moments. As long as few cells
 * tell, the default counts beside them.
 */
function estimatePseudoCount(cells: readonly LevelCell[], variance: number, isOwnMean: boolean): number {
	const counted = cells.filter(({ weight }) => weight >= 2);
	const usual = variance / DEFAULT_PSEUDO_COUNT;
	const total = counted.reduce((sum, { weight }) => sum + weight, 0);
	if (total === 0) return DEFAULT_PSEUDO_COUNT;
	const spread = counted.reduce((sum, { weight, mean, parent }) => {
		// by chance alone a cell of few outcomes may be farther
		return sum + weight * Math.min((mean - parent) ** 2, MOST_DISTANCE ** 2 + (9 * variance) / weight);
	}, 0);
	// the mean that cells are compared with is their own, but that of models is known: nothing
	const own = isOwnMean ? counted.reduce((sum, { weight }) => sum + weight ** 2, 0) / total : 0;
	const between = Math.max(0, spread - (counted.length - (isOwnMean ? 1 : 0)) * variance) / Math.max(total - own, 1);
	const told = counted.reduce((sum, { weight }) => sum + weight / (weight + DEFAULT_PSEUDO_COUNT), 0);
	const mixed = (told * between + CELLS_OF_DEFAULT * usual) / (told + CELLS_OF_DEFAULT);
	return clamp(variance / mixed, LEAST_PSEUDO_COUNT, MOST_PSEUDO_COUNT);
}
