import type {
	Clock,
	FallbackConfig,
	FallbackResult,
	ModelName,
	ModelReference,
	RandomSource,
	RateLimitInfo,
	RouterEvent,
	RouterEventListener,
} from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { MACHINE_CLOCK } from '../util/index.ts';
import { adaptPromptForFamily } from './adapt-prompt.ts';
import type { ChainPorts } from './chain-run.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { classifyFailure } from './classify-failure.ts';
import { Cooldowns, toRateLimitInfo } from './cooldowns.ts';
import type { ExecuteChainOptions, TaskFunction } from './execute-options.ts';
import { failureMessage, restModel } from './record-attempt.ts';
import { completePolicy, type RetryPolicy } from './retry-policy.ts';
import { runChain } from './run-chain.ts';

/** Chains and adapters defined at most: beyond it, definitions come from data, not from a configuration. */
const MAX_DEFINITIONS = 10_000;

/** What a chain stands on. */
export interface FallbackChainOptions {
	/** @default the machine's clock */
	clock?: Clock;
	/** Spreads retries. @default Math.random */
	random?: RandomSource;
	/** @default DEFAULT_RETRY_POLICY */
	policy?: Partial<RetryPolicy>;
	/** Hears `attempt-end`, `fallback-triggered` and `rate-limit-hit`; what it throws is dropped. */
	onEvent?: RouterEventListener;
}

/** Executes a task on one model after the other until one answers: retries, waits, timeouts, limits and rests. */
export class FallbackChain {
	readonly #policy: RetryPolicy;
	readonly #ports: ChainPorts;
	readonly #configs = new Map<ModelName, FallbackConfig>();
	readonly #adapters = new Map<ModelName, (prompt: string) => string>();

	constructor(options: FallbackChainOptions = {}) {
		this.#policy = completePolicy(options.policy ?? {});
		const { onEvent } = options;
		this.#ports = {
			clock: options.clock ?? MACHINE_CLOCK,
			random: options.random ?? Math.random,
			breaker: new CircuitBreaker(this.#policy),
			cooldowns: new Cooldowns(),
			emit: (event) => tell(onEvent, event),
			adaptPrompt: (prompt, model) => this.adaptPrompt(prompt, model),
		};
	}

	/** Defines the models to try after a primary, and how its requests are retried; replaces an earlier definition. @throws InvalidInputError */
	defineFallbacks(primary: ModelName, fallbacks: readonly ModelName[], config: Partial<FallbackConfig> = {}): void {
		makeRoom(this.#configs, primary, 'fallback chains');
		const complete: FallbackConfig = {
			maxRetries: config.maxRetries ?? this.#policy.attemptsPerModel,
			timeout: config.timeout ?? this.#policy.timeoutMs,
			backoff: config.backoff ?? this.#policy.backoff,
			initialDelay: config.initialDelay ?? this.#policy.initialDelayMs,
			primary,
			fallbacks: [...new Set(fallbacks)].filter((model) => model !== primary),
		};
		completePolicy(policyOf(complete));
		this.#configs.set(primary, complete);
	}

	/** The models of a request: the primary, then those defined for it, else those planned; each once. */
	chainFor(primary: ModelName, planned: readonly ModelName[]): ModelName[] {
		return [...new Set([primary, ...(this.#configs.get(primary)?.fallbacks ?? planned)])];
	}

	/**
	 * Calls `taskFn` with one model after the other until one answers. A chain of one model goes on with the
	 * fallbacks defined for it.
	 * @throws AllModelsFailedError when none answered; BudgetExceededError when the budget refused them all;
	 * RequestAbortedError when the caller left or the deadline passed; the failure itself when no model would cure it
	 * (an invalid request, an unknown model id, a refusal on grounds of content); InvalidInputError for an empty chain.
	 */
	async executeWithFallback<T>(
		taskFn: TaskFunction<T>,
		modelChain: readonly ModelReference[],
		options: ExecuteChainOptions = {},
	): Promise<FallbackResult<T>> {
		const names = modelChain.map((model) => (typeof model === 'string' ? model : model.name));
		const [primary] = names;
		if (primary === undefined) {
			throw new InvalidInputError('There is no model to call: the chain is empty. Give at least one model.');
		}
		const { clock } = this.#ports;
		const policy = this.#policyFor(primary, options);
		const startedAt = clock.monotonic();
		return await runChain<T>({
			ports: this.#ports,
			taskFn,
			chain: names.length === 1 ? this.chainFor(primary, []) : [...new Set(names)],
			policy,
			options,
			startedAt,
			deadlineAt: startedAt + (options.deadlineMs ?? Number.POSITIVE_INFINITY),
			history: [],
			errors: [],
			retriesLeft: policy.retryBudget,
			minContextWindow: 0,
			refusal: null,
			lastError: undefined,
			left: null,
		});
	}

	/** Lets a model rest after a rate limit that was met elsewhere, until the time the error names, else for `rateLimitCooldownMs`. */
	handleRateLimit(model: ModelName, error: unknown): RateLimitInfo {
		const failure = classifyFailure(error, { now: this.#ports.clock.now(), policy: this.#policy });
		const kind = failure.kind === 'quota-exhausted' ? failure.kind : 'rate-limit';
		const restMs =
			kind === 'quota-exhausted'
				? (failure.cooldownMs ?? this.#policy.quotaCooldownMs)
				: (failure.retryAfterMs ?? this.#policy.rateLimitCooldownMs);
		const run = { ports: this.#ports, options: {} };
		const rest = restModel(run, model, { failure: { ...failure, kind }, restMs, message: failureMessage(error) });
		return toRateLimitInfo(model, rest);
	}

	/** Whether a provider's limit keeps the model from being asked now. */
	isRateLimited(model: ModelName): boolean {
		return this.getRateLimitInfo(model) !== undefined;
	}

	/** The limit the model rests under now; its `limit` is `NaN` when the provider named no figure. */
	getRateLimitInfo(model: ModelName): RateLimitInfo | undefined {
		const { clock, cooldowns } = this.#ports;
		const cooldown = cooldowns.find(model, clock.now());
		return cooldown?.isLimit ? toRateLimitInfo(model, cooldown) : undefined;
	}

	/** Ends a model's rest. */
	clearRateLimit(model: ModelName): void {
		this.#ports.cooldowns.clear(model);
	}

	/** The prompt as the model should read it: by its registered adapter, else by its family's habits; the prompt's text stays whole. */
	adaptPrompt(prompt: string, target: ModelName): string {
		const adapter = this.#adapters.get(target);
		return adapter === undefined ? adaptPromptForFamily(prompt, target) : adapter(prompt);
	}

	/** Adapts prompts for a model in your own way. @throws InvalidInputError */
	registerAdapter(model: ModelName, adapter: (prompt: string) => string): void {
		makeRoom(this.#adapters, model, 'prompt adapters');
		this.#adapters.set(model, adapter);
	}

	/** A copy of what was defined, by primary model. */
	getFallbackConfigs(): Map<ModelName, FallbackConfig> {
		return new Map(structuredClone([...this.#configs]));
	}

	#policyFor(primary: ModelName, options: ExecuteChainOptions): RetryPolicy {
		const config = this.#configs.get(primary);
		const policy = { ...this.#policy, ...(config === undefined ? {} : policyOf(config)) };
		if (options.timeoutMs !== undefined) policy.timeoutMs = options.timeoutMs;
		if (options.attemptsPerModel !== undefined) policy.attemptsPerModel = options.attemptsPerModel;
		if (options.backoff !== undefined) policy.backoff = options.backoff;
		if (options.initialDelayMs !== undefined) policy.initialDelayMs = options.initialDelayMs;
		return completePolicy(policy);
	}
}

function policyOf(config: FallbackConfig): Partial<RetryPolicy> {
	return {
		attemptsPerModel: config.maxRetries,
		timeoutMs: config.timeout,
		backoff: config.backoff,
		initialDelayMs: config.initialDelay,
	};
}

function makeRoom(definitions: ReadonlyMap<ModelName, unknown>, model: ModelName, what: string): void {
	if (definitions.size < MAX_DEFINITIONS || definitions.has(model)) return;
	throw new InvalidInputError(
		`There are already ${MAX_DEFINITIONS} ${what}. Reuse a name, or make another FallbackChain.`,
	);
}

function tell(listener: RouterEventListener | undefined, event: RouterEvent): void {
	try {
		listener?.(event);
	} catch {
		// Whoever listens must not decide whether the caller gets an answer; there is nobody here to tell.
	}
}
