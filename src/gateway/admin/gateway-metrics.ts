import type { ServerResponse } from 'node:http';
import type { CostEntry, ModelName, RouterEvent, RouterEventListener } from '../../contracts/index.ts';
import { assertNever, SECOND_MS } from '../../util/index.ts';
import type { InFlightRequests } from '../limits/index.ts';
import type { GatewayRoute } from '../routes.ts';
import { formatHead, formatSample, type MetricDefinition } from './prometheus-text.ts';

/** Names of models that no catalog lists (ids of known families are passed on) which get series of their own. */
const MAX_UNLISTED_MODELS = 50;

/**
 * Counts what happens in the gateway. Labels are routes, formats, models and deployments: never keys, tags or sessions. A
 * model that callers made up, past the first of them, is `other`.
 */
export class GatewayMetrics {
	readonly #unlisted = new Set<ModelName>();
	#isListed: (model: ModelName) => boolean = () => true;
	readonly #metrics = {
		requests: new Counter(
			'switchyard_requests_total',
			'Requests answered, by route, format of the caller and class of the status; broken: a stream that ended with an error.',
			['route', 'format', 'status'],
		),
		durations: new Histogram('switchyard_request_duration_seconds', 'Time from a request to the end of its answer.', [
			'route',
			'format',
		]),
		firstOutputs: new Histogram(
			'switchyard_time_to_first_output_seconds',
			'Time from a request to the first output of its stream, by the model that answered.',
			['format', 'model'],
		),
		attempts: new Counter(
			'switchyard_attempts_total',
			'Calls of models, by outcome: success, skipped, or the kind of failure.',
			['deployment', 'model', 'outcome'],
		),
		attemptDurations: new Histogram('switchyard_attempt_duration_seconds', 'Time from a call to its end.', [
			'deployment',
			'model',
		]),
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

	/** Sets which models get a series of their own, whoever names them. */
	configure(isListed: (model: ModelName) => boolean): void {
		this.#isListed = isListed;
	}

	/** Counts a request whose answer has ended. */
	recordResponse(route: GatewayRoute | null, answer: EndedAnswer, durationMs: number): void {
		const [kind, format] = getLabels(route);
		this.#metrics.requests.add([kind, format, classifyStatus(answer)]);
		this.#metrics.durations.observe([kind, format], durationMs);
	}

	/** Takes in the time to first output of a stream. */
	recordFirstOutput(route: GatewayRoute, model: ModelName, durationMs: number): void {
		const [, format] = getLabels(route);
		this.#metrics.firstOutputs.observe([format, this.#label(model)], durationMs);
	}

	/** All that was counted, in Prometheus' text format. */
	write(): string {
		return Object.values(this.#metrics)
			.map((metric) => metric.write())
			.join('');
	}

	#label(model: ModelName): string {
		if (this.#unlisted.has(model) || this.#isListed(model)) return model;
		if (this.#unlisted.size >= MAX_UNLISTED_MODELS) return 'other';
		this.#unlisted.add(model);
		return model;
	}

	#count(event: RouterEvent): void {
		switch (event.type) {
			case 'attempt-end': {
				const { deployment = '', durationMs, failure = 'unknown', outcome } = event.attempt;
				const model = this.#label(event.attempt.model);
				this.#metrics.attempts.add([deployment, model, outcome === 'failure' ? failure : outcome]);
				if (outcome !== 'skipped') this.#metrics.attemptDurations.observe([deployment, model], durationMs);
				return;
			}
			case 'cost-recorded':
				this.#countUsage(event.entry);
				return;
			case 'fallback-triggered':
				this.#metrics.fallbacks.add([this.#label(event.from), this.#label(event.to)]);
				return;
			case 'rate-limit-hit':
				this.#metrics.rateLimits.add([this.#label(event.limit.model)]);
				return;
			case 'budget-alert':
				this.#metrics.alerts.add([event.period, String(event.thresholdPercent)]);
				return;
			case 'task-classified':
			case 'decision-made':
			case 'outcome-recorded':
			case 'experiment-ended':
			case 'storage-degraded':
			case 'storage-recovered':
				return;
			default:
				assertNever(event);
		}
	}

	#countUsage({ costNanoUsd, usage, ...entry }: CostEntry): void {
		const { cost, tokens, unpriced } = this.#metrics;
		const model = this.#label(entry.model);
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

/** An answer, and how it ended where it was a stream. */
interface EndedAnswer {
	response: ServerResponse;
	ending: ReturnType<InFlightRequests['endingOf']>;
}

/** `2xx` and so on; `aborted` for an answer that was not sent to its end, `broken` for a stream with an error at its end. */
function classifyStatus({ ending, response }: EndedAnswer): string {
	if (ending === 'broken') return ending;
	if (!response.headersSent || (!response.writableEnded && ending === undefined)) return 'aborted';
	return `${Math.floor(response.statusCode / 100)}xx`;
}

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
		return formatSample(this, [labels, count]);
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
		const seconds = durationMs / SECOND_MS;
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
			text += formatSample({ name: `${name}_bucket`, labelNames: [...labelNames, 'le'] }, [[...labels, bound], total]);
		}
		text += formatSample({ name: `${name}_sum`, labelNames }, [labels, sumS]);
		return text + formatSample({ name: `${name}_count`, labelNames }, [labels, total]);
	}
}
