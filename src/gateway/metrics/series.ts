/** Sets of labels one metric has at most; what comes beyond is counted together as `other`. */
const MAX_SERIES = 2_000;

/** What a metric is called and what it means. */
export interface MetricName {
	name: string;
	help: string;
	/** Names of its labels, in the order in which their values are given. */
	labels: readonly string[];
}

/** The values of one metric by their labels, bounded. */
export class Series<Value> {
	readonly metric: MetricName;
	readonly #create: () => Value;
	readonly #values = new Map<string, { labels: readonly string[]; value: Value }>();

	constructor(metric: MetricName, create: () => Value) {
		this.metric = metric;
		this.#create = create;
	}

	/** The value of a set of labels, made when it is new. */
	at(labels: readonly string[]): Value {
		const key = labels.join('\n');
		const known = this.#values.get(key);
		if (known !== undefined) return known.value;
		if (this.#values.size >= MAX_SERIES && labels.some((label) => label !== 'other')) {
			return this.at(labels.map(() => 'other'));
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
