import { createModelCatalog, SPECIFICATION_MODELS } from '../catalog/index.ts';
import { TaskClassifier } from '../classify/index.ts';
import type {
	AttemptRow,
	BudgetCheck,
	BudgetConfig,
	BudgetStatus,
	Clock,
	CostEntry,
	CostGroup,
	CostReport,
	CostTotals,
	Feedback,
	Logger,
	ResetScope,
	RouterConfig,
	RouterEventListener,
	RouterStorage,
	RoutingDecision,
	RoutingStats,
	SavingsEstimate,
	SpendForecast,
	TaskInput,
	TimeRange,
} from '../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { FallbackChain } from '../execute/index.ts';
import { EstimateCorrector, PerformanceTracker } from '../learn/index.ts';
import { createUuidSource } from '../util/index.ts';
import { AlertMonitor, type BudgetLimitStatus, readBudgetLimits } from './budget-limits.ts';
import { EventBus, logEvent } from './event-bus.ts';
import { ModelRouter } from './model-router.ts';
import {
	DEFAULT_FALLBACKS,
	DEFAULT_ROUTER_CONFIG,
	type ExecuteOptions,
	mergeConstraints,
	type RouteOptions,
	tokenOverrides,
	toOptions,
} from './options.ts';
import { PolicyRouters } from './policies.ts';
import { completePorts, type SystemPorts } from './ports.ts';
import { createDecisionRecord, PriceBookRecorder, Recorder, recordEvent } from './recorder.ts';
import { type ExportedData, exportData, readCostReport, readForecast, readSavings, readStats } from './reports.ts';
import { recordFeedback, restoreEntries, restoreHistory, restoreSpend, StorageSession } from './storage-session.ts';
import { type ExecutedTask, type TaskExecutor, TaskRunner } from './task-runner.ts';

/** What stands where in the system, for people who look after it. */
export interface SystemStatus {
	routing: RoutingStats;
	budget: BudgetStatus;
	fallbacks: ReturnType<FallbackChain['getFallbackConfigs']>;
}

/**
 * The whole path of a task: classify, route, reserve, execute with fallback, settle, remember, learn.
 * Nothing is opened before the first use. Close it (or use `await using`) so that nothing waiting is lost.
 */
export class RoutingSystem {
	readonly router: ModelRouter;
	readonly classifier: TaskClassifier;
	readonly fallback: FallbackChain;
	readonly costOptimizer: CostOptimizer;
	readonly #config: RouterConfig;
	readonly #budget: BudgetConfig;
	readonly #clock: Clock;
	readonly #ports: ReturnType<typeof completePorts>;
	readonly #events: EventBus;
	readonly #session: StorageSession;
	readonly #recorder: Recorder;
	readonly #tracker: PerformanceTracker;
	readonly #corrector: EstimateCorrector;
	readonly #runner: TaskRunner;
	readonly #alerts: AlertMonitor;
	readonly #prices: PriceBookRecorder;
	readonly #policyRouters: PolicyRouters;
	#ready: Promise<RouterStorage> | null = null;
	#charges: Promise<void> = Promise.resolve();

	/** Without ports it remembers in memory only; `createRoutingSystem` of the main door wires SQLite. */
	constructor(
		config: RouterConfig = DEFAULT_ROUTER_CONFIG,
		budget: BudgetConfig = config.budget ?? DEFAULT_BUDGET_CONFIG,
		ports: SystemPorts = {},
	) {
		const complete = completePorts(ports);
		const { clock } = complete;
		const ids = createUuidSource(() => clock.now());
		this.#config = config;
		this.#budget = budget;
		this.#clock = clock;
		this.#ports = complete;
		this.#events = new EventBus(complete.logger);
		const emit: RouterEventListener = (event) => this.#events.emit(event);
		this.#session = new StorageSession({
			open: complete.openStorage,
			openFallback: complete.standInStorage,
			onDegraded: (message) => {
				emit({ type: 'storage-degraded', message });
				complete.onDegraded(message);
			},
		});
		this.#recorder = new Recorder(() => this.#session.get(), complete.logger);
		const catalog = createModelCatalog(config.models);
		this.#prices = new PriceBookRecorder(catalog);
		this.#tracker = new PerformanceTracker({ clock });
		this.#corrector = new EstimateCorrector();
		this.classifier = new TaskClassifier(complete.classifier === null ? {} : { classifier: complete.classifier });
		const collaborators = {
			catalog,
			tracker: this.#tracker,
			correction: this.#corrector,
			clock,
			ids,
			perRequestLimitUsd: budget.perRequestLimit,
			...(complete.availableProviders === null ? {} : { availableProviders: complete.availableProviders }),
			...(complete.availableModels === null ? {} : { availableModels: complete.availableModels }),
		};
		this.router = new ModelRouter(config, collaborators);
		this.#policyRouters = new PolicyRouters(config, collaborators);
		this.fallback = new FallbackChain({
			clock,
			random: complete.random,
			onEvent: emit,
			getFamily: (model) => catalog.find(model)?.family,
			policy: { attemptsPerModel: config.fallback.maxAttempts, timeoutMs: config.fallback.timeout },
		});
		for (const [primary, chain] of Object.entries({ ...DEFAULT_FALLBACKS, ...config.fallbacks })) {
			this.fallback.defineFallbacks(primary, chain);
		}
		this.costOptimizer = new CostOptimizer(budget, config.models, {
			clock,
			ids,
			onEvent: emit,
			announcesAlerts: false,
			candidates: config.candidates ?? SPECIFICATION_MODELS,
			onCharge: (entry, checks) => this.#charge(entry, checks),
		});
		this.#alerts = new AlertMonitor({
			storage: () => this.#open(),
			optimizer: this.costOptimizer,
			clock,
			emit,
			logger: complete.logger,
		});
		this.#runner = new TaskRunner({
			config,
			catalog,
			clock,
			ids,
			emit,
			fallback: this.fallback,
			optimizer: this.costOptimizer,
			tracker: this.#tracker,
			corrector: this.#corrector,
			recorder: this.#recorder,
			storage: () => this.#open(),
			priceVersion: () => this.#prices.version,
			onCharge: (checks) => this.#alerts.addCharged(checks),
		});
		if (complete.onEvent !== null) this.#events.subscribe(complete.onEvent);
		this.#events.subscribe((event) => logEvent(event, { logger: complete.logger, isDebug: complete.isDebug }));
		this.#events.subscribe((event) => recordEvent(event, { recorder: this.#recorder, ids, now: () => clock.now() }));
	}

	/** Hears every event until the returned function is called. */
	onEvent(listener: RouterEventListener): () => void {
		return this.#events.subscribe(listener);
	}

	/** What was opened, where, and whether memory stands in for it. */
	async storageStatus(): Promise<{ kind: string; location: string; degraded: string | null }> {
		const { kind, location } = await this.#open();
		return { kind, location, degraded: this.#session.degraded };
	}

	/** Where this system says what stops nothing but should be known. */
	get logger(): Logger {
		return this.#ports.logger;
	}

	/** What everything is remembered in; opened on first use. */
	async storage(): Promise<RouterStorage> {
		return await this.#open();
	}

	#open(): Promise<RouterStorage> {
		this.#ready ??= this.#session.get().then(async (storage) => {
			await restoreHistory(storage, {
				optimizer: this.costOptimizer,
				tracker: this.#tracker,
				corrector: this.#corrector,
				catalog: this.router.catalog,
				isLearning: this.#config.enableLearning,
				budget: this.#budget,
				now: this.#clock.now(),
				logger: this.#ports.logger,
			});
			await this.#prices.save(storage, { now: this.#clock.now(), logger: this.#ports.logger });
			return storage;
		});
		return this.#ready;
	}

	/** Usage tracked by hand reaches the ledger in order; its failure is an event, for the caller is gone. */
	#charge(entry: CostEntry, checks: readonly BudgetCheck[]): void {
		this.#charges = this.#charges
			.then(async () => {
				const storage = await this.#open();
				await storage.budgets.charge(checks, entry);
				this.#alerts.addCharged(checks);
			})
			.catch((error: unknown) => this.#ports.logger.error('A charge could not be written', { error: String(error) }));
	}

	/**
	 * Classifies a task and picks its model.
	 * @throws NoEligibleModelError (`ROUTER_NO_ELIGIBLE_MODEL`) when the constraints leave none.
	 * @throws InvalidInputError (`ROUTER_INVALID_INPUT`) for an empty task or constraints that cannot be.
	 */
	async routeTask(task: TaskInput, context?: string | RouteOptions): Promise<RoutingDecision> {
		await this.#open();
		const options = toOptions(context);
		const router = options.policy === undefined ? this.router : this.#policyRouters.get(options.policy);
		const descriptor = this.classifier.classify(task, options.context);
		const constraints = mergeConstraints(descriptor.constraints, options.constraints);
		if (constraints !== undefined) descriptor.constraints = constraints;
		if (options.cachedPrefix !== undefined) descriptor.cachedPrefix = options.cachedPrefix;
		if (options.tokens !== undefined) Object.assign(descriptor, tokenOverrides(options.tokens));
		this.#events.emit({ type: 'task-classified', task: descriptor });
		const decision = router.route(descriptor);
		decision.reasoning.push(...(options.notes?.(decision) ?? []));
		this.#events.emit({ type: 'decision-made', decision });
		this.#recorder.add({
			kind: 'decision',
			row: createDecisionRecord(decision, this.#ports),
		});
		return decision;
	}

	/**
	 * Routes a task and runs it with the executor, over the fallback chain, within the budget.
	 * The value is the executor's; what it says of usage is booked, else an estimate marked as such.
	 * @throws BudgetExceededError (`ROUTER_BUDGET_EXCEEDED`) when the money left does not allow it.
	 * @throws AllModelsFailedError (`ROUTER_ALL_MODELS_FAILED`) with every attempt.
	 */
	async executeWithRouting<Value>(
		task: TaskInput,
		executor: TaskExecutor<Value>,
		context?: string | ExecuteOptions<NoInfer<Value>>,
	): Promise<Value> {
		const decision = await this.routeTask(task, context);
		const { value } = await this.executeDecision(decision, executor, toOptions(context));
		return value;
	}

	/**
	 * Executes a decision of `routeTask` as `executeWithRouting` does, for callers that need the decision before the
	 * answer, or what it took after it. @throws the same errors
	 */
	async executeDecision<Value>(
		decision: RoutingDecision,
		executor: TaskExecutor<Value>,
		options: ExecuteOptions<NoInfer<Value>> = {},
	): Promise<ExecutedTask<Value>> {
		return await this.#runner.run(decision, executor, options);
	}

	/** Adds a person's judgement of an answer; it changes the historical factor. False when the decision is not known. */
	async recordFeedback(decisionId: string, feedback: Feedback): Promise<boolean> {
		const storage = await this.#open();
		await this.#recorder.flush();
		return await recordFeedback(storage, this.#tracker, { decisionId, feedback });
	}

	/** Statistics of everything remembered, or of a range of time. */
	async stats(range: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }): Promise<RoutingStats> {
		const storage = await this.flush();
		return await readStats(storage, range, this.#budget.timezone);
	}

	/** Spending in a period, from the ledger. */
	async costReport(period: { start: Date; end: Date }): Promise<CostReport> {
		const storage = await this.flush();
		await restoreEntries(storage, this.costOptimizer, this.#clock.now());
		return await readCostReport(storage, {
			period,
			optimizer: this.costOptimizer,
			now: this.#clock.now(),
		});
	}

	/** Where spending stands, over all processes that share the storage. */
	async budgetStatus(): Promise<BudgetStatus> {
		const storage = await this.flush();
		await restoreSpend(storage, { optimizer: this.costOptimizer, budget: this.#budget, now: this.#clock.now() });
		return this.costOptimizer.checkBudget();
	}

	/** Every limit in force and where spending stands against it, over all processes that share the storage. */
	async budgetLimits(): Promise<BudgetLimitStatus[]> {
		const storage = await this.flush();
		return await readBudgetLimits({ storage, optimizer: this.costOptimizer, now: this.#clock.now() });
	}

	/** The ledger's totals of a range of time, by one of its groups; money in nano-dollars. */
	async costBy(group: CostGroup, range: TimeRange): Promise<CostTotals[]> {
		const storage = await this.flush();
		return await storage.ledger.totals(range, group, this.#budget.timezone);
	}

	/** What the next days will cost if work goes on as it did, with the error the forecast had on the recorded days. @throws InvalidInputError */
	async forecast({ days = 30 }: { days?: number } = {}): Promise<SpendForecast> {
		const storage = await this.flush();
		return await readForecast({ storage, optimizer: this.costOptimizer, now: this.#clock.now() }, days);
	}

	/** What the same work would have cost with always the strongest model, always the cheapest, or a random mix: estimates. */
	async savings(range: TimeRange): Promise<SavingsEstimate[]> {
		const { candidates = SPECIFICATION_MODELS } = this.#config;
		return await readSavings(await this.flush(), range, { catalog: this.router.catalog, candidates });
	}

	/** Everything remembered of a range of time. */
	async exportData(range: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }): Promise<ExportedData> {
		return await exportData(await this.flush(), range);
	}

	/** What was tried for a decision, in order: calls, and models that were passed over. Empty when it is not known. */
	async attemptsOf(decisionId: string): Promise<AttemptRow[]> {
		const storage = await this.flush();
		return await storage.records.attemptsOf(decisionId);
	}

	/** Clears the decision cache; with `stats` or `all` also what was remembered, never the ledger. */
	async reset(scope: 'cache' | ResetScope): Promise<void> {
		this.router.clearCache();
		this.#policyRouters.clear();
		if (scope === 'cache') return;
		const storage = await this.flush();
		await storage.reset(scope);
		this.#tracker.clear();
		this.#corrector.clear();
	}

	/** What this process has seen; `stats()` answers for all that is remembered. */
	getStatus(): SystemStatus {
		return {
			routing: this.router.getStats(),
			budget: this.costOptimizer.checkBudget(),
			fallbacks: this.fallback.getFallbackConfigs(),
		};
	}

	/** Writes everything that waits. */
	async flush(): Promise<RouterStorage> {
		const storage = await this.#open();
		await this.#charges;
		await this.#recorder.flush();
		await this.#alerts.flush();
		return storage;
	}

	/** Writes everything that waits and closes the storage. Idempotent. */
	async close(): Promise<void> {
		if (this.#ready !== null) await this.flush();
		await this.#session.close();
		await this.#ports.onClose();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}
}
