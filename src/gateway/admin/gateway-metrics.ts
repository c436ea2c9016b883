import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Attempt, CostEntry, RouterEvent, RouterEventListener } from '../../contracts/index.ts';
import { assertNever } from '../../util/index.ts';
import type { GatewayRoute } from '../routes.ts';
import { Counter, formatGauge, Histogram } from './prometheus.ts';

/** What is not counted but read when somebody asks. */
export interface GaugeValues {
	version: string;
	/** When the gateway began, epoch milliseconds. */
	startedAt: number;
	/** Requests that are served now. */
	inFlight: number;
	/** Requests that wait for a place. */
	queued: number;
	isStorageDegraded: boolean;
	/** Models that are left alone at a deployment, and why. */
	cooldowns: ReadonlyArray<{ deployment: string; model: string; cause: string }>;
}

/** Routes by name, and the format of those that have one: a set that no caller can make larger. */
function labelsOf(route: GatewayRoute | null): [route: string, format: string] {
	if (route === null) return ['none', ''];
	return [route.kind, 'format' in route ? (route.format ?? '') : ''];
}

/** `2xx` and so on; `aborted` for an answer that was not sent to its end. */
function statusClassOf(response: ServerResponse): string {
	if (!response.headersSent || !response.writableEnded) return 'aborted';
	return `${Math.floor(response.statusCode / 100)}xx`;
}

/** Counts what happens in the gateway. Labels are routes, formats, models and deployments: never keys, tags or sessions. */
export class GatewayMetrics {
	readonly #lag = new EventLoopLag();
	readonly #requests = new Counter({
		name: 'switchyard_requests_total',
		help: 'Requests answered, by route, format of the caller and class of the status.',
		labels: ['route', 'format', 'status'],
	});
	readonly #durations = new Histogram({
		name: 'switchyard_request_duration_seconds',
		help: 'Time from a request to the end of its answer.',
		labels: ['route', 'format'],
	});
	readonly #firstOutputs = new Histogram({
		name: 'switchyard_time_to_first_output_seconds',
		help: 'Time from a request to the first output of its stream.',
		labels: ['format'],
	});
	readonly #attempts = new Counter({
		name: 'switchyard_attempts_total',
		help: 'Calls of models, by outcome: success, skipped, or the kind of failure.',
		labels: ['deployment', 'model', 'outcome'],
	});
	readonly #fallbacks = new Counter({
		name: 'switchyard_fallbacks_total',
		help: 'Requests that went on with another model.',
		labels: ['from', 'to'],
	});
	readonly #rateLimits = new Counter({
		name: 'switchyard_rate_limits_total',
		help: 'Limits of providers that were met.',
		labels: ['model'],
	});
	readonly #tokens = new Counter({
		name: 'switchyard_tokens_total',
		help: 'Tokens used, in classes that do not overlap.',
		labels: ['model', 'class'],
	});
	readonly #cost = new Counter({
		name: 'switchyard_cost_nano_usd_total',
		help: 'Cost of priced calls in nano-dollars (1e-9 USD).',
		labels: ['model'],
	});
	readonly #unpriced = new Counter({
		name: 'switchyard_unpriced_calls_total',
		help: 'Calls of models without a price: their cost is unknown, not 0.',
		labels: ['model'],
	});
	readonly #alerts = new Counter({
		name: 'switchyard_budget_alerts_total',
		help: 'Alerts of budgets, by period and threshold in percent.',
		labels: ['period', 'threshold'],
	});

	/** Hears the events of a system. */
	readonly onEvent: RouterEventListener = (event) => this.#hear(event);

	/** A request is over. */
	recordResponse(route: GatewayRoute | null, response: ServerResponse, durationMs: number): void {
		const [kind, format] = labelsOf(route);
		this.#requests.add([kind, format, statusClassOf(response)]);
		this.#durations.observe([kind, format], durationMs);
	}

	/** A stream's first output was sent. */
	recordFirstOutput(route: GatewayRoute, waitedMs: number): void {
		this.#firstOutputs.observe([labelsOf(route)[1]], waitedMs);
	}

	/** Everything, as Prometheus reads it. */
	write(reading: GaugeValues): string {
		const counted = [
			this.#requests,
			this.#durations,
			this.#firstOutputs,
			this.#attempts,
			this.#fallbacks,
			this.#rateLimits,
			this.#tokens,
			this.#cost,
			this.#unpriced,
			this.#alerts,
		];
		return counted.map((metric) => metric.write()).join('') + this.#read(reading);
	}

	/** Measures no more. */
	close(): void {
		this.#lag.close();
	}

	#read({ inFlight, isStorageDegraded, queued, cooldowns: resting, startedAt, version }: GaugeValues): string {
		const gauge = (name: string, help: string, value: number) => formatGauge({ name, help, labels: [] }, [[[], value]]);
		return [
			gauge('switchyard_requests_in_flight', 'Requests that are served now.', inFlight),
			gauge('switchyard_queue_length', 'Requests that wait for a place.', queued),
			gauge('switchyard_storage_degraded', '1: memory stands in for the database.', isStorageDegraded ? 1 : 0),
			formatGauge(
				{
					name: 'switchyard_deployment_resting',
					help: '1: the model is left alone at the deployment, because of a failure or an open circuit.',
					labels: ['deployment', 'model', 'cause'],
				},
				resting.map(({ cause, deployment, model }) => [[deployment, model, cause], 1] as const),
			),
			formatGauge(
				{
					name: 'switchyard_event_loop_lag_seconds',
					help: 'How late the event loop was since the last reading, by quantile; measured from the first reading on.',
					labels: ['quantile'],
				},
				this.#lag.read(),
			),
			gauge('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
			gauge('process_start_time_seconds', 'When the gateway began, in Unix time.', startedAt / 1000),
			formatGauge({ name: 'switchyard_info', help: 'The version that runs.', labels: ['version'] }, [[[version], 1]]),
		].join('');
	}

	#hear(event: RouterEvent): void {
		switch (event.type) {
			case 'attempt-end':
				this.#attempt(event.attempt);
				return;
			case 'cost-recorded':
				this.#costOf(event.entry);
				return;
			case 'fallback-triggered':
				this.#fallbacks.add([event.from, event.to]);
				return;
			case 'rate-limit-hit':
				this.#rateLimits.add([event.limit.model]);
				return;
			case 'budget-alert':
				this.#alerts.add([event.period, String(event.thresholdPercent)]);
				return;
			case 'task-classified':
			case 'decision-made':
			case 'outcome-recorded':
			case 'storage-degraded':
				return;
			default:
				assertNever(event);
		}
	}

	#attempt({ deployment = '', failure = 'unknown', model, outcome }: Attempt): void {
		this.#attempts.add([deployment, model, outcome === 'failure' ? failure : outcome]);
	}

	#costOf({ costNanoUsd, model, usage }: CostEntry): void {
		if (costNanoUsd === null) this.#unpriced.add([model]);
		else this.#cost.add([model], costNanoUsd);
		this.#tokens.add([model, 'input'], usage.inputTokens);
		this.#tokens.add([model, 'cache-read'], usage.cacheReadTokens);
		this.#tokens.add([model, 'cache-write-5m'], usage.cacheWrite5mTokens);
		this.#tokens.add([model, 'cache-write-1h'], usage.cacheWrite1hTokens);
		this.#tokens.add([model, 'output'], usage.outputTokens);
		this.#tokens.add([model, 'reasoning'], usage.reasoningTokens);
	}
}

/** Milliseconds between two looks at the clock. */
const RESOLUTION_MS = 20;
const NANO_PER_SECOND = 1e9;
const MS_PER_SECOND = 1000;

/** How late the event loop is, between one reading and the next. Measured from the first reading on: who asks pays. */
class EventLoopLag {
	#histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

	/** Seconds of lag by quantile since the reading before; nothing at the first. */
	read(): ReadonlyArray<readonly [labels: string[], seconds: number]> {
		if (this.#histogram === null) {
			this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
			this.#histogram.enable();
			return [];
		}
		const histogram = this.#histogram;
		if (histogram.count === 0) return [];
		// What is measured is the time between two looks: the part beyond the resolution is lag.
		const lag = (nanoseconds: number) => Math.max(0, nanoseconds / NANO_PER_SECOND - RESOLUTION_MS / MS_PER_SECOND);
		const samples = [50, 90, 99].map((percent): [string[], number] => [
			[String(percent / 100)],
			lag(histogram.percentile(percent)),
		]);
		samples.push([['1'], lag(histogram.max)]);
		histogram.reset();
		return samples;
	}

	/** Measures no more. */
	close(): void {
		this.#histogram?.disable();
		this.#histogram = null;
	}
}
