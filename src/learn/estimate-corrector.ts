import type {
	CorrectionFactor,
	CorrectionFactors,
	EstimateCorrection,
	EstimateObservation,
	ModelName,
	TaskType,
} from '../contracts/index.ts';
import { BoundedMap, clamp } from '../util/index.ts';

/** Outcomes of a model on a type of task before its estimates are corrected. */
export const MIN_CORRECTION_OUTCOMES = 10;
/** Models; of more the one observed longest ago is forgotten. */
const MAX_MODELS = 100;
/** Workloads; of more the one observed longest ago is forgotten. */
const MAX_WORKLOADS = 500;
/** Models on a type of task in a workload; of more the workload observed longest ago is forgotten. */
const MAX_OWN_CELLS = 2000;
/** Ratios kept per series: what was true two hundred outcomes ago may not be now. */
const MAX_RATIOS = 200;
/** Of a model on a type in a workload, whose work varies less. */
const MAX_OWN_RATIOS = 64;
/** Relative change of a factor from which cached decisions are stale. */
const MIN_FACTOR_CHANGE = 0.1;
/**
 * How far the levels differ from the one before, as standard deviations of the logarithm: what is assumed of types of a model, of
 * workloads, and of types in a workload. What is seen of one counts for more, the less its single outcomes vary.
 */
const SPREAD = { model: 0.7, type: 1, workload: 0.7, both: 0.5 } as const;
/** Half the middle 80 % of a normal distribution, in standard deviations. */
const Z_SCORE_80_PERCENT = 1.2816;

/** What is estimated. */
const QUANTITIES = ['inputTokens', 'outputTokens', 'cost', 'latency', 'completion'] as const;
type Quantity = (typeof QUANTITIES)[number];
/** A model on one type of task, in all workloads or in one. */
type Cell = Record<Quantity, LogRatios>;
type CellsByType = Map<TaskType, Cell>;

/** What was seen of one model. */
interface ModelCells {
	byType: CellsByType;
	byWorkload: Map<string, CellsByType>;
	/** Factors as they were asked for since the latest change, by workload and type. */
	asked: Map<string, CorrectionFactors | null>;
	/** The factors at the last change of a revision, by workload and type. */
	published: Map<string, CorrectionFactors | null>;
}

/** A believed logarithm of actual over predicted. */
interface Belief {
	mean: number;
	variance: number;
}

function createCell(capacity: number): Cell {
	// every quantity is there
	return Object.fromEntries(QUANTITIES.map((name) => [name, new LogRatios(capacity)])) as Cell;
}

const toName = (workload: string | undefined, type: TaskType): string => `${workload ?? ''} ${type}`;

function hasChanged(published: CorrectionFactors | null, now: CorrectionFactors | null): boolean {
	if (published === null || now === null) return published !== now;
	return QUANTITIES.some((quantity) => {
		const [before, after] = [published[quantity]?.factor, now[quantity]?.factor];
		if (before === undefined || after === undefined) return before !== after;
		return Math.abs(Math.log(after / before)) > MIN_FACTOR_CHANGE;
	});
}

/**
 * Corrects estimates by what was seen: the median of actual over predicted, and the middle 80 % of it as the interval, of a
 * model on a type of task. Types that were seen seldom lean on the model's others, and a workload on the type in all
 * workloads, the more the fewer outcomes it has and the more those vary. Nothing is corrected before a model was seen ten times on
 * one type. What was computed once is one read until the model is seen again; memory is bounded.
 */
export class EstimateCorrector implements EstimateCorrection {
	readonly #models = new BoundedMap<ModelName, ModelCells>(MAX_MODELS);
	/** Models with cells in a workload. */
	readonly #workloads = new BoundedMap<string, { models: Set<ModelName>; revision: number }>(MAX_WORKLOADS);
	#ownCells = 0;
	#revision = 0;

	/** Changes when a correction for all workloads does so by more than a tenth: what was decided before is decided anew. */
	get revision(): number {
		return this.#revision;
	}

	/** The same of one workload's corrections; 0: nothing was seen of it. */
	workloadRevision(workload: string): number {
		return this.#workloads.peek(workload)?.revision ?? 0;
	}

	/** What was seen of a model on a type of task, in a workload where that is known; `null` where too little was. */
	factors(model: ModelName, type: TaskType, workload?: string): CorrectionFactors | null {
		const cells = this.#models.peek(model);
		if (cells === undefined) return null;
		const name = toName(cells.byWorkload.has(workload ?? '') ? workload : undefined, type);
		const known = cells.asked.get(name);
		if (known !== undefined) return known;
		const factors = toFactors(cells, type, workload);
		cells.asked.set(name, factors);
		return factors;
	}

	/** Learns how one request came out against its uncorrected estimate; figures that cannot be compared are passed over. */
	observe(observation: EstimateObservation): void {
		const { model, taskType, workload } = observation;
		const cells = this.#models.peek(model) ?? createModelCells();
		const evicted = this.#models.set(model, cells);
		if (evicted !== undefined) this.#forgetModel(...evicted);
		const places = [getOrAdd(cells.byType, taskType, MAX_RATIOS)];
		if (workload !== undefined) places.push(this.#findOwn(cells, { model, taskType, workload }));
		if (!addTo(places, observation)) return;
		cells.asked.clear();
		if (this.#publish(cells, model, cells.byType.keys())) this.#revision += 1;
		const own = workload === undefined ? undefined : this.#workloads.peek(workload);
		if (own === undefined) return;
		if (this.#publish(cells, model, cells.byWorkload.get(workload ?? '')?.keys() ?? [], workload)) own.revision += 1;
	}

	/** Forgets everything. */
	clear(): void {
		this.#models.clear();
		this.#workloads.clear();
		this.#ownCells = 0;
		this.#revision += 1;
	}

	/** True when a factor is news; all are published then. */
	#publish(cells: ModelCells, model: ModelName, types: Iterable<TaskType>, workload?: string): boolean {
		let isNews = false;
		for (const type of types) {
			const name = toName(workload, type);
			const now = this.factors(model, type, workload);
			if (!hasChanged(cells.published.get(name) ?? null, now)) continue;
			cells.published.set(name, now);
			isNews = true;
		}
		return isNews;
	}

	#findOwn(cells: ModelCells, { model, taskType, workload }: OwnKey): Cell {
		const known = this.#workloads.peek(workload) ?? { models: new Set(), revision: 0 };
		known.models.add(model);
		const evicted = this.#workloads.set(workload, known);
		if (evicted !== undefined) this.#forgetWorkload(evicted[0], evicted[1].models);
		const own = cells.byWorkload.get(workload) ?? new Map<TaskType, Cell>();
		cells.byWorkload.set(workload, own);
		if (own.has(taskType)) return getOrAdd(own, taskType, MAX_OWN_RATIOS);
		this.#ownCells += 1;
		const cell = getOrAdd(own, taskType, MAX_OWN_RATIOS);
		while (this.#ownCells > MAX_OWN_CELLS && this.#workloads.size > 1) {
			const [name, { models }] = this.#workloads.evictOldest() ?? ['', { models: [] }];
			this.#forgetWorkload(name, models);
		}
		return cell;
	}

	#forgetWorkload(workload: string, models: Iterable<ModelName>): void {
		for (const model of models) {
			const cells = this.#models.peek(model);
			this.#ownCells -= cells?.byWorkload.get(workload)?.size ?? 0;
			cells?.byWorkload.delete(workload);
			for (const kept of [cells?.asked, cells?.published])
				for (const name of kept?.keys() ?? []) if (name.startsWith(`${workload} `)) kept?.delete(name);
		}
	}

	#forgetModel(model: ModelName, { byWorkload }: ModelCells): void {
		for (const [workload, own] of byWorkload) {
			this.#ownCells -= own.size;
			this.#workloads.peek(workload)?.models.delete(model);
		}
	}
}

/** Where an outcome belongs beside the model's own cell of the type. */
interface OwnKey {
	model: ModelName;
	taskType: TaskType;
	workload: string;
}

function createModelCells(): ModelCells {
	return { byType: new Map(), byWorkload: new Map(), asked: new Map(), published: new Map() };
}

function getOrAdd(cells: CellsByType, type: TaskType, capacity: number): Cell {
	let cell = cells.get(type);
	if (cell === undefined) {
		cell = createCell(capacity);
		cells.set(type, cell);
	}
	return cell;
}

/** True where something to ask for has changed. */
function addTo(places: readonly Cell[], { actual, predicted }: EstimateObservation): boolean {
	let isRefreshed = false;
	for (const quantity of QUANTITIES) {
		const [expected, came] = [predicted[quantity], actual[quantity]];
		if (expected === undefined || came === undefined) continue;
		for (const cell of places) if (cell[quantity].add(came, expected)) isRefreshed = true;
	}
	return isRefreshed;
}

/** Factors by what was seen; `null` when too little was of every quantity. */
function toFactors(cells: ModelCells, type: TaskType, workload: string | undefined): CorrectionFactors | null {
	const factors: CorrectionFactors = {};
	for (const quantity of QUANTITIES) {
		const factor = toFactor(cells, { quantity, type, workload });
		if (factor !== null) factors[quantity] = factor;
	}
	return Object.keys(factors).length === 0 ? null : factors;
}

interface Question {
	quantity: Quantity;
	type: TaskType;
	workload: string | undefined;
}

function toFactor(cells: ModelCells, { quantity, type, workload }: Question): CorrectionFactor | null {
	const said = summarize(cells.byType, quantity);
	const typical = findTypical(said, type);
	if (typical === null) return null;
	let belief = believeType(said, type);
	let spread = typical;
	const own = workload === undefined ? undefined : cells.byWorkload.get(workload);
	if (own !== undefined) {
		const ofWorkload = summarize(own, quantity);
		belief = believeWorkload(belief, { said, ofWorkload, type });
		const exact = ofWorkload.get(type);
		if (exact !== undefined && exact.count >= MIN_CORRECTION_OUTCOMES) spread = exact;
	}
	const { mean, variance } = belief;
	const doubt = Z_SCORE_80_PERCENT ** 2 * variance;
	const below = Math.sqrt((spread.median - spread.low) ** 2 + doubt);
	const above = Math.sqrt((spread.high - spread.median) ** 2 + doubt);
	return { factor: Math.exp(mean), low: Math.exp(mean - below), high: Math.exp(mean + above) };
}

/** What every type says of one quantity. */
function summarize(cells: CellsByType, quantity: Quantity): Map<TaskType, RatioSummary> {
	const said = new Map<TaskType, RatioSummary>();
	for (const [type, cell] of cells) {
		const { summary } = cell[quantity];
		if (summary !== null) said.set(type, summary);
	}
	return said;
}

/** The type's own outcomes, else those of the type that was seen most; `null` while none was seen often enough. */
function findTypical(said: ReadonlyMap<TaskType, RatioSummary>, type: TaskType): RatioSummary | null {
	const own = said.get(type);
	if (own !== undefined && own.count >= MIN_CORRECTION_OUTCOMES) return own;
	let most: RatioSummary | null = null;
	for (const summary of said.values()) if (summary.count > (most?.count ?? 0)) most = summary;
	return most === null || most.count < MIN_CORRECTION_OUTCOMES ? null : most;
}

/** The median of the type itself once it was seen often enough; until then between that and the model's other types. */
function believeType(said: ReadonlyMap<TaskType, RatioSummary>, type: TaskType): Belief {
	const own = said.get(type);
	if (own !== undefined && own.count >= MIN_CORRECTION_OUTCOMES) return { mean: own.median, variance: 0 };
	const types = [...said].map(([, { median, deviation, count }]) => ({
		distance: median,
		variance: SPREAD.type ** 2 + deviation ** 2 / count,
	}));
	const general = shrink({ mean: 0, variance: SPREAD.model ** 2 }, types);
	// of a type that was never seen, the estimate's own interval says how unsure it is
	if (own === undefined) return { mean: general.mean, variance: 0 };
	return narrow({ mean: general.mean, variance: general.variance + SPREAD.type ** 2 }, own);
}

/** Moves what is believed of the type to what the workload's types say of it, and then to what this one says. */
function believeWorkload(
	{ mean, variance }: Belief,
	{ said, ofWorkload, type }: Record<'said' | 'ofWorkload', ReadonlyMap<TaskType, RatioSummary>> & { type: TaskType },
): Belief {
	const types = [...ofWorkload].map(([each, { median, deviation, count }]) => ({
		distance: median - believeType(said, each).mean,
		variance: SPREAD.both ** 2 + deviation ** 2 / count,
	}));
	const offset = shrink({ mean: 0, variance: SPREAD.workload ** 2 }, types);
	const wider = { mean: mean + offset.mean, variance: variance + offset.variance + SPREAD.both ** 2 };
	const own = ofWorkload.get(type);
	return own === undefined ? wider : narrow(wider, own);
}

/** A belief after draws around it, each by its own precision. */
function shrink(prior: Belief, draws: ReadonlyArray<{ distance: number; variance: number }>): Belief {
	let precision = 1 / prior.variance;
	let sum = prior.mean * precision;
	for (const { distance, variance } of draws) {
		precision += 1 / variance;
		sum += distance / variance;
	}
	return { mean: sum / precision, variance: 1 / precision };
}

/** A belief after outcomes of its own cell. */
function narrow(belief: Belief, { median, deviation, count }: RatioSummary): Belief {
	return shrink(belief, [{ distance: median, variance: deviation ** 2 / count }]);
}

/** Ratios below which nothing is said. */
const MIN_SUMMARY_RATIOS = 3;
/** Room for ratios at first: most series stay short. */
const FIRST_SIZE = 16;
/** Width of the middle 80 % of a normal distribution in standard deviations. */
const MIDDLE_80_PERCENT = 2.5631;
/** Standard deviation of a logarithm of which nothing is known. */
const USUAL_DEVIATION = 0.7;
/** Updates between two sortings, and the part of the ratios they may be: a lookup is a read, an update almost one. */
const REFRESH_EVERY = 4;
const REFRESH_SHARE = 0.1;
/** Largest and smallest ratio that is believed to be one: beyond, a figure is wrong, not an estimate. */
const MAX_LOG_RATIO = Math.log(1000);

function quantile(sorted: Float64Array, part: number): number {
	const at = part * (sorted.length - 1);
	const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
	return below + (above - below) * (at - Math.floor(at));
}

/** What logarithms of ratios say together. */
interface RatioSummary {
	median: number;
	/** Where the middle 80 % begin and end. */
	low: number;
	high: number;
	/** Standard deviation, read off the middle 80 %, of which few outcomes say little. */
	deviation: number;
	count: number;
}

/** The last ratios of actual to predicted; medians and quantiles, so that one absurd figure moves little. */
class LogRatios {
	readonly #capacity: number;
	/** In the order in which they came, a new one in place of the oldest. Grows up to the capacity. */
	#values: Float64Array<ArrayBuffer> = new Float64Array(FIRST_SIZE);
	/** The same, least first: kept so, as sorting all of them costs more than a request should. */
	#sorted: Float64Array<ArrayBuffer> = new Float64Array(FIRST_SIZE);
	#count = 0;
	#next = 0;
	#stale = 0;
	#summary: RatioSummary | null = null;

	/** `capacity`: ratios that are kept. */
	constructor(capacity: number) {
		this.#capacity = capacity;
	}

	/** Takes one pair; what is not above 0 says nothing and is passed over. True: `summary` may have changed. */
	add(actual: number, predicted: number): boolean {
		if (!(actual > 0 && predicted > 0 && Number.isFinite(actual) && Number.isFinite(predicted))) return false;
		this.#replaceOldest(clamp(Math.log(actual / predicted), -MAX_LOG_RATIO, MAX_LOG_RATIO));
		this.#stale += 1;
		const every = Math.max(REFRESH_EVERY, REFRESH_SHARE * this.#count);
		if (this.#stale < every && this.#count > 4 * REFRESH_EVERY) return false;
		this.#refresh();
		return true;
	}

	/** `null` of too few. */
	get summary(): RatioSummary | null {
		return this.#summary;
	}

	#grow(): void {
		const size = Math.min(this.#capacity, 2 * this.#count);
		const [values, sorted] = [this.#values, this.#sorted];
		this.#values = new Float64Array(size);
		this.#sorted = new Float64Array(size);
		this.#values.set(values);
		this.#sorted.set(sorted);
	}

	#replaceOldest(ratio: number): void {
		if (this.#count === this.#values.length && this.#count < this.#capacity) this.#grow();
		const sorted = this.#sorted;
		if (this.#count === this.#capacity) {
			const gone = this.#findPlace(this.#values[this.#next] ?? 0);
			sorted.copyWithin(gone, gone + 1);
		} else this.#count += 1;
		const place = this.#findPlace(ratio, this.#count - 1);
		sorted.copyWithin(place + 1, place, this.#count - 1);
		sorted[place] = ratio;
		this.#values[this.#next] = ratio;
		this.#next = (this.#next + 1) % this.#capacity;
	}

	/** The first place among the sorted ratios, of which there are so many, whose ratio is not below. */
	#findPlace(ratio: number, count = this.#count): number {
		let [from, to] = [0, count];
		while (from < to) {
			const middle = (from + to) >> 1;
			if ((this.#sorted[middle] ?? 0) < ratio) from = middle + 1;
			else to = middle;
		}
		return from;
	}

	#refresh(): void {
		this.#stale = 0;
		if (this.#count < MIN_SUMMARY_RATIOS) return;
		const sorted = this.#sorted.subarray(0, this.#count);
		const [low = 0, median = 0, high = 0] = [0.1, 0.5, 0.9].map((part) => quantile(sorted, part));
		// few that happen to be alike are no proof of work that never varies
		const doubt = USUAL_DEVIATION / Math.sqrt(this.#count);
		const deviation = Math.max((high - low) / MIDDLE_80_PERCENT, doubt);
		this.#summary = { low, median, high, deviation, count: this.#count };
	}
}
