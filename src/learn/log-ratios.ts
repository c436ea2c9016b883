/** Ratios kept per series: what was true two hundred outcomes ago may not be now. */
const KEPT = 200;
/** Updates between two sortings, and the part of the ratios they may be: a lookup is a read, an update almost one. */
const REFRESH_EVERY = 4;
const REFRESH_PART = 0.1;
/** Largest and smallest ratio that is believed to be one: beyond, a figure is wrong, not an estimate. */
const LARGEST = Math.log(1000);

/** Where the middle 80 % of the ratios lie, and their median, as logarithms. */
export interface RatioSummary {
	count: number;
	low: number;
	median: number;
	high: number;
}

function quantile(sorted: readonly number[], part: number): number {
	const at = part * (sorted.length - 1);
	const [below, above] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0];
	return below + (above - below) * (at - Math.floor(at));
}

/** The last ratios of actual to predicted; medians and quantiles, so that one absurd figure moves little. */
export class LogRatios {
	readonly #values: number[] = [];
	#next = 0;
	#stale = 0;
	#summary: RatioSummary = { count: 0, low: 0, median: 0, high: 0 };

	/** Takes one pair; what is not above 0 says nothing and is passed over. */
	add(actual: number, predicted: number): void {
		if (!(actual > 0 && predicted > 0 && Number.isFinite(actual) && Number.isFinite(predicted))) return;
		const ratio = Math.log(actual / predicted);
		this.#values[this.#next] = Math.min(LARGEST, Math.max(-LARGEST, ratio));
		this.#next = (this.#next + 1) % KEPT;
		this.#stale += 1;
		const every = Math.max(REFRESH_EVERY, REFRESH_PART * this.#values.length);
		if (this.#stale >= every || this.#values.length <= 4 * REFRESH_EVERY) this.#refresh();
	}

	get summary(): RatioSummary {
		return this.#summary;
	}

	#refresh(): void {
		const sorted = [...this.#values].sort((one, other) => one - other);
		this.#stale = 0;
		this.#summary = {
			count: sorted.length,
			low: quantile(sorted, 0.1),
			median: quantile(sorted, 0.5),
			high: quantile(sorted, 0.9),
		};
	}
}
