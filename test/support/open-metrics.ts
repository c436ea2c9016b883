/** One line with a value. */
export interface MetricSample {
	name: string;
	labels: Readonly<Record<string, string>>;
	value: number;
}

/** A metric with its samples, in their order. */
export interface MetricFamily {
	/** A counter's without `_total`. */
	name: string;
	type: string;
	help: string;
	samples: MetricSample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const ESCAPED = '(?:[^\\n"\\\\]|\\\\[^\\n])*';
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="${ESCAPED}"`;
const NUMBER = '[+-]?(?:\\d+(?:\\.\\d*)?(?:[eE][+-]?\\d+)?|\\.\\d+(?:[eE][+-]?\\d+)?|[iI]nf(?:inity)?)|[nN]a[nN]';
const TYPE_LINE = new RegExp(
	`^# TYPE (${NAME}) (counter|gauge|histogram|gaugehistogram|stateset|info|summary|unknown)$`,
);
const HELP_LINE = new RegExp(`^# HELP (${NAME}) (${ESCAPED})$`);
const SAMPLE_LINE = new RegExp(`^(${NAME})(?:\\{((?:${LABEL}(?:,${LABEL})*)?)\\})? (${NUMBER})$`);

/** What a family's samples may be called beside its own name. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
	counter: ['_total', '_created'],
	gauge: [''],
	histogram: ['_bucket', '_count', '_sum', '_created'],
};

function fail(line: string, why: string): never {
	throw new Error(`Not OpenMetrics: ${why}: ${JSON.stringify(line)}`);
}

function parseLabels(text: string, line: string): Record<string, string> {
	const labels: Record<string, string> = {};
	for (const [, name = '', value = ''] of text.matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^\n"\\]|\\[^\n])*)"/g)) {
		if (Object.hasOwn(labels, name)) fail(line, `the label ${name} stands twice`);
		labels[name] = value.replaceAll(/\\(.)/gs, (_, character: string) => (character === 'n' ? '\n' : character));
	}
	return labels;
}

function parseNumber(text: string): number {
	if (/inf/i.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
	return Number(text);
}

function checkHistogram({ name, samples }: MetricFamily): void {
	const series = new Map<string, MetricSample[]>();
	for (const sample of samples) {
		const { le: _, ...rest } = sample.labels;
		const key = JSON.stringify(rest);
		series.set(key, [...(series.get(key) ?? []), sample]);
	}
	for (const [key, all] of series) {
		const buckets = all.filter((sample) => sample.name === `${name}_bucket`);
		const bounds = buckets.map(({ labels }) => (labels['le'] === undefined ? Number.NaN : parseNumber(labels['le'])));
		const count = all.find((sample) => sample.name === `${name}_count`)?.value;
		const rises = (list: readonly number[], isStrict: boolean) =>
			list.every(
				(value, index) => index === 0 || (isStrict ? value > (list[index - 1] ?? 0) : value >= (list[index - 1] ?? 0)),
			);
		if (!rises(bounds, true)) fail(`${name} ${key}`, 'bounds do not rise');
		if (bounds.at(-1) !== Number.POSITIVE_INFINITY) fail(`${name} ${key}`, 'there is no bucket +Inf');
		const counts = buckets.map(({ value }) => value);
		if (!rises(counts, false)) fail(`${name} ${key}`, 'buckets do not add up');
		if (counts.at(-1) !== count) fail(`${name} ${key}`, 'the count is not that of the last bucket');
		if (!all.some((sample) => sample.name === `${name}_sum`)) fail(`${name} ${key}`, 'there is no sum');
	}
}

function addSample(family: MetricFamily, line: string, seen: Set<string>): void {
	const [, name = '', labelText = '', number = ''] = SAMPLE_LINE.exec(line) ?? fail(line, 'no sample');
	const suffixes = SUFFIXES[family.type] ?? fail(line, `type ${family.type} is not used here`);
	if (!suffixes.some((suffix) => name === family.name + suffix))
		fail(line, `a sample of another family than ${family.name}`);
	const labels = parseLabels(labelText, line);
	const series = name + JSON.stringify(Object.entries(labels).sort());
	if (seen.has(series)) fail(line, 'the series stands twice');
	seen.add(series);
	const value = parseNumber(number);
	if (family.type !== 'gauge' && !(value >= 0)) fail(line, 'a count below 0');
	family.samples.push({ name, labels, value });
}

/** The families that were begun, the last of them open. */
class Families {
	readonly all = new Map<string, MetricFamily>();
	#current: MetricFamily | null = null;

	/** The family that a line of metadata is about. */
	describe(name: string, line: string): MetricFamily {
		if (this.#current?.name === name && this.#current.samples.length === 0) return this.#current;
		if (this.all.has(name)) fail(line, 'a family in two places');
		this.#current = { name, type: '', help: '', samples: [] };
		this.all.set(name, this.#current);
		return this.#current;
	}

	/** The family that a sample belongs to. */
	current(line: string): MetricFamily {
		return this.#current ?? fail(line, 'a sample before any family');
	}
}

function readMetadata(families: Families, line: string): void {
	const [, typed = '', type] = TYPE_LINE.exec(line) ?? [];
	const [, helped = '', help] = HELP_LINE.exec(line) ?? [];
	if (type === 'counter' && typed.endsWith('_total')) fail(line, 'a counter’s family is named without _total');
	if (type !== undefined) families.describe(typed, line).type = type;
	else if (help !== undefined) families.describe(helped, line).help = help;
	else fail(line, 'neither TYPE nor HELP');
}

/**
 * Reads a text by the grammar and the rules of OpenMetrics 1.0, as far as counters, gauges and histograms without timestamps
 * and exemplars go. @throws where it breaks one
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function parseOpenMetrics(text: string): MetricFamily[] {
	const families = new Families();
	const seen = new Set<string>();
	const lines = text.split('\n');
	if (lines.at(-1) === '') lines.pop();
	if (lines.pop() !== '# EOF') fail(text.slice(-80), 'it must end with # EOF');
	for (const line of lines) {
		if (line.startsWith('#')) readMetadata(families, line);
		else addSample(families.current(line), line, seen);
	}
	const all = [...families.all.values()];
	for (const family of all) if (family.type === 'histogram') checkHistogram(family);
	return all;
}
