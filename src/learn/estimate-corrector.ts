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
/** Pairs of model and task type; of more the one observed longest ago is forgotten. */
const MAX_PAIRS = 1000;
/** Relative change of a factor from which cached decisions are stale. */
const MIN_FACTOR_CHANGE = 0.1;

/** What is estimated. */
const QUANTITIES = ['inputTokens', 'outputTokens', 'cost', 'latency', 'completion'] as const;
type Quantity = (typeof QUANTITIES)[number];

interface CorrectedPair {
	series: Record<Quantity, LogRatios>;
	now: CorrectionFactors | null;
	/** The factors at the last change of `revision`. */
	published: CorrectionFactors | null;
}

/** Factors by what was seen; `null` when too little was. */
function toCorrection(series: CorrectedPair['series']): CorrectionFactors | null {
	const factors: CorrectionFactors = {};
	for (const quantity of QUANTITIES) {
		const { factor } = series[quantity];
		if (factor !== null) factors[quantity] = factor;
	}
	return Object.keys(factors).length === 0 ? null : factors;
}

/** A series for every quantity. */
function createSeries(): CorrectedPair['series'] {
	// every quantity is there
	return Object.fromEntries(QUANTITIES.map((name) => [name, new LogRatios()])) as CorrectedPair['series'];
}

function hasChanged(published: CorrectionFactors | null, now: CorrectionFactors | null): boolean {
	if (published === null || now === null) return published !== now;
	return QUANTITIES.some((quantity) => {
		const [before, after] = [published[quantity]?.factor, now[quantity]?.factor];
		if (before === undefined || after === undefined) return before !== after;
		return Math.abs(Math.log(after / before)) > MIN_FACTOR_CHANGE;
	});
}

/**
 * Corrects estimates by what was seen of a model on a type of task: the median of actual over predicted, and the middle
 * 80 % of it as the interval. A lookup is one read; memory is bounded.
 */
export class EstimateCorrector implements EstimateCorrection {
	readonly #pairs = new BoundedMap<string, CorrectedPair>(MAX_PAIRS);
	#revision = 0;

	/** Changes when a correction does so by more than a tenth: what was decided before is decided anew. */
	get revision(): number {
		return this.#revision;
	}

	/** What was seen of a model on a type of task; `null` where it was seen fewer than ten times. */
	factors(model: ModelName, type: TaskType): CorrectionFactors | null {
		return this.#pairs.peek(`${type} ${model}`)?.now ?? null;
	}

	/** Learns how one request came out against its uncorrected estimate; figures that cannot be compared are passed over. */
	observe({ model, taskType, predicted, actual }: EstimateObservation): void {
		const key = `${taskType} ${model}`;
		const pair = this.#pairs.peek(key) ?? { now: null, published: null, series: createSeries() };
		this.#pairs.set(key, pair);
		let isRefreshed = false;
		for (const quantity of QUANTITIES) {
			const expected = predicted[quantity];
			const came = actual[quantity];
			if (expected === undefined || came === undefined) continue;
			if (pair.series[quantity].add(came, expected)) isRefreshed = true;
		}
		if (!isRefreshed) return;
		pair.now = toCorrection(pair.series);
		if (!hasChanged(pair.published, pair.now)) return;
		pair.published = pair.now;
		this.#revision += 1;
	}

	/** Forgets everything. */
	clear(): void {
		this.#pairs.clear();
		this.#revision += 1;
	}
}

/** Ratios kept per series: what was true two hundred outcomes ago may not be now. */
const MAX_RATIOS = 200;
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

/** The last ratios of actual to predicted; medians and quantiles, so that one absurd figure moves little. */
class LogRatios {
	/** In the order in which they came, a new one in place of the oldest. */
	readonly #values = new Float64Array(MAX_RATIOS);
	/** The same, least first: kept so, as sorting all of them costs more than a request should. */
	readonly #sorted = new Float64Array(MAX_RATIOS);
	#count = 0;
	#next = 0;
	#stale = 0;
	#factor: CorrectionFactor | null = null;

	/** Takes one pair; what is not above 0 says nothing and is passed over. True: `factor` may have changed. */
	add(actual: number, predicted: number): boolean {
		if (!(actual > 0 && predicted > 0 && Number.isFinite(actual) && Number.isFinite(predicted))) return false;
		this.#replaceOldest(clamp(Math.log(actual / predicted), -MAX_LOG_RATIO, MAX_LOG_RATIO));
		this.#stale += 1;
		const every = Math.max(REFRESH_EVERY, REFRESH_SHARE * this.#count);
		if (this.#stale < every && this.#count > 4 * REFRESH_EVERY) return false;
		this.#refresh();
		return true;
	}

	/** The median ratio and where the middle 80 % lie; `null` of too few. */
	get factor(): CorrectionFactor | null {
		return this.#factor;
	}

	#replaceOldest(ratio: number): void {
		const sorted = this.#sorted;
		if (this.#count === MAX_RATIOS) {
			const gone = this.#findPlace(this.#values[this.#next] ?? 0);
			sorted.copyWithin(gone, gone + 1);
		} else this.#count += 1;
		const place = this.#findPlace(ratio, this.#count - 1);
		sorted.copyWithin(place + 1, place, this.#count - 1);
		sorted[place] = ratio;
		this.#values[this.#next] = ratio;
		this.#next = (this.#next + 1) % MAX_RATIOS;
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
		if (this.#count < MIN_CORRECTION_OUTCOMES) return;
		const sorted = this.#sorted.subarray(0, this.#count);
		const [low = 1, factor = 1, high = 1] = [0.1, 0.5, 0.9].map((part) => Math.exp(quantile(sorted, part)));
		this.#factor = { factor, low, high };
	}
}
