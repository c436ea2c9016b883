/** A metric's name, its meaning, and the names of its labels in the order of their values. */
export type MetricDefinition = [name: string, help: string, labels: readonly string[]];

/** Label sets one metric keeps; those beyond are counted together as `other`. */
const MAX_SERIES = 2_000;

/** The values of one metric by label set, bounded. */
abstract class Metric<Value> {
	readonly #values = new Map<string, { labels: readonly string[]; value: Value }>();

	protected abstract create(): Value;

	/** The value of a label set, created when it is new. */
	protected get(labels: readonly string[]): Value {
		const key = labels.join('\n');
		const known = this.#values.get(key);
		if (known !== undefined) return known.value;
		if (this.#values.size >= MAX_SERIES && labels.some((label) => label !== 'other')) {
			return this.get(labels.map(() => 'other'));
		}
		const value = this.create();
		this.#values.set(key, { labels, value });
		return value;
	}

	protected entries(): Iterable<{ labels: readonly string[]; value: Value }> {
		return this.#values.values();
	}

	/** In Prometheus' text format. */
	abstract write(): string;
}

/** A sum by label set that only rises. */
export class Counter extends Metric<{ count: number }> {
	readonly #definition: MetricDefinition;

	constructor(...definition: MetricDefinition) {
		super();
		this.#definition = definition;
	}

	/** Amounts of 0 or less are ignored: a counter cannot be corrected. */
	add(labels: readonly string[], amount = 1): void {
		if (amount > 0) this.get(labels).count += amount;
	}

	write(): string {
		let text = formatHead(this.#definition, 'counter');
		for (const { labels, value } of this.entries()) text += formatSample(this.#definition, labels, value.count);
		return text;
	}

	protected create(): { count: number } {
		return { count: 0 };
	}
}

/** Upper bounds of the buckets in seconds: from the time of a cached answer to that of the longest. */
const BUCKET_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600] as const;

interface Buckets {
	/** Observations of each bucket alone; the last is above every bound. */
	counts: Float64Array;
	sumS: number;
}

/** The distribution of durations by label set. */
export class Histogram extends Metric<Buckets> {
	readonly #definition: MetricDefinition;

	constructor(...definition: MetricDefinition) {
		super();
		this.#definition = definition;
	}

	observe(labels: readonly string[], durationMs: number): void {
		const seconds = durationMs / 1000;
		const buckets = this.get(labels);
		const bucket = BUCKET_BOUNDS_S.findIndex((bound) => seconds <= bound);
		const index = bucket === -1 ? BUCKET_BOUNDS_S.length : bucket;
		buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
		buckets.sumS += seconds;
	}

	write(): string {
		const [name, help, labelNames] = this.#definition;
		let text = formatHead(this.#definition, 'histogram');
		for (const { labels, value } of this.entries()) {
			let total = 0;
			for (const [index, count] of value.counts.entries()) {
				total += count;
				const bound = String(BUCKET_BOUNDS_S[index] ?? '+Inf');
				text += formatSample([`${name}_bucket`, help, [...labelNames, 'le']], [...labels, bound], total);
			}
			text += formatSample([`${name}_sum`, help, labelNames], labels, value.sumS);
			text += formatSample([`${name}_count`, help, labelNames], labels, total);
		}
		return text;
	}

	protected create(): Buckets {
		return { counts: new Float64Array(BUCKET_BOUNDS_S.length + 1), sumS: 0 };
	}
}

/** A metric whose values are read when they are asked for. */
export function formatGauge(
	definition: MetricDefinition,
	samples: ReadonlyArray<readonly [labels: string[], value: number]>,
): string {
	const lines = samples.map(([labels, value]) => formatSample(definition, labels, value));
	return formatHead(definition, 'gauge') + lines.join('');
}

function formatHead([name, help]: MetricDefinition, type: 'counter' | 'gauge' | 'histogram'): string {
	return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function formatSample([name, , labelNames]: MetricDefinition, labels: readonly string[], value: number): string {
	const pairs = labelNames.map((label, index) => `${label}="${escapeLabel(labels[index] ?? '')}"`).join(',');
	return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

function escapeLabel(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
