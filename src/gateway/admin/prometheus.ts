/** Counts what happened, by labels; it only rises. */
export class Counter {
	readonly #series: Series<{ count: number }>;

	constructor(metric: MetricDefinition) {
		this.#series = new Series(metric, () => ({ count: 0 }));
	}

	/** Adds to the count of a set of labels; an amount below 0 would be a correction, which no counter can tell. */
	add(labels: readonly string[], amount = 1): void {
		if (amount > 0) this.#series.get(labels).count += amount;
	}

	/** As Prometheus reads it. */
	write(): string {
		const { metric } = this.#series;
		let text = formatHead(metric, 'counter');
		for (const { labels, value } of this.#series.entries()) text += formatSample(metric, labels, value.count);
		return text;
	}
}

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

	constructor(metric: MetricDefinition) {
		this.#series = new Series(metric, () => ({ counts: new Float64Array(BORDERS_S.length + 1), sumS: 0 }));
	}

	/** Takes in a time in milliseconds. */
	observe(labels: readonly string[], ms: number): void {
		const seconds = ms / 1000;
		const buckets = this.#series.get(labels);
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

/** Sets of labels one metric has at most; what comes beyond is counted together as `other`. */
const MAX_SERIES = 2_000;

/** What a metric is called and what it means. */
export interface MetricDefinition {
	name: string;
	help: string;
	/** Names of its labels, in the order in which their values are given. */
	labels: readonly string[];
}

/** The values of one metric by their labels, bounded. */
export class Series<Value> {
	readonly metric: MetricDefinition;
	readonly #create: () => Value;
	readonly #values = new Map<string, { labels: readonly string[]; value: Value }>();

	constructor(metric: MetricDefinition, create: () => Value) {
		this.metric = metric;
		this.#create = create;
	}

	/** The value of a set of labels, made when it is new. */
	get(labels: readonly string[]): Value {
		const key = labels.join('\n');
		const known = this.#values.get(key);
		if (known !== undefined) return known.value;
		if (this.#values.size >= MAX_SERIES && labels.some((label) => label !== 'other')) {
			return this.get(labels.map(() => 'other'));
		}
		const value = this.#create();
		this.#values.set(key, { labels, value });
		return value;
	}

	/** Every set of labels with its value, in the order of their first use. */
	entries(): Iterable<{ labels: readonly string[]; value: Value }> {
		return this.#values.values();
	}
}

function escapeLabel(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** The lines that stand above a metric's samples. */
function formatHead({ help, name }: MetricDefinition, type: 'counter' | 'gauge' | 'histogram'): string {
	return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

/** One line: a metric's name, its labels, its value. */
function formatSample({ labels, name }: MetricDefinition, values: readonly string[], value: number): string {
	const said = labels.map((label, index) => `${label}="${escapeLabel(values[index] ?? '')}"`).join(',');
	return `${name}${said === '' ? '' : `{${said}}`} ${value}\n`;
}

/** A metric that is read at the moment it is asked for. */
export function formatGauge(metric: MetricDefinition, samples: ReadonlyArray<readonly [string[], number]>): string {
	return formatHead(metric, 'gauge') + samples.map(([values, value]) => formatSample(metric, values, value)).join('');
}
