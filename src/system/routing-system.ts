import { assumeModel, createModelCatalog } from '../catalog/index.ts';
import { TaskClassifier, WorkloadReader } from '../classify/index.ts';
import {
	type AttemptRow,
	type BudgetCheck,
	type BudgetConfig,
	type BudgetStatus,
	type Clock,
	type CostEntry,
	type CostGroup,
	type CostReport,
	type CostTotals,
	DEFAULT_FORECAST_DAYS,
	type Feedback,
	isRunning,
	type LaterSignal,
	type LedgerArchive,
	type Logger,
	type ResetScope,
	type RouterConfig,
	type RouterEventListener,
	type RouterStorage,
	type RoutingDecision,
	type RoutingStats,
	type SavingsEstimate,
	type SpendForecast,
	type StorageCheckDepth,
	type TaskInput,
	type TimeRange,
} from '../contracts/index.ts';
import { CostOptimizer, DEFAULT_BUDGET_CONFIG } from '../cost/index.ts';
import { FallbackChain } from '../execute/index.ts';
import { EstimateCorrector, PerformanceTracker } from '../learn/index.ts';
import { createMemoryStorage } from '../storage/memory/index.ts';
import { createUuidSource, SYSTEM_CLOCK } from '../util/index.ts';
import {
	AlertMonitor,
	type BudgetLimitStatus,
	type LimitSettings,
	LimitsInForce,
	readBudgetLimits,
	type SpendingSource,
} from './budget-limits.ts';
import type { ExperimentManagement, Experiments } from './experiments.ts';
import { applyPolicy, createQualityLookup, ModelRouter, type ModelRouterOptions } from './model-router.ts';
import {
	applyOptions,
	checkAttribution,
	checkWorkload,
	DEFAULT_FALLBACKS,
	DEFAULT_ROUTER_CONFIG,
	type ExecuteOptions,
	listLaterSignals,
	type ObservedAnswer,
	type RouteOptions,
	SILENT_LOGGER,
	type SystemPorts,
	type SystemStatus,
	toOptions,
} from './options.ts';
import { EventBus, logEvent, PriceBookRecorder, Recorder, recordDecision, recordEvent } from './recorder.ts';
import { type ExportedData, exportData, readCostReport, readForecast, readSavings, readStats } from './reports.ts';
import {
	archiveLedgerBefore,
	recordFeedback,
	resetStorage,
	restoreEntries,
	restoreHistory,
	restoreSpend,
	StorageSession,
	type StorageStatus,
	type WriteBacklog,
} from './storage-session.ts';
import { type ExecutedTask, type TaskExecutor, TaskRunner } from './task-runner.ts';

/**
 * The whole path of a task: classify, route, reserve, execute with fallback, settle, record, learn.
 * Nothing is opened before the first use. Close it (or use `await using`), so that pending records are written.
 */
export class RoutingSystem {
	readonly router: ModelRouter;
	readonly classifier: TaskClassifier;
	readonly fallback: FallbackChain;
	readonly costOptimizer: CostOptimizer;
	/** Limits that are set while it runs, in the storage. */
	readonly limits: LimitSettings;
	/** Gets what stops nothing but should be known. */
	readonly logger: Logger;
	/** Models that one request may try, the chosen one included: `fallback.maxAttempts`. */
	readonly maxModels: number;
	readonly config: RouterConfig;
	readonly #budget: BudgetConfig;
	readonly #clock: Clock;
	/** What most of them work with. */
	readonly #parts: Omit<ConstructorParameters<typeof Experiments>[0], 'routerOptions'>;
	readonly #ports: SystemPorts;
	readonly #events: EventBus;
	readonly #session: StorageSession;
	readonly #recorder: Recorder;
	readonly #tracker: PerformanceTracker;
	readonly #corrector: EstimateCorrector;
	readonly #runner: TaskRunner;
	readonly #alerts: AlertMonitor;
	readonly #limits: LimitsInForce;
	readonly #prices: PriceBookRecorder;
	/** Made when a request first shows whose it is. */
	#workloads: WorkloadReader | null = null;
	readonly #routerOptions: ModelRouterOptions;
	/** By the policy's name, made on first use; they learn together. */
	readonly #policyRouters = new Map<string, ModelRouter>();
	/** What decisions were made for: whoever executes one has no need to say it again. */
	readonly #requests = new WeakMap<RoutingDecision, { task: TaskInput } & Pick<RouteOptions, 'unservable'>>();
	/** Made when first asked for, or where one runs. */
	#experiments: Experiments | null = null;
	#charges: Promise<void> = Promise.resolve();
	/** The storage once it is open; `null` before. It stays the same, whatever is used in its place. */
	#storage: RouterStorage | null = null;

	/** Without ports it remembers in memory only; `createRoutingSystem` of the main entry point uses SQLite. */
	constructor(
		config: RouterConfig = DEFAULT_ROUTER_CONFIG,
		budget: BudgetConfig = config.budget ?? DEFAULT_BUDGET_CONFIG,
		ports: SystemPorts = {},
	) {
		const { clock = SYSTEM_CLOCK, logger = SILENT_LOGGER, isDebug = false } = ports;
		const ids = createUuidSource(() => clock.now());
		this.logger = logger;
		this.maxModels = config.fallback.maxAttempts;
		this.config = config;
		this.#budget = budget;
		this.#clock = clock;
		this.#ports = ports;
		this.#events = new EventBus(logger);
		const emit: RouterEventListener = (event) => this.#events.emit(event);
		this.#session = new StorageSession({
			open: ports.openStorage ?? createMemoryStorage,
			openFallback: createMemoryStorage,
			prepare: (opened, isFirst) => this.#prepareStorage(opened, isFirst),
			refresh: (opened) => this.#readSettings(opened),
			onDegraded: (message) => {
				emit({ type: 'storage-degraded', message });
				ports.onDegraded?.(message);
			},
			onRecovered: (message) => emit({ type: 'storage-recovered', message }),
			logger,
			clock,
		});
		this.#recorder = new Recorder(() => this.storage(), logger);
		const catalog = createModelCatalog(config.models, config.unknownModels === 'refuse' ? null : assumeModel);
		this.#prices = new PriceBookRecorder(catalog);
		this.#tracker = new PerformanceTracker({ clock, quality: createQualityLookup(catalog) });
		this.#corrector = new EstimateCorrector();
		this.classifier = new TaskClassifier({ classifier: ports.classifier });
		this.#routerOptions = {
			catalog,
			tracker: this.#tracker,
			correction: this.#corrector,
			clock,
			ids,
			random: ports.random,
			perRequestLimitUsd: budget.perRequestLimit,
			availableProviders: ports.availableProviders,
			availableModels: ports.availableModels,
			callableModels: ports.callableModels,
		};
		this.router = new ModelRouter(config, this.#routerOptions);
		this.fallback = new FallbackChain({
			clock,
			random: ports.random ?? Math.random,
			onEvent: emit,
			isEnabled: config.fallback.enabled,
			getExclusion: this.router.createAdmission(null),
			getFamily: (model) => catalog.find(model)?.family,
			policy: { attemptsPerModel: config.fallback.maxAttempts, timeoutMs: config.fallback.timeout },
		});
		for (const [primary, chain] of Object.entries({ ...DEFAULT_FALLBACKS, ...config.fallbacks }))
			this.fallback.defineFallbacks(primary, chain);
		const optimizer = new CostOptimizer(budget, config.models, {
			clock,
			ids,
			onEvent: emit,
			announcesAlerts: false,
			candidates: this.router.candidates,
			onCharge: (entry, checks) => this.#charge(entry, checks),
		});
		this.costOptimizer = optimizer;
		const storage = () => this.storage();
		const parts = { config, storage, optimizer, clock, ids, emit, logger, recorder: this.#recorder };
		this.#parts = parts;
		this.#limits = new LimitsInForce({ ...parts, onChange: () => this.#useLimits() });
		this.limits = this.#limits;
		this.#alerts = new AlertMonitor(parts);
		this.#runner = new TaskRunner({
			...parts,
			catalog,
			router: this.router,
			fallback: this.fallback,
			tracker: this.#tracker,
			corrector: this.#corrector,
			storage: () => this.#storage ?? this.storage(),
			priceVersion: () => this.#prices.version,
			countTextTokens: ports.countTextTokens,
			onCharge: (checks) => this.#alerts.addCharged(checks),
		});
		if (ports.onEvent !== undefined) this.#events.subscribe(ports.onEvent);
		this.#events.subscribe((event) => logEvent(event, { logger, isDebug, idsOf: (id) => this.#events.idsOf(id) }));
		this.#events.subscribe((event) => recordEvent(event, parts));
	}

	/** `SystemPorts.hashTask`. */
	get hashTask(): SystemPorts['hashTask'] {
		return this.#ports.hashTask;
	}

	/** Counts tokens with a tokenizer; `undefined`: there is none. */
	get countTextTokens(): SystemPorts['countTextTokens'] {
		return this.#ports.countTextTokens;
	}

	/** Calls the listener with every event until the returned function is called. */
	onEvent(listener: RouterEventListener): () => void {
		return this.#events.subscribe(listener);
	}

	/** What was opened, where, and whether it works. */
	async storageStatus(): Promise<StorageStatus> {
		return await this.#session.readStatus();
	}

	/**
	 * Finds out whether the storage can be written now, and with `pages` whether all of it can be read; `storageStatus` says so.
	 * Answers a sentence on what could not be checked, if anything.
	 */
	async checkStorage(depth: StorageCheckDepth = 'write'): Promise<string | null> {
		return await this.#session.check(depth);
	}

	/** How far what is recorded lags behind. */
	async writeBacklog(): Promise<WriteBacklog> {
		return await this.#session.readBacklog(this.#recorder, this.#clock.now());
	}

	/** Where everything is recorded; opened on first use. */
	async storage(): Promise<RouterStorage> {
		this.#storage ??= await this.#session.get();
		return this.#storage;
	}

	/** Restores what is remembered from a storage that was opened, or only what changes beside this process's own work. */
	async #prepareStorage(storage: RouterStorage, isFirst: boolean): Promise<void> {
		const source = { storage, optimizer: this.costOptimizer, now: this.#clock.now(), logger: this.logger };
		await this.#readSettings(storage);
		await restoreHistory({
			...source,
			isFirst,
			tracker: this.#tracker,
			corrector: this.#corrector,
			catalog: this.router.catalog,
			isLearning: this.config.enableLearning,
		});
		await this.#prices.save(storage, source);
	}

	/** Decides from now on within the limit of one request that is in force. */
	#useLimits(): void {
		const { perRequestLimit } = this.costOptimizer.budget;
		this.#routerOptions.perRequestLimitUsd = perRequestLimit;
		for (const router of [this.router, ...this.#policyRouters.values()]) router.setRequestLimit(perRequestLimit);
		this.#experiments?.setRequestLimit(perRequestLimit);
	}

	/** Comparisons of policies, weights and models on live traffic, of all processes that share the storage. */
	async experiments(): Promise<ExperimentManagement> {
		const { Experiments } = await import('./experiments.ts');
		this.#experiments ??= new Experiments({ ...this.#parts, routerOptions: this.#routerOptions });
		return this.#experiments;
	}

	/** Uses the limits that the storage has, and takes part in the experiment that runs by it. Never rejects: requests go on without. */
	async #readSettings(storage: RouterStorage): Promise<void> {
		await this.#limits.read(storage);
		try {
			const isNeeded = this.#experiments !== null || (await storage.experiments.list()).some(isRunning);
			if (isNeeded) await this.experiments().then(() => this.#experiments?.read(storage));
		} catch (error) {
			this.logger.error('Experiments could not be read', { error: String(error) });
		}
	}

	/** Writes usage tracked by hand to the ledger, in order. A failure is logged, as `trackUsage` has returned. */
	#charge(entry: CostEntry, checks: readonly BudgetCheck[]): void {
		this.#charges = this.#charges
			.then(async () => {
				const storage = await this.storage();
				await storage.budgets.charge(checks, entry);
				this.#alerts.addCharged(checks);
			})
			.catch((error: unknown) => this.logger.error('A charge could not be written', { error: String(error) }));
	}

	/**
	 * Classifies a task and picks its model.
	 * @throws NoEligibleModelError (`ROUTER_NO_ELIGIBLE_MODEL`) when the constraints leave none.
	 * @throws InvalidInputError (`ROUTER_INVALID_INPUT`) for an empty task, constraints that cannot be, or an attribution to names that are too long.
	 */
	async routeTask(task: TaskInput, context?: string | RouteOptions): Promise<RoutingDecision> {
		const options = toOptions(context);
		if (this.#storage === null) await this.storage();
		const router = options.policy === undefined ? this.router : this.#getPolicyRouter(options.policy);
		const descriptor = applyOptions(this.classifier.classify(task, options.context), options);
		const workload = this.#resolveWorkload(task, options);
		if (workload !== undefined) descriptor.workload = workload;
		this.#events.emit({ type: 'task-classified', task: descriptor });
		const drawn = this.#experiments && (await this.#experiments.enter(descriptor, options));
		const decision = drawn ?? router.route(descriptor, options.unservable);
		this.#requests.set(decision, { task, unservable: options.unservable });
		this.#events.correlate(decision.id, options.correlation);
		const notes = options.notes?.(decision) ?? [];
		decision.reasoning.push(...(notes instanceof Promise ? await notes : notes));
		this.#events.emit({ type: 'decision-made', decision });
		if (options.isUnrecorded !== true) recordDecision(decision, this.#recorder, this.#ports);
		return decision;
	}

	/** The workload as it was named, else by what the request shows. @throws InvalidInputError for a name that is none */
	#resolveWorkload(task: TaskInput, { app, attribution, requestClass, workload }: RouteOptions): string | undefined {
		if (workload !== undefined) return checkWorkload(workload);
		const { hashTask } = this.#ports;
		const key = attribution?.key;
		// most tasks of a program that calls the library
		const isBare = typeof task === 'string' && app === undefined && key === undefined;
		if (hashTask === undefined || isBare) return undefined;
		this.#workloads ??= new WorkloadReader(hashTask);
		const id = this.#workloads.identify(task, { app, key, requestClass });
		return id === undefined ? undefined : (this.config.learning?.workloads?.[id] ?? id);
	}

	/** For callers that name a policy where none is followed, as beside a model's name. @throws InvalidInputError for a name that is no policy */
	checkPolicy(name: string): void {
		applyPolicy(this.config, name);
	}

	#getPolicyRouter(policy: string): ModelRouter {
		let router = this.#policyRouters.get(policy);
		if (router === undefined) {
			router = new ModelRouter(applyPolicy(this.config, policy), this.#routerOptions);
			this.#policyRouters.set(policy, router);
		}
		return router;
	}

	/**
	 * Routes a task and runs it with the executor, over the fallback chain, within the budget.
	 * Answers the executor's value. The usage that it reports is booked, else an estimate marked as such.
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
		if (options.attribution !== undefined) checkAttribution(options.attribution);
		try {
			return await this.#runner.run(decision, executor, { ...options, ...this.#requests.get(decision) });
		} finally {
			this.#events.correlate(decision.id, undefined);
		}
	}

	/** Adds a person's rating of an answer, which changes the historical factor. False when the decision is not known. */
	async recordFeedback(decisionId: string, feedback: Feedback): Promise<boolean> {
		const storage = await this.storage();
		await this.#recorder.flush();
		return await recordFeedback(storage, this.#tracker, { decisionId, feedback });
	}

	/** Learns from what a later request showed of an answer; signs that the configuration does not list count nothing. */
	observeAnswer({ decisionId, ...answer }: ObservedAnswer, signals: readonly LaterSignal[]): void {
		const observed = listLaterSignals(this.config).filter((signal) => signals.includes(signal));
		this.#tracker.observeSigns({ ...answer, observed });
		for (const signal of observed) this.#recorder.add({ kind: 'sign', row: { decisionId, signal } });
	}

	/** Statistics of everything recorded, or of a range of time. */
	async stats(range: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }): Promise<RoutingStats> {
		return await readStats(await this.flush(), range, this.#budget.timezone);
	}

	/** Spending in a period, from the ledger. */
	async costReport(period: { start: Date; end: Date }): Promise<CostReport> {
		const source = await this.#readSource();
		await restoreEntries(source);
		return await readCostReport(source, period);
	}

	/** Spending against the daily and the monthly limit, over all processes that share the storage. */
	async budgetStatus(): Promise<BudgetStatus> {
		await restoreSpend(await this.#readSource());
		return this.costOptimizer.checkBudget();
	}

	/** Spending against every limit in force, over all processes that share the storage; `withRequest`: those of every request too. */
	async budgetLimits({ withRequest = false }: { withRequest?: boolean } = {}): Promise<BudgetLimitStatus[]> {
		return await readBudgetLimits(await this.#readSource(), withRequest);
	}

	/** The ledger's totals of a range of time, by one of its groups; money in nano-dollars. */
	async costBy(group: CostGroup, range: TimeRange): Promise<CostTotals[]> {
		return await (await this.flush()).ledger.totals(range, group, this.#budget.timezone);
	}

	/** What the next days will cost if work goes on as before, with the forecast's error on recorded days. @throws InvalidInputError */
	async forecast({ days = DEFAULT_FORECAST_DAYS }: { days?: number | undefined } = {}): Promise<SpendForecast> {
		return await readForecast(await this.#readSource(), days);
	}

	/** What the same work would have cost with always the strongest model, always the cheapest, or a random mix: estimates. */
	async savings(range: TimeRange): Promise<SavingsEstimate[]> {
		const { candidates, catalog } = this.router;
		return await readSavings(await this.flush(), range, { catalog, candidates });
	}

	/** Everything recorded in a range of time. */
	async exportData(range: TimeRange = { from: 0, to: Number.MAX_SAFE_INTEGER }): Promise<ExportedData> {
		return await exportData(await this.flush(), range);
	}

	/** The attempts of a decision, in order: calls, and models that were skipped. Empty when it is not known. */
	async attemptsOf(decisionId: string): Promise<AttemptRow[]> {
		return await (await this.flush()).records.attemptsOf(decisionId);
	}

	/** Clears the decision cache; with `stats` or `all` also what was recorded, never the ledger. @throws InvalidInputError while an experiment runs */
	async reset(scope: 'cache' | ResetScope): Promise<void> {
		this.router.clearCache();
		this.#policyRouters.clear();
		if (scope === 'cache') return;
		await resetStorage(await this.flush(), scope);
		this.#tracker.clear();
		this.#corrector.clear();
	}

	/**
	 * Moves charges from before a day (`2026-10-01`, in the budget's time zone) into an archive file, made when missing. Their
	 * sums stay in every report and budget. The charges of the current month are never moved.
	 * @throws InvalidInputError for a later day, or where the storage has no ledger to archive; StorageError
	 */
	async archiveLedger(day: string, path: string): Promise<LedgerArchive> {
		return await archiveLedgerBefore(await this.#readSource(), day, path);
	}

	/** What this process has done; `stats()` covers everything recorded. */
	getStatus(): SystemStatus {
		const { costOptimizer: optimizer, fallback, router } = this;
		return { routing: router.getStats(), budget: optimizer.checkBudget(), fallbacks: fallback.getFallbackConfigs() };
	}

	async #readSource(): Promise<SpendingSource> {
		return { storage: await this.flush(), optimizer: this.costOptimizer, now: this.#clock.now() };
	}

	/** Writes everything pending. */
	async flush(): Promise<RouterStorage> {
		const storage = await this.storage();
		await this.#charges;
		await this.#recorder.flush();
		await this.#alerts.flush();
		await storage.flush?.();
		return storage;
	}

	/**
	 * Writes everything pending and closes the storage. What a storage that failed does not take is written to the successor's, if
	 * one is named. Idempotent.
	 */
	async close({ successor }: { successor?: RoutingSystem } = {}): Promise<void> {
		if (this.#session.isOpened) await this.flush();
		await this.#session.close(successor && (await successor.storage()));
		await this.#ports.onClose?.();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.close();
	}
}
