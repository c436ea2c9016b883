import { formatHead, formatSample } from './format-sample.ts';
import { type MetricName, Series } from './series.ts';

/** Upper borders of the buckets, in seconds: from what a cache takes to the longest answers. */
const BORDERS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

interface Buckets {
	/** Observations in each bucket alone; the last is beyond every border. */
	counts: Float64Array;
	sumS: number;
}

/** How times are spread, by labels. */
export class Histogram {
	readonly #series: Series<Buckets>;

	constructor(metric: MetricName) {
		this.#series = new Series(metric, () => ({ counts: new Float64Array(BORDERS_S.length + 1), sumS: 0 }));
	}

	/** Takes in a time in milliseconds. */
	observe(labels: readonly string[], ms: number): void {
		const seconds = ms / 1000;
		const buckets = this.#series.at(labels);
		const found = BORDERS_S.findIndex((border) => seconds <= border);
		const index = found === -1 ? BORDERS_S.length : found;
		buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
		buckets.sumS += seconds;
	}

	/** As Prometheus reads it. */
	write(): string {
		const { metric } = this.#series;
		const { name, help } = metric;
		const bucket = { name: `${name}_bucket`, help, labels: [...metric.labels, 'le'] };
		let text = formatHead(metric, 'histogram');
		for (const { labels, value } of this.#series.entries()) {
			let total = 0;
			for (const [index, count] of value.counts.entries()) {
				total += count;
				text += formatSample(bucket, [...labels, String(BORDERS_S[index] ?? '+Inf')], total);
			}
			text += formatSample({ ...metric, name: `${name}_sum` }, labels, value.sumS);
			text += formatSample({ ...metric, name: `${name}_count` }, labels, total);
		}
		return text;
	}
}
