/** What a metric is called, what it means, and the names of its labels in the order of their values. */
export type MetricDefinition = [name: string, help: string, labelNames: readonly string[]];

/** Label sets one metric keeps; those beyond are counted together as `other`. */
const MAX_SERIES = 2_000;

/** Values by label set, in Prometheus' text format. Bounded. */
abstract class Metric<Value> {
	readonly name: string;
	readonly labelNames: readonly string[];
	readonly #head: string;
	readonly #values = new Map<string, { labels: readonly string[]; value: Value }>();

	constructor(type: 'counter' | 'histogram', [name, help, labelNames]: MetricDefinition) {
		this.name = name;
		this.labelNames = labelNames;
		this.#head = formatHead(type, name, help);
	}

	write(): string {
		const series = [...this.#values.values()].map(({ labels, value }) => this.writeSeries(labels, value));
		return this.#head + series.join('');
	}

	protected abstract create(): Value;
	protected abstract writeSeries(labels: readonly string[], value: Value): string;

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
}

/** A sum by label set that only rises. */
export class Counter extends Metric<{ count: number }> {
	constructor(...definition: MetricDefinition) {
		super('counter', definition);
	}

	/** Amounts of 0 or less are ignored: a counter cannot be corrected. */
	add(labels: readonly string[], amount = 1): void {
		if (amount > 0) this.get(labels).count += amount;
	}

	protected create(): { count: number } {
		return { count: 0 };
	}

	protected writeSeries(labels: readonly string[], { count }: { count: number }): string {
		return formatSample(this, labels, count);
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
	constructor(...definition: MetricDefinition) {
		super('histogram', definition);
	}

	observe(labels: readonly string[], durationMs: number): void {
		const seconds = durationMs / 1000;
		const buckets = this.get(labels);
		const bucket = BUCKET_BOUNDS_S.findIndex((bound) => seconds <= bound);
		const index = bucket === -1 ? BUCKET_BOUNDS_S.length : bucket;
		buckets.counts[index] = (buckets.counts[index] ?? 0) + 1;
		buckets.sumS += seconds;
	}

	protected create(): Buckets {
		return { counts: new Float64Array(BUCKET_BOUNDS_S.length + 1), sumS: 0 };
	}

	protected writeSeries(labels: readonly string[], { counts, sumS }: Buckets): string {
		const { labelNames, name } = this;
		let total = 0;
		let text = '';
		for (const [index, count] of counts.entries()) {
			total += count;
			const bound = String(BUCKET_BOUNDS_S[index] ?? '+Inf');
			text += formatSample({ name: `${name}_bucket`, labelNames: [...labelNames, 'le'] }, [...labels, bound], total);
		}
		text += formatSample({ name: `${name}_sum`, labelNames }, labels, sumS);
		return text + formatSample({ name: `${name}_count`, labelNames }, labels, total);
	}
}

/** A metric whose values are read when they are asked for. */
export function formatGauge(
	[name, help, labelNames]: MetricDefinition,
	samples: ReadonlyArray<readonly [labels: readonly string[], value: number]>,
): string {
	const lines = samples.map(([labels, value]) => formatSample({ name, labelNames }, labels, value));
	return formatHead('gauge', name, help) + lines.join('');
}

function formatHead(type: 'counter' | 'gauge' | 'histogram', name: string, help: string): string {
	return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function formatSample(
	{ name, labelNames }: Pick<Metric<unknown>, 'name' | 'labelNames'>,
	labels: readonly string[],
	value: number,
): string {
	const pairs = labelNames.map((label, index) => `${label}="${escapeLabel(labels[index] ?? '')}"`).join(',');
	return `${name}${pairs === '' ? '' : `{${pairs}}`} ${value}\n`;
}

function escapeLabel(value: string): string {
	return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
