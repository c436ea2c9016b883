import type { ModelCatalog } from '../catalog/index.ts';
import type {
	Attempt,
	BudgetCheck,
	Clock,
	CostEntry,
	FallbackResult,
	IdSource,
	ModelName,
	NanoUsd,
	RouterConfig,
	RouterEventListener,
	RouterStorage,
	RoutingDecision,
	Usage,
} from '../contracts/index.ts';
import type { CostOptimizer } from '../cost/index.ts';
import { AllModelsFailedError } from '../errors/index.ts';
import type { AttemptContext, FallbackChain } from '../execute/index.ts';
import type { EstimateCorrector, PerformanceTracker } from '../learn/index.ts';
import { chainOptionsOf, failedUsage } from './attempt-control.ts';
import { AttemptMoney } from './attempt-money.ts';
import { usageOfAnswer } from './attempt-usage.ts';
import { estimateObservation } from './estimate-outcome.ts';
import type { EventRecorder } from './event-recorder.ts';
import { fallbackRows } from './fallback-rows.ts';
import { type Ending, observationOf, outcomeRow } from './remember-outcome.ts';
import { rescueModels } from './rescue-models.ts';
import { DEFAULT_FALLBACKS } from './router-config.ts';
import type { ExecuteOptions } from './routing-options.ts';

/** What running a task needs. */
export interface TaskRunnerPorts {
	config: RouterConfig;
	catalog: ModelCatalog;
	clock: Clock;
	ids: IdSource;
	emit: RouterEventListener;
	fallback: FallbackChain;
	optimizer: CostOptimizer;
	tracker: PerformanceTracker;
	corrector: EstimateCorrector;
	recorder: EventRecorder;
	storage: () => Promise<RouterStorage>;
	/** Version of the prices in force. */
	priceVersion: () => string;
	/** Hears under which limits money was charged. */
	onCharge: (checks: readonly BudgetCheck[]) => void;
}

/** A task that was answered, and what it took. */
export interface ExecutedTask<Value> {
	value: Value;
	/** The model that answered. */
	model: ModelName;
	attempts: readonly Attempt[];
	/** What all attempts cost; `null` when one of them had no price. */
	costNanoUsd: NanoUsd | null;
}

/** Runs one model's call; the context tells the limits of the attempt. */
export type TaskExecutor<Value> = (model: ModelName, context: AttemptContext) => Promise<Value>;

/** One request under way. */
interface TaskRun<Value> {
	decision: RoutingDecision;
	executor: TaskExecutor<Value>;
	options: ExecuteOptions;
	money: AttemptMoney;
	/** Calls that were made. */
	attempts: Attempt[];
	usage: Usage | null;
}

/** Executes a decision over its fallback chain, books every attempt, and remembers the outcome. */
export class TaskRunner {
	readonly #ports: TaskRunnerPorts;

	constructor(ports: TaskRunnerPorts) {
		this.#ports = ports;
	}

	/** @throws BudgetExceededError, AllModelsFailedError, or what the executor threw where no other model would help. */
	async run<Value>(
		decision: RoutingDecision,
		executor: TaskExecutor<Value>,
		options: ExecuteOptions,
	): Promise<ExecutedTask<Value>> {
		const { clock } = this.#ports;
		const money = await this.#openMoney(decision, options);
		const run: TaskRun<Value> = { decision, executor, options, money, attempts: [], usage: null };
		const startedAt = clock.monotonic();
		const end = (ending: Pick<Ending, 'success' | 'error' | 'quality'>, history: readonly Attempt[]) => {
			this.#rememberFallbacks(decision, history, ending.success);
			this.#remember(run, { ...ending, latencyMs: clock.monotonic() - startedAt });
		};
		try {
			const result = await this.#executeWithin(run);
			const quality = options.judge === undefined ? null : await options.judge(result.value);
			end({ success: true, error: null, quality }, result.history);
			return { value: result.value, model: result.model, attempts: result.history, costNanoUsd: money.spentNanoUsd };
		} catch (error) {
			await money.release();
			const history = error instanceof AllModelsFailedError ? error.attempts : run.attempts;
			end({ success: false, error, quality: null }, history);
			// Nothing was called because nothing was affordable: the budget is what the caller must hear of.
			throw isRefused(run) ? money.refusal : error;
		}
	}

	async #openMoney(decision: RoutingDecision, { attribution, control }: ExecuteOptions): Promise<AttemptMoney> {
		const { clock, config } = this.#ports;
		const allowUnpriced = config.allowUnpriced ?? [];
		const storage = await this.#ports.storage();
		const limits = { callerLimit: control?.maxOutputTokens, answers: control?.answers };
		const ports = { ...this.#ports, storage, now: () => clock.now(), allowUnpriced, attribution, ...limits };
		return new AttemptMoney(decision, ports);
	}

	/** Runs the chain; where the budget refused all of it, what the limit's action still allows. */
	async #executeWithin<Value>(run: TaskRun<Value>): Promise<FallbackResult<Value>> {
		const { catalog, config } = this.#ports;
		const isBound = run.options.control?.isBoundToModel === true;
		const chain = isBound ? [run.decision.model.name] : this.#chain(run.decision);
		try {
			return await this.#execute(run, chain);
		} catch (error) {
			const { refusedBy } = run.money;
			if (!isRefused(run) || refusedBy === null || !config.fallback.enabled || isBound) throw error;
			const rescue = rescueModels(refusedBy, run.decision, { catalog, asked: chain });
			if (rescue.length === 0) throw error;
			return await this.#execute(run, rescue);
		}
	}

	#execute<Value>(run: TaskRun<Value>, chain: readonly ModelName[]): Promise<FallbackResult<Value>> {
		const { catalog, fallback } = this.#ports;
		const { decision, executor, money } = run;
		const { signal, deadlineMs, control = {} } = run.options;
		return fallback.executeWithFallback<Value>(executor, [...chain], {
			decisionId: decision.id,
			contextWindowOf: (model) => catalog.find(model)?.contextWindow,
			credentialOf: (model, deployment) => control.credentialOf?.(model, deployment) ?? catalog.find(model)?.provider,
			...chainOptionsOf(control),
			beforeAttempt: (model) => money.holdOrSkip(model),
			afterAttempt: async (attempt, ended) => {
				run.attempts.push(attempt);
				const { descriptor } = decision;
				const usage =
					'value' in ended
						? (control.usageOf?.(ended.value) ?? usageOfAnswer(ended.value, descriptor))
						: failedUsage(attempt, ended.error, { descriptor, catalog, control });
				if (usage === null) return await money.release();
				run.usage = usage;
				const entry = await money.settle(attempt, usage);
				attempt.usage = usage;
				attempt.costNanoUsd = entry.costNanoUsd;
				if ('value' in ended) this.#learnEstimate(decision, entry, attempt);
			},
			...(signal === undefined ? {} : { signal }),
			...(deadlineMs === undefined ? {} : { deadlineMs }),
		});
	}

	/** The models to try: what somebody defined for the chosen one, else the decision's plan; never an excluded one. */
	#chain(decision: RoutingDecision): ModelName[] {
		const { catalog, config, fallback } = this.#ports;
		const chosen = decision.model.name;
		if (!config.fallback.enabled) return [chosen];
		const excluded = new Set(decision.exclusions.map((exclusion) => exclusion.model));
		const defined = fallback
			.chainFor(chosen, decision.fallbackChain)
			.filter((model) => !excluded.has(model) && catalog.find(model)?.kind !== 'embedding');
		const isSeed = isSameList(fallback.fallbacksOf(chosen), DEFAULT_FALLBACKS[chosen]);
		// The seeds are the specification's; where nobody changed them the plan knows better who is alive and elsewhere.
		return isSeed || defined.length < 2 ? decision.fallbackChain : defined;
	}

	/** Learns how an answered call came out against its estimate. */
	#learnEstimate({ descriptor }: RoutingDecision, entry: CostEntry, { durationMs }: Attempt): void {
		const { catalog, config, corrector } = this.#ports;
		if (!config.enableLearning) return;
		const { type: taskType, estimatedInputTokens: inputTokens, estimatedOutputTokens: outputTokens } = descriptor;
		const observation = estimateObservation({ taskType, inputTokens, outputTokens }, { entry, durationMs }, catalog);
		if (observation !== null) corrector.observe(observation);
	}

	#rememberFallbacks(decision: RoutingDecision, history: readonly Attempt[], success: boolean): void {
		const { clock, ids, recorder } = this.#ports;
		const rows = fallbackRows(history, { decisionId: decision.id, success, ids, at: clock.now() });
		for (const row of rows) recorder.add({ kind: 'fallback', row });
	}

	#remember(
		{ decision, money, attempts, usage }: TaskRun<unknown>,
		ending: Omit<Ending, 'model' | 'attempts' | 'usage' | 'costNanoUsd'>,
	): void {
		const { clock, config, emit, ids, optimizer, recorder, tracker } = this.#ports;
		const last = attempts.at(-1);
		// A refused budget says nothing about the model: nothing was called.
		if (last === undefined) return;
		const known = { model: last.model, attempts: attempts.length, usage, costNanoUsd: money.spentNanoUsd };
		const row = outcomeRow(decision, { ...ending, ...known }, { ids, at: clock.now() });
		recorder.add({ kind: 'outcome', row });
		emit({ type: 'outcome-recorded', outcome: row });
		const observation = observationOf(row);
		optimizer.observe(observation);
		if (config.enableLearning) tracker.observe(observation);
	}
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
	return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** The budget refused every model, and the caller still waits. */
function isRefused({ attempts, money, options }: TaskRun<unknown>): boolean {
	return attempts.length === 0 && money.refusal !== null && options.signal?.aborted !== true;
}
