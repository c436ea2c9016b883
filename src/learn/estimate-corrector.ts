import type {
	CorrectionFactors,
	EstimateCorrection,
	EstimateObservation,
	ModelName,
	TaskType,
} from '../contracts/index.ts';
import { createDropOldest } from '../util/index.ts';
import { LogRatios, type RatioSummary } from './log-ratios.ts';

/** Outcomes of a model on a type of task before its estimates are corrected. */
export const MIN_CORRECTION_OUTCOMES = 10;
/** Pairs of model and task type kept; the one seen longest ago gives way. */
const MAX_PAIRS = 1000;
/** A factor that moves by this part is news: cached decisions are made anew. */
const NEWS = 0.1;

/** What is estimated. */
const QUANTITIES = ['inputTokens', 'outputTokens', 'cost', 'latency', 'completion'] as const;
type Quantity = (typeof QUANTITIES)[number];

type Series = Record<Quantity, LogRatios>;

interface Pair {
	series: Series;
	now: CorrectionFactors | null;
	/** The factors as they were last news. */
	told: CorrectionFactors | null;
}

function createSeries(): Series {
	return {
		inputTokens: new LogRatios(),
		outputTokens: new LogRatios(),
		cost: new LogRatios(),
		latency: new LogRatios(),
		completion: new LogRatios(),
	};
}

function factorsOf(summary: RatioSummary): { factor: number; low: number; high: number } | null {
	if (summary.count < MIN_CORRECTION_OUTCOMES) return null;
	const { low, median, high } = summary;
	return { factor: Math.exp(median), low: Math.exp(low), high: Math.exp(high) };
}

/** Factors by what was seen; `null` when too little was. */
function correctionOf(series: Series): CorrectionFactors | null {
	const factors: CorrectionFactors = {};
	for (const quantity of QUANTITIES) {
		const found = factorsOf(series[quantity].summary);
		if (found !== null) factors[quantity] = found;
	}
	return Object.keys(factors).length === 0 ? null : factors;
}

function isNews(told: CorrectionFactors | null, now: CorrectionFactors | null): boolean {
	if (told === null || now === null) return told !== now;
	return QUANTITIES.some((quantity) => {
		const [before, after] = [told[quantity]?.factor, now[quantity]?.factor];
		if (before === undefined || after === undefined) return before !== after;
		return Math.abs(Math.log(after / before)) > NEWS;
	});
}

/**
 * Corrects estimates by what was seen of a model on a type of task: the median of actual over predicted, and the middle
 * 80 % of it as the interval. A lookup is one read; memory is bounded.
 */
export class EstimateCorrector implements EstimateCorrection {
	readonly #pairs = new Map<string, Pair>();
	readonly #dropOldest = createDropOldest(this.#pairs);
	#revision = 0;

	/** Changes when a correction does so by more than a tenth: what was decided before is decided anew. */
	get revision(): number {
		return this.#revision;
	}

	/** What was seen of a model on a type of task; `null` where it was seen fewer than ten times. */
	factors(model: ModelName, type: TaskType): CorrectionFactors | null {
		return this.#pairs.get(`${type} ${model}`)?.now ?? null;
	}

	/** Learns how one request came out against its uncorrected estimate; figures that cannot be compared are passed over. */
	observe({ model, taskType, predicted, actual }: EstimateObservation): void {
		const key = `${taskType} ${model}`;
		const pair = this.#pairs.get(key) ?? { series: createSeries(), now: null, told: null };
		this.#pairs.delete(key);
		this.#pairs.set(key, pair);
		if (this.#pairs.size > MAX_PAIRS) this.#dropOldest();
		for (const quantity of QUANTITIES) {
			const [expected, came] = [predicted[quantity], actual[quantity]];
			if (expected !== undefined && came !== undefined) pair.series[quantity].add(came, expected);
		}
		pair.now = correctionOf(pair.series);
		if (!isNews(pair.told, pair.now)) return;
		pair.told = pair.now;
		this.#revision += 1;
	}

	/** Forgets everything. */
	clear(): void {
		this.#pairs.clear();
		this.#revision += 1;
	}
}
