import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { CostEntry, RouterEvent, RouterEventListener } from '../../contracts/index.ts';
import { assertNever, escapeLines, SECOND_MS } from '../../util/index.ts';
import type { ActiveCooldown } from '../gateway-state.ts';
import type { GatewayRoute } from '../routes.ts';

/** Values that are not counted but read when somebody asks. */
interface GaugeValues {
	version: string;
	/** Epoch milliseconds. */
	startedAt: number;
	/** Requests that hold a permit. */
	inFlight: number;
	/** Requests that wait for one. */
	queued: number;
	isStorageDegraded: boolean;
	cooldowns: readonly ActiveCooldown[];
}

/** Counts what happens in the gateway. Labels are routes, formats, models and deployments: never keys, tags or sessions. */
export class GatewayMetrics {
	readonly #lag = new EventLoopLag();
	readonly #metrics = {
		requests: new Counter(
			'switchyard_requests_total',
			'Requests answered, by route, format of the caller and class of the status.',
			['route', 'format', 'status'],
		),
		durations: new Histogram('switchyard_request_duration_seconds', 'Time from a request to the end of its answer.', [
			'route',
			'format',
		]),
		firstOutputs: new Histogram(
			'switchyard_time_to_first_output_seconds',
			'Time from a request to the first output of its stream.',
			['format'],
		),
		attempts: new Counter(
			'switchyard_attempts_total',
			'Calls of models, by outcome: success, skipped, or the kind of failure.',
			['deployment', 'model', 'outcome'],
		),
		fallbacks: new Counter('switchyard_fallbacks_total', 'Requests that went on with another model.', ['from', 'to']),
		rateLimits: new Counter('switchyard_rate_limits_total', 'Limits of providers that were met.', ['model']),
		tokens: new Counter('switchyard_tokens_total', 'Tokens used, in classes that do not overlap.', ['model', 'class']),
		cost: new Counter('switchyard_cost_nano_usd_total', 'Cost of priced calls in nano-dollars (1e-9 USD).', ['model']),
		unpriced: new Counter(
			'switchyard_unpriced_calls_total',
			'Calls of models without a price: their cost is unknown, not 0.',
			['model'],
		),
		alerts: new Counter('switchyard_budget_alerts_total', 'Alerts of budgets, by period and threshold in percent.', [
			'period',
			'threshold',
		]),
	};

	/** Counts the events of a system. */
	readonly onEvent: RouterEventListener = (event) => this.#count(event);

	/** Counts a request whose answer has ended. */
	recordResponse(route: GatewayRoute | null, response: ServerResponse, durationMs: number): void {
		const [kind, format] = getLabels(route);
		this.#metrics.requests.add([kind, format, classifyStatus(response)]);
		this.#metrics.durations.observe([kind, format], durationMs);
	}

	/** Takes in the time to first output of a stream. */
	recordFirstOutput(route: GatewayRoute, durationMs: number): void {
		const [, format] = getLabels(route);
		this.#metrics.firstOutputs.observe([format], durationMs);
	}

	/** Every metric, in Prometheus' text format. */
	write(values: GaugeValues): string {
		const counted = Object.values(this.#metrics).map((metric) => metric.write());
		return counted.join('') + this.#writeGauges(values);
	}

	close(): void {
		this.#lag.close();
	}

	#writeGauges({ cooldowns, inFlight, isStorageDegraded, queued, startedAt, version }: GaugeValues): string {
		const gauge = (name: string, help: string, value: number) => formatGauge([name, help, []], [[[], value]]);
		const lag: MetricDefinition = [
			'switchyard_event_loop_lag_seconds',
			'How late the event loop was since the last reading, by quantile; measured from the first reading on.',
			['quantile'],
		];
		const resting: MetricDefinition = [
			'switchyard_deployment_resting',
			'1: the model is left alone at the deployment, because of a failure or an open circuit.',
			['deployment', 'model', 'cause'],
		];
		return [
			gauge('switchyard_requests_in_flight', 'Requests that are served now.', inFlight),
			gauge('switchyard_queue_length', 'Requests that wait for a place.', queued),
			gauge('switchyard_storage_degraded', '1: nothing can be written to the database.', isStorageDegraded ? 1 : 0),
			formatGauge(
				resting,
				cooldowns.map(({ cause, deployment, model }) => [[deployment, model, cause], 1] as const),
			),
			formatGauge(lag, this.#lag.read()),
			gauge('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
			gauge('process_start_time_seconds', 'When the gateway began, in Unix time.', startedAt / 1000),
			formatGauge(['switchyard_info', 'The version that runs.', ['version']], [[[version], 1]]),
		].join('');
	}

	#count(event: RouterEvent): void {
		switch (event.type) {
			case 'attempt-end': {
				const { deployment = '', failure = 'unknown', model, outcome } = event.attempt;
				this.#metrics.attempts.add([deployment, model, outcome === 'failure' ? failure : outcome]);
				return;
			}
			case 'cost-recorded':
				this.#countUsage(event.entry);
				return;
			case 'fallback-triggered':
				this.#metrics.fallbacks.add([event.from, event.to]);
				return;
			case 'rate-limit-hit':
				this.#metrics.rateLimits.add([event.limit.model]);
				return;
			case 'budget-alert':
				this.#metrics.alerts.add([event.period, String(event.thresholdPercent)]);
				return;
			case 'task-classified':
			case 'decision-made':
			case 'outcome-recorded':
			case 'storage-degraded':
			case 'storage-recovered':
				return;
			default:
				assertNever(event);
		}
	}

	#countUsage({ costNanoUsd, model, usage }: CostEntry): void {
		const { cost, tokens, unpriced } = this.#metrics;
		if (costNanoUsd === null) unpriced.add([model]);
		else cost.add([model], costNanoUsd);
		tokens.add([model, 'input'], usage.inputTokens);
		tokens.add([model, 'cache-read'], usage.cacheReadTokens);
		tokens.add([model, 'cache-write-5m'], usage.cacheWrite5mTokens);
		tokens.add([model, 'cache-write-1h'], usage.cacheWrite1hTokens);
		tokens.add([model, 'output'], usage.outputTokens);
		tokens.add([model, 'reasoning'], usage.reasoningTokens);
	}
}

/** The route's kind and format: a set that no caller can enlarge. */
function getLabels(route: GatewayRoute | null): [route: string, format: string] {
	if (route === null) return ['none', ''];
	return [route.kind, 'format' in route ? (route.format ?? '') : ''];
}

/** `2xx` and so on; `aborted` for an answer that was not sent to its end. */
function classifyStatus(response: ServerResponse): string {
	if (!response.headersSent || !response.writableEnded) return 'aborted';
	return `${Math.floor(response.statusCode / 100)}xx`;
}

/** Milliseconds between two samples. */
const RESOLUTION_MS = 20;
const NANO_PER_SECOND = 1e9;

/** The event loop's lag between one reading and the next. Sampled from the first reading on, so that it costs nothing where nobody reads it. */
class EventLoopLag {
	#histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

	/** Seconds of lag by quantile since the last reading; none at the first. */
	read(): ReadonlyArray<readonly [labels: readonly string[], seconds: number]> {
		if (this.#histogram === null) {
			this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
			this.#histogram.enable();
			return [];
		}
		const histogram = this.#histogram;
		if (histogram.count === 0) return [];
		// The histogram holds the time between two samples: what exceeds the resolution is lag.
		const lag = (nanoseconds: number) => Math.max(0, nanoseconds / NANO_PER_SECOND - RESOLUTION_MS / SECOND_MS);
		const quantiles = [50, 90, 99].map((percent) => [String(percent / 100), histogram.percentile(percent)] as const);
		const all = [...quantiles, ['1', histogram.max] as const];
		const samples = all.map(([quantile, nanoseconds]) => [[quantile], lag(nanoseconds)] as const);
		histogram.reset();
		return samples;
	}

	close(): void {
		this.#histogram?.disable();
		this.#histogram = null;
	}
}

/** What a metric is called, what it means, and the names of its labels in the order of their values. */
type MetricDefinition = [name: string, help: string, labelNames: readonly string[]];

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
class Counter extends Metric<{ count: number }> {
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
class Histogram extends Metric<Buckets> {
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
function formatGauge(
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
	return escapeLines(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
