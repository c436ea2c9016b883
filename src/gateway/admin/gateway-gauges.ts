import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { BudgetLimitStatus, WriteBacklog } from '../../system/index.ts';
import { SECOND_MS } from '../../util/index.ts';
import type { ActiveCooldown } from '../gateway-state.ts';
import { formatGauge, formatHead, formatSample, type LabelledValue, type MetricDefinition } from './prometheus-text.ts';

/** Values that are not counted but read when somebody asks. */
export interface GaugeValues {
	version: string;
	/** Epoch milliseconds. */
	startedAt: number;
	/** Requests that hold a permit. */
	inFlight: number;
	/** Requests that wait for one. */
	queued: number;
	isStorageDegraded: boolean;
	cooldowns: readonly ActiveCooldown[];
	/** `null` where the storage does not answer: a scrape must not fail because of it. */
	backlog: WriteBacklog | null;
	/** As for `backlog`. */
	limits: readonly BudgetLimitStatus[] | null;
}

/** Writes what is read at the moment of a scrape, in Prometheus' text format. */
export class GatewayGauges {
	readonly #lag = new EventLoopLag();

	write(values: GaugeValues): string {
		const { cooldowns, inFlight, isStorageDegraded, queued, startedAt, version } = values;
		return [
			one('switchyard_requests_in_flight', 'Requests that are served now.', inFlight),
			one('switchyard_queue_length', 'Requests that wait for a place.', queued),
			one('switchyard_storage_degraded', '1: nothing can be written to the database.', isStorageDegraded ? 1 : 0),
			...writeBacklog(values),
			...writeBudgets(values.limits ?? []),
			formatGauge(
				COOLDOWN,
				cooldowns.map(({ cause, deployment, model }) => [[deployment, model, cause], 1]),
			),
			formatGauge(LAG, this.#lag.read()),
			one('process_resident_memory_bytes', 'Memory of the process.', process.memoryUsage.rss()),
			one('process_start_time_seconds', 'When the gateway began, in Unix time.', startedAt / SECOND_MS),
			formatGauge(['switchyard_info', 'The version that runs.', ['version']], [[[version], 1]]),
		].join('');
	}

	close(): void {
		this.#lag.close();
	}
}

const COOLDOWN: MetricDefinition = [
	'switchyard_cooldown_active',
	'1: the model is not called at the deployment, after a failure or a rate limit, or while its circuit breaker is open.',
	['deployment', 'model', 'cause'],
];
const LAG: MetricDefinition = [
	'switchyard_event_loop_lag_seconds',
	'How late the event loop was since the last reading, by quantile; measured from the first reading on.',
	['quantile'],
];

const DROPPED = 'switchyard_storage_dropped_writes_total';

function one(name: string, help: string, value: number): string {
	return formatGauge([name, help, []], [[[], value]]);
}

function writeBacklog({ backlog }: GaugeValues): string[] {
	if (backlog === null) return [];
	const { dropped, journal, waiting } = backlog;
	const ofJournal = ({ lagMs, rows }: NonNullable<WriteBacklog['journal']>): string[] => [
		one('switchyard_ledger_journal_rows', 'Charges that are durable and not in the ledger yet.', rows),
		one('switchyard_ledger_lag_seconds', 'Age of the oldest of them.', lagMs / SECOND_MS),
	];
	return [
		...(journal === null ? [] : ofJournal(journal)),
		one('switchyard_storage_waiting_writes', 'Writes in memory that the database has not taken yet.', waiting),
		formatHead('counter', DROPPED, 'Writes that were lost because too many waited.'),
		formatSample({ name: DROPPED, labelNames: [] }, [[], dropped]),
	];
}

/** Amounts for the limits of all spending; of those of keys, teams, tags and sessions, whose names are no labels, the nearest. */
function writeBudgets(limits: readonly BudgetLimitStatus[]): string[] {
	const shares = new Map<string, [labels: readonly [scope: string, period: string], share: number]>();
	const totals = new Map<string, BudgetLimitStatus>();
	for (const limit of limits) {
		const { heldUsd, limitUsd, period, spentUsd } = limit;
		if (spentUsd === null) continue;
		const scope = limit.scope.replace(/[:@].*$/s, '');
		const used = spentUsd + (heldUsd ?? 0);
		// a limit of 0 is used up before anything is spent
		const share = limitUsd > 0 ? used / limitUsd : 1;
		const key = `${scope} ${period}`;
		if (share >= (shares.get(key)?.[1] ?? 0)) shares.set(key, [[scope, period], share]);
		const strictest = totals.get(period);
		if (scope === 'all' && (strictest === undefined || limitUsd < strictest.limitUsd)) totals.set(period, limit);
	}
	const amounts = (name: string, help: string, read: (limit: BudgetLimitStatus) => number): string =>
		formatGauge(
			[name, help, ['period']],
			[...totals].map(([period, limit]): LabelledValue => [[period], read(limit)]),
		);
	return [
		formatGauge(
			[
				'switchyard_budget_used_ratio',
				'Spent and held as a share of the limit, 1 at the limit: the highest of all limits of the scope and period.',
				['scope', 'period'],
			],
			[...shares.values()].map(([labels, share]): LabelledValue => [labels, share]),
		),
		amounts('switchyard_budget_limit_usd', 'Limit of all spending.', ({ limitUsd }) => limitUsd),
		amounts('switchyard_budget_spent_usd', 'Spent of it, with what is not certain.', ({ spentUsd }) => spentUsd ?? 0),
		amounts('switchyard_budget_held_usd', 'Held for requests under way.', ({ heldUsd }) => heldUsd ?? 0),
	];
}

/** Milliseconds between two samples. */
const RESOLUTION_MS = 20;
const NANO_PER_SECOND = 1e9;

/** The event loop's lag between one reading and the next. Sampled from the first reading on, so that it costs nothing where nobody reads it. */
class EventLoopLag {
	#histogram: ReturnType<typeof monitorEventLoopDelay> | null = null;

	/** Seconds of lag by quantile since the last reading; none at the first. */
	read(): readonly LabelledValue[] {
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
		const samples = all.map(([quantile, nanoseconds]): LabelledValue => [[quantile], lag(nanoseconds)]);
		histogram.reset();
		return samples;
	}

	close(): void {
		this.#histogram?.disable();
		this.#histogram = null;
	}
}
