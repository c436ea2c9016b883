import { type ModelCatalog, resolveLatency } from '../catalog/index.ts';
import {
	type Attempt,
	CHARACTERS_PER_TOKEN,
	type Clock,
	type CostEntry,
	DEFAULT_LEARNING_CONFIG,
	type FailureKind,
	type FallbackResult,
	type ModelName,
	type ModelProfile,
	type NanoUsd,
	type RouterConfig,
	type RouterEventListener,
	type RouterStorage,
	type RoutingDecision,
	type TaskDescriptor,
	toOutcomeObservation,
	type Usage,
} from '../contracts/index.ts';
import { AllModelsFailedError, ProviderCallError, StreamInterruptedError } from '../errors/index.ts';
import type { AttemptContext, ExecuteChainOptions, FallbackChain, ReplacedModel } from '../execute/index.ts';
import type { EstimateCorrector, PerformanceTracker } from '../learn/index.ts';
import { createMeteredUsage, createUsageLimits, findUsage, IN_FLIGHT_TOKENS, settleUsage } from '../protocol/index.ts';
import { AttemptBudget, type AttemptBudgetOptions } from './attempt-budget.ts';
import type { ModelRouter } from './model-router.ts';
import { type AttemptHooks, DEFAULT_FALLBACKS, type ExecuteOptions } from './options.ts';
import { createEstimateObservation, createOutcomeRow, type TaskEnding } from './outcomes.ts';
import { createFallbackRows, describeCall, type Recorder } from './recorder.ts';

/** What running a task needs. */
interface TaskRunnerOptions
	extends Pick<
		AttemptBudgetOptions,
		'catalog' | 'ids' | 'optimizer' | 'priceVersion' | 'countTextTokens' | 'onCharge'
	> {
	config: RouterConfig;
	clock: Clock;
	router: Pick<ModelRouter, 'createAdmission'>;
	emit: RouterEventListener;
	fallback: FallbackChain;
	tracker: PerformanceTracker;
	corrector: EstimateCorrector;
	recorder: Recorder;
	/** Waited for until it is open. */
	storage: () => RouterStorage | Promise<RouterStorage>;
}

/** A task that was answered, and what it took. */
export interface ExecutedTask<Value> {
	value: Value;
	/** The model that answered. */
	model: ModelName;
	attempts: readonly Attempt[];
	/** What all attempts cost; `null` when one of them had no price. */
	costNanoUsd: NanoUsd | null;
	/** The model asked for by name that a limit did not allow; `null` where no limit replaced one. */
	replaced: ReplacedModel | null;
}

/** Calls one model; the context holds the limits of the attempt. */
export type TaskExecutor<Value> = (model: ModelName, context: AttemptContext) => Promise<Value>;

/** One request under way. */
interface RunningTask<Value> {
	decision: RoutingDecision;
	executor: TaskExecutor<Value>;
	options: ExecuteOptions<Value>;
	/** Why a model may not be called for the task, in a sentence; every attempt passes it. `null`: it may be. */
	getExclusion: (model: ModelName) => string | null;
	budget: AttemptBudget;
	/** Calls that were made. */
	attempts: Attempt[];
	/** Of the last attempt that was booked. */
	usage: Usage | null;
}

/** Stands in the ledger's rows of calls that a plan of the caller's paid for. */
const LIST_PRICE_ONLY = 'list-price equivalent, not your bill';

/**
 * Failures of the request, which no model could have answered as it was, and calls that their caller ended: they say nothing of
 * the model that was asked.
 */
const REQUEST_FAILURES: ReadonlySet<FailureKind | undefined> = new Set([
	'invalid-request',
	'context-too-long',
	'aborted',
]);

/** Executes a decision over its fallback chain, books every attempt, and records the outcome. */
export class TaskRunner {
	readonly #ports: TaskRunnerOptions;

	constructor(ports: TaskRunnerOptions) {
		this.#ports = ports;
	}

	/** @throws BudgetExceededError, AllModelsFailedError, or what the executor threw where no other model would help. */
	async run<Value>(
		decision: RoutingDecision,
		executor: TaskExecutor<Value>,
		options: ExecuteOptions<Value> & Pick<AttemptBudgetOptions, 'task'>,
	): Promise<ExecutedTask<Value>> {
		const { clock, config } = this.#ports;
		const storage = this.#ports.storage();
		const budget = new AttemptBudget(decision, {
			...this.#ports,
			...options.hooks,
			task: options.task,
			storage: storage instanceof Promise ? await storage : storage,
			allowUnpriced: config.allowUnpriced ?? [],
			attribution: options.attribution,
		});
		const getExclusion = this.#ports.router.createAdmission(decision, options.unservable);
		const task: RunningTask<Value> = {
			decision,
			executor,
			options,
			getExclusion,
			budget,
			attempts: [],
			usage: null,
		};
		const startedAt = clock.monotonic();
		const end = (
			ending: Pick<TaskEnding, 'success' | 'error' | 'quality' | 'observed'>,
			history: readonly Attempt[],
		) => {
			if (options.isUnrecorded === true) return;
			this.#recordFallbacks(decision, history, ending.success);
			this.#recordOutcome(task, { ...ending, latencyMs: clock.monotonic() - startedAt });
		};
		const hasFallbacks = config.fallback.enabled && options.hooks?.isPinnedToModel !== true;
		const chain = hasFallbacks ? this.#resolveChain(task) : [decision.model.name];
		try {
			let executed: FallbackResult<Value>;
			try {
				executed = await this.#execute(task, chain);
			} catch (error) {
				if (!hasFallbacks) throw error;
				executed = await this.#executeAtLimit(task, chain, error);
			}
			const { value, model, history } = executed;
			const quality = options.judge === undefined ? null : await options.judge(value);
			const { observe: counted = DEFAULT_LEARNING_CONFIG.observe } = config.learning ?? {};
			const observed = options.hooks?.observe?.(value).filter((signal) => counted.includes(signal));
			end({ success: true, error: null, quality, observed }, history);
			return { value, model, attempts: history, costNanoUsd: budget.spentNanoUsd, replaced: budget.replaced };
		} catch (error) {
			await budget.release();
			const history = error instanceof AllModelsFailedError ? error.attempts : task.attempts;
			end({ success: false, error, quality: null }, history);
			// No model was called because none was affordable: the caller gets the budget's error.
			throw isRefused(task) ? budget.refusal : error;
		}
	}

	/** Where the budget refused every model of the chain: runs the models that the limit's action still allows. @throws `error` */
	async #executeAtLimit<Value>(
		task: RunningTask<Value>,
		tried: readonly ModelName[],
		error: unknown,
	): Promise<FallbackResult<Value>> {
		const { actionAtLimit } = task.budget;
		if (!isRefused(task) || actionAtLimit === null) throw error;
		const models = budgetFallbackModels(actionAtLimit, task.decision, { catalog: this.#ports.catalog, tried });
		if (models.length === 0) throw error;
		return await this.#execute(task, models);
	}

	#execute<Value>(task: RunningTask<Value>, chain: readonly ModelName[]): Promise<FallbackResult<Value>> {
		const { catalog, fallback } = this.#ports;
		const { decision, executor, budget } = task;
		const { signal, deadlineMs, hooks = {} } = task.options;
		const { descriptor } = decision;
		return fallback.executeWithFallback<Value>(executor, [...chain], {
			decisionId: decision.id,
			signal,
			deadlineMs,
			timeoutMs: hooks.timeoutMs,
			isWholeChain: true,
			adaptsPrompts: decision.experiment?.promptAdaptation ?? this.#ports.config.promptAdaptation,
			getExclusion: task.getExclusion,
			getContextWindow: (model) => catalog.find(model)?.contextWindow,
			getDeployments: hooks.getDeployments,
			getCredential: (model, deployment) => hooks.getCredential?.(model, deployment) ?? catalog.find(model)?.provider,
			availableAt: hooks.availableAt,
			classify: hooks.isCommitted && createStreamClassifier(hooks.isCommitted),
			beforeAttempt: (model, _number, maxDurationMs) => budget.reserveOrSkip(model, maxDurationMs),
			afterAttempt: async (attempt, result) => {
				task.attempts.push(attempt);
				const note = hooks.getNote?.();
				if (note !== undefined) attempt.message = [attempt.message, note].filter(Boolean).join(' ');
				// the chain runs nothing but `executor`, so a value is its
				const typed = result as { value: Value } | { error: unknown };
				const context = { descriptor, catalog, hooks, offeredTokens: budget.offeredTokens };
				const found = resolveAttemptUsage(attempt, typed, context);
				const usage = found instanceof Promise ? await found : found;
				if (usage === null) return await budget.release();
				const { deployment } = attempt;
				const isListPriceOnly = deployment !== undefined && hooks.isListPriceOnly?.(deployment) === true;
				const reason = isListPriceOnly ? LIST_PRICE_ONLY : undefined;
				const { model, number } = attempt;
				const entry = await budget.settle({ model, number, reason, call: describeCall(attempt) }, usage);
				task.usage = entry.usage;
				attempt.usage = entry.usage;
				attempt.costNanoUsd = entry.costNanoUsd;
				if ('value' in result && task.options.isUnrecorded !== true) this.#learnEstimate(decision, entry, attempt);
			},
		});
	}

	/**
	 * The models to try: the chosen one with the fallbacks that somebody defined for it, else the decision's plan. The default
	 * fallbacks are the specification's: the plan knows which models are served today, and at other providers.
	 */
	#resolveChain<Value>({ decision, getExclusion, options }: RunningTask<Value>): readonly ModelName[] {
		const { config, fallback } = this.#ports;
		const { name: chosen, standsFor = [] } = decision.model;
		const { fallbacks } = options;
		const isAllowed = (model: ModelName) => model !== chosen && getExclusion(model) === null;
		if (fallbacks !== undefined) return [chosen, ...fallbacks.filter(isAllowed)].slice(0, config.fallback.maxAttempts);
		// a stand-in has the fallbacks of the name whose place it takes
		const primary = [chosen, ...standsFor].find((name) => fallback.getFallbacks(name) !== undefined) ?? chosen;
		const defined = fallback.getFallbacks(primary) ?? [];
		if (isSameList(defined, DEFAULT_FALLBACKS[primary])) return decision.fallbackChain;
		const allowed = defined.filter((model) => getExclusion(model) === null);
		return allowed.length === 0 ? decision.fallbackChain : [chosen, ...allowed].slice(0, config.fallback.maxAttempts);
	}

	/** Learns how far an answered call was from its estimate. */
	#learnEstimate({ descriptor }: RoutingDecision, entry: CostEntry, { durationMs }: Attempt): void {
		const { catalog, config, corrector } = this.#ports;
		if (!config.enableLearning) return;
		const observation = createEstimateObservation(descriptor, { entry, durationMs }, catalog);
		if (observation !== null) corrector.observe(observation);
	}

	#recordFallbacks(decision: RoutingDecision, history: readonly Attempt[], success: boolean): void {
		const { clock, ids, recorder } = this.#ports;
		const rows = createFallbackRows(history, { decisionId: decision.id, success, ids, at: clock.now() });
		for (const row of rows) recorder.add({ kind: 'fallback', row });
	}

	#recordOutcome<Value>(
		{ decision, budget, attempts, options, usage }: RunningTask<Value>,
		ending: Omit<TaskEnding, 'model' | 'attempts' | 'usage' | 'costNanoUsd'>,
	): void {
		const { clock, config, emit, ids, optimizer, recorder, tracker } = this.#ports;
		const last = attempts.at(-1);
		// without a call, or where the request was at fault or its caller left, there is nothing to learn about a model
		const isCallers = options.signal?.aborted === true || REQUEST_FAILURES.has(last?.failure);
		if (last === undefined || (!ending.success && isCallers)) return;
		const calls = { model: last.model, attempts: attempts.length, usage, costNanoUsd: budget.spentNanoUsd };
		const row = createOutcomeRow(decision, { ...ending, ...calls }, { ids, at: clock.now() });
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
function isRefused<Value>({ attempts, budget, options }: RunningTask<Value>): boolean {
	return attempts.length === 0 && budget.refusal !== null && options.signal?.aborted !== true;
}

/**
 * Judges failures for an executor that watches its stream: after the first output nothing is tried again, and a model that
 * stayed silent is not asked a second time, as that only doubles the wait.
 */
function createStreamClassifier(isCommitted: () => boolean): NonNullable<ExecuteChainOptions['classify']> {
	return (error, failure) => {
		if (isCommitted()) return { ...failure, action: 'give-up' };
		// the caller's client renews its login, and asks again
		if (
			failure.kind === 'authentication' &&
			error instanceof ProviderCallError &&
			error.details.isCallersLogin === true
		)
			return { ...failure, action: 'give-up', cooldownMs: undefined };
		const isTimeout = failure.kind === 'timeout' && failure.status === undefined;
		const isSilent = isTimeout || (error instanceof StreamInterruptedError && error.isSilence);
		return isSilent ? { ...failure, action: 'next-model' } : failure;
	};
}

/**
 * The models still worth trying when the budget has refused every model of the chain: with `downgrade` the eligible
 * ones that were not tried, the cheapest first; with `local-only` those that run on the user's own hardware. The same
 * limits hold for each of them.
 */
function budgetFallbackModels(
	action: NonNullable<AttemptBudget['actionAtLimit']>,
	decision: RoutingDecision,
	{ catalog, tried }: { catalog: ModelCatalog; tried: readonly ModelName[] },
): ModelName[] {
	if (action === 'local-only') {
		const excluded = new Set([...tried, ...decision.exclusions.map(({ model }) => model)]);
		const local = catalog.profiles().filter(({ isLocal, kind }) => isLocal === true && kind !== 'embedding');
		return local.map(({ name }) => name).filter((name) => !excluded.has(name));
	}
	const estimatePrice = ({ costPer1kInputTokens, costPer1kOutputTokens }: ModelProfile): number => {
		const { estimatedInputTokens, estimatedOutputTokens } = decision.descriptor;
		return costPer1kInputTokens * estimatedInputTokens + costPer1kOutputTokens * estimatedOutputTokens;
	};
	return decision.scores
		.map(({ model: { name } }) => ({ name, price: estimatePrice(catalog.get(name)) }))
		.filter(({ name, price }) => !tried.includes(name) && !Number.isNaN(price))
		.sort((a, b) => a.price - b.price)
		.map(({ name }) => name);
}

/** Failures during which the provider may have worked, and billed it, without reporting usage. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set(['timeout', 'aborted', 'stream-interrupted']);

/** What usage is resolved with. */
interface UsageContext<Value> {
	descriptor: TaskDescriptor;
	catalog: ModelCatalog;
	hooks: AttemptHooks<Value>;
	/** Output tokens that the money held for the attempt pays for. */
	offeredTokens: number;
}

/** The usage to book for an attempt: metered by the caller, else reported, else estimated; `null` when nothing was billed. */
function resolveAttemptUsage<Value>(
	attempt: Attempt,
	result: { value: Value } | { error: unknown },
	context: UsageContext<Value>,
): Usage | Promise<Usage | null> {
	if ('error' in result) return meterFailure(attempt, result.error, context);
	return context.hooks.usageOf?.(result.value) ?? resolveAnswerUsage(attempt, result.value, context);
}

async function meterFailure<Value>(
	attempt: Attempt,
	error: unknown,
	context: UsageContext<Value>,
): Promise<Usage | null> {
	const metered = (await context.hooks.meterFailure?.(attempt, error)) ?? 'unknown';
	if (metered === 'unknown') return estimateFailureUsage(attempt, error, context);
	return metered === 'not-billed' ? null : metered;
}

function resolveAnswerUsage<Value>(attempt: Attempt, value: Value, context: UsageContext<Value>): Usage {
	const { catalog, descriptor, hooks } = context;
	const { textLength, usage } = parseExecutorResult(value);
	const expected = { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens };
	if (usage === null) return estimateUsage(textLength, expected);
	const { answers, maxOutputTokens } = hooks;
	const limits = createUsageLimits(catalog.get(attempt.model), { maxOutputTokens, answers });
	const metered = { inputTokens: expected.input, outputTokens: toOutputTokens(textLength, expected.output) };
	// counts that the executor's own code gives
	return settleUsage(usage, metered, { limits, believesZero: true });
}

/**
 * Usage that the error itself reports is believed. An attempt that was interrupted is estimated: the whole input, and the
 * output that the model's usual speed yields in the time it had, and what may have been under way; all that it may have written at
 * deployments that bill it to the end. Never more than was held.
 */
function estimateFailureUsage<Value>(
	attempt: Attempt,
	error: unknown,
	{ descriptor, catalog, hooks, offeredTokens }: UsageContext<Value>,
): Usage | null {
	const usage = typeof error === 'string' ? null : parseExecutorResult(error).usage;
	if (usage !== null) return usage;
	if (attempt.failure === undefined || !MAY_BE_BILLED.has(attempt.failure) || attempt.wasSent === false) return null;
	const profile = catalog.get(attempt.model);
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const outputMs = Math.max(0, attempt.durationMs - ttftMs);
	const most = Math.min(
		profile.maxOutputTokens * (hooks.answers ?? 1),
		offeredTokens,
		hooks.maxOutputTokens ?? Infinity,
	);
	const written = (outputMs / 1000) * outputTokensPerSecond + IN_FLIGHT_TOKENS;
	const isWhole = attempt.deployment !== undefined && hooks.billsAfterDisconnect?.(attempt.deployment) === true;
	const output = isWhole ? most : Math.min(most, written);
	return estimateUsage(null, { input: descriptor.estimatedInputTokens, output });
}

/** What an executor's value reports of the tokens it took. */
interface ExecutorResult {
	/** `null` when the value reports none. */
	usage: Usage | null;
	/** Characters of the answer's text, when it is a text. */
	textLength: number | null;
}

/** Looks for usage in whatever an executor returned: a text, `{ output, usage }`, or a provider SDK's response. */
function parseExecutorResult(value: unknown): ExecutorResult {
	if (typeof value === 'string') return { usage: null, textLength: value.length };
	const output = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
	return { usage: findUsage(value)?.usage ?? null, textLength: typeof output === 'string' ? output.length : null };
}

/** Output by the length of the text, else as expected. */
function toOutputTokens(textLength: number | null, expected: number): number {
	return textLength === null ? expected : Math.ceil(textLength / CHARACTERS_PER_TOKEN);
}

/** Usage where none was reported: expected input; output by the length of the text, else expected; marked as estimated. */
function estimateUsage(textLength: number | null, expected: { input: number; output: number }): Usage {
	return createMeteredUsage({
		inputTokens: expected.input,
		outputTokens: toOutputTokens(textLength, expected.output),
	});
}
