import type { ModelCatalog } from '../catalog/index.ts';
import type {
	Attempt,
	BudgetAction,
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
import { AttemptBudget } from './attempt-budget.ts';
import { resolveAnswerUsage } from './attempt-usage.ts';
import { DEFAULT_FALLBACKS, type ExecuteOptions, resolveFailureUsage, toChainOptions } from './options.ts';
import { createEstimateObservation, createOutcomeRow, type TaskEnding, toOutcomeObservation } from './outcomes.ts';
import { createFallbackRows, type Recorder } from './recorder.ts';

/** What running a task needs. */
export interface TaskRunnerOptions {
	config: RouterConfig;
	catalog: ModelCatalog;
	clock: Clock;
	ids: IdSource;
	emit: RouterEventListener;
	fallback: FallbackChain;
	optimizer: CostOptimizer;
	tracker: PerformanceTracker;
	corrector: EstimateCorrector;
	recorder: Recorder;
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
interface RunningTask<Value> {
	decision: RoutingDecision;
	executor: TaskExecutor<Value>;
	options: ExecuteOptions;
	money: AttemptBudget;
	/** Calls that were made. */
	attempts: Attempt[];
	usage: Usage | null;
}

/** Executes a decision over its fallback chain, books every attempt, and remembers the outcome. */
export class TaskRunner {
	readonly #ports: TaskRunnerOptions;

	constructor(ports: TaskRunnerOptions) {
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
		const run: RunningTask<Value> = { decision, executor, options, money, attempts: [], usage: null };
		const startedAt = clock.monotonic();
		const end = (ending: Pick<TaskEnding, 'success' | 'error' | 'quality'>, history: readonly Attempt[]) => {
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

	async #openMoney(decision: RoutingDecision, { attribution, hooks: control }: ExecuteOptions): Promise<AttemptBudget> {
		const { clock, config } = this.#ports;
		const allowUnpriced = config.allowUnpriced ?? [];
		const storage = await this.#ports.storage();
		const limits = { maxOutputTokens: control?.maxOutputTokens, answers: control?.answers };
		const ports = { ...this.#ports, storage, now: () => clock.now(), allowUnpriced, attribution, ...limits };
		return new AttemptBudget(decision, ports);
	}

	/** Runs the chain; where the budget refused all of it, what the limit's action still allows. */
	async #executeWithin<Value>(run: RunningTask<Value>): Promise<FallbackResult<Value>> {
		const { catalog, config } = this.#ports;
		const isBound = run.options.hooks?.isPinnedToModel === true;
		const chain = isBound ? [run.decision.model.name] : this.#chain(run.decision);
		try {
			return await this.#execute(run, chain);
		} catch (error) {
			const { actionAtLimit: refusedBy } = run.money;
			if (!isRefused(run) || refusedBy === null || !config.fallback.enabled || isBound) throw error;
			const rescue = budgetFallbackModels(refusedBy, run.decision, { catalog, asked: chain });
			if (rescue.length === 0) throw error;
			return await this.#execute(run, rescue);
		}
	}

	#execute<Value>(run: RunningTask<Value>, chain: readonly ModelName[]): Promise<FallbackResult<Value>> {
		const { catalog, fallback } = this.#ports;
		const { decision, executor, money } = run;
		const { signal, deadlineMs, hooks: control = {} } = run.options;
		return fallback.executeWithFallback<Value>(executor, [...chain], {
			decisionId: decision.id,
			getContextWindow: (model) => catalog.find(model)?.contextWindow,
			getCredential: (model, deployment) => control.getCredential?.(model, deployment) ?? catalog.find(model)?.provider,
			...toChainOptions(control),
			beforeAttempt: (model, _number, maxDurationMs) => money.reserveOrSkip(model, maxDurationMs),
			afterAttempt: async (attempt, ended) => {
				run.attempts.push(attempt);
				const { descriptor } = decision;
				const usage =
					'value' in ended
						? (control.usageOf?.(ended.value) ?? resolveAnswerUsage(ended.value, descriptor))
						: resolveFailureUsage(attempt, ended.error, { descriptor, catalog, control });
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
			.resolveChain(chosen, decision.fallbackChain)
			.filter((model) => !excluded.has(model) && catalog.find(model)?.kind !== 'embedding');
		const isSeed = isSameList(fallback.getFallbacks(chosen), DEFAULT_FALLBACKS[chosen]);
		// The seeds are the specification's; where nobody changed them the plan knows better who is alive and elsewhere.
		return isSeed || defined.length < 2 ? decision.fallbackChain : defined;
	}

	/** Learns how an answered call came out against its estimate. */
	#learnEstimate({ descriptor }: RoutingDecision, entry: CostEntry, { durationMs }: Attempt): void {
		const { catalog, config, corrector } = this.#ports;
		if (!config.enableLearning) return;
		const { type: taskType, estimatedInputTokens: inputTokens, estimatedOutputTokens: outputTokens } = descriptor;
		const observation = createEstimateObservation(
			{ taskType, inputTokens, outputTokens },
			{ entry, durationMs },
			catalog,
		);
		if (observation !== null) corrector.observe(observation);
	}

	#rememberFallbacks(decision: RoutingDecision, history: readonly Attempt[], success: boolean): void {
		const { clock, ids, recorder } = this.#ports;
		const rows = createFallbackRows(history, { decisionId: decision.id, success, ids, at: clock.now() });
		for (const row of rows) recorder.add({ kind: 'fallback', row });
	}

	#remember(
		{ decision, money, attempts, usage }: RunningTask<unknown>,
		ending: Omit<TaskEnding, 'model' | 'attempts' | 'usage' | 'costNanoUsd'>,
	): void {
		const { clock, config, emit, ids, optimizer, recorder, tracker } = this.#ports;
		const last = attempts.at(-1);
		// A refused budget says nothing about the model: nothing was called.
		if (last === undefined) return;
		const known = { model: last.model, attempts: attempts.length, usage, costNanoUsd: money.spentNanoUsd };
		const row = createOutcomeRow(decision, { ...ending, ...known }, { ids, at: clock.now() });
		recorder.add({ kind: 'outcome', row });
		emit({ type: 'outcome-recorded', outcome: row });
		const observation = toOutcomeObservation(row);
		optimizer.observe(observation);
		if (config.enableLearning) tracker.observe(observation);
	}
}

function isSameList(one: readonly string[] = [], other: readonly string[] = []): boolean {
	return one.length === other.length && one.every((name, index) => name === other[index]);
}

/** The budget refused every model, and the caller still waits. */
function isRefused({ attempts, money, options }: RunningTask<unknown>): boolean {
	return attempts.length === 0 && money.refusal !== null && options.signal?.aborted !== true;
}

/**
 * The models still worth asking when the budget has refused every model of the chain: with `downgrade` the eligible
 * ones that were not asked, the cheapest first; with `local-only` those that run on the user's own hardware; with
 * `refuse` none. Each is held to the same limits as any other.
 */
function budgetFallbackModels(
	action: BudgetAction,
	decision: RoutingDecision,
	given: { catalog: ModelCatalog; asked: readonly ModelName[] },
): ModelName[] {
	if (action === 'refuse') return [];
	const asked = new Set(given.asked);
	const excluded = new Set(decision.exclusions.map(({ model }) => model));
	const eligible = decision.scores.map(({ model }) => model).filter(({ name }) => !asked.has(name));
	if (action === 'local-only') {
		const local = given.catalog
			.profiles()
			.filter(({ isLocal, kind, name }) => isLocal === true && kind !== 'embedding' && !asked.has(name));
		return local.filter(({ name }) => !excluded.has(name)).map(({ name }) => name);
	}
	const price = (name: ModelName): number => {
		const { costPer1kInputTokens, costPer1kOutputTokens } = given.catalog.get(name);
		const { estimatedInputTokens, estimatedOutputTokens } = decision.descriptor;
		return costPer1kInputTokens * estimatedInputTokens + costPer1kOutputTokens * estimatedOutputTokens;
	};
	const priced = eligible.map(({ name }) => ({ name, price: price(name) })).filter((one) => !Number.isNaN(one.price));
	return priced.sort((one, other) => one.price - other.price).map(({ name }) => name);
}
