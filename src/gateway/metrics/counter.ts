import { formatHead, formatSample } from './format-sample.ts';
import { type MetricName, Series } from './series.ts';

/** Counts what happened, by labels; it only rises. */
export class Counter {
	readonly #series: Series<{ count: number }>;

	constructor(metric: MetricName) {
		this.#series = new Series(metric, () => ({ count: 0 }));
	}

	/** Adds to the count of a set of labels; an amount below 0 would be a correction, which no counter can tell. */
	add(labels: readonly string[], amount = 1): void {
		if (amount > 0) this.#series.at(labels).count += amount;
	}

	/** As Prometheus reads it. */
	write(): string {
		const { metric } = this.#series;
		let text = formatHead(metric, 'counter');
		for (const { labels, value } of this.#series.entries()) text += formatSample(metric, labels, value.count);
		return text;
	}
}
