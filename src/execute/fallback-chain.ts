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
import { SYSTEM_CLOCK } from '../util/index.ts';
import { adaptPromptForFamily, getModelFamily, type PromptAdapter } from './adapt-prompt.ts';
import { CircuitBreaker, type CooldownInfo, Cooldowns, isProviderLimit, toRateLimitInfo } from './availability.ts';
import { classifyFailure, getLimitCooldownMs } from './classify-failure.ts';
import {
	completeFallbackConfig,
	completeRetryPolicy,
	getModelName,
	type RetryPolicy,
	toRetryPolicy,
} from './retry-policy.ts';
import {
	type ChainPorts,
	type ChainRun,
	createTarget,
	type ExecuteChainOptions,
	getFailureMessage,
	listTargets,
	startCooldown,
	type TaskFunction,
} from './run-attempt.ts';
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
	/** A model's family, for prompt adaptation. @default by the model's profile or name */
	getFamily?: (model: ModelName) => string | undefined;
	/** Whether another model is tried when one fails; without it every request has one model, the first. @default true */
	isEnabled?: boolean;
	/** Why a model may not be called now, in a sentence; `null`: it may be. Asked right before each call. @default every model may */
	getExclusion?: (model: ModelName) => string | null;
	/** Hears `attempt-end`, `fallback-triggered` and `rate-limit-hit`; what it throws is dropped. */
	onEvent?: RouterEventListener;
}

/** Executes a task on one model after the other until one answers: retries, waits, timeouts, limits and cooldowns. */
export class FallbackChain {
	readonly #policy: RetryPolicy;
	readonly #ports: ChainPorts;
	readonly #configs = new Map<ModelName, FallbackConfig>();
	readonly #adapters = new Map<string, PromptAdapter>();
	readonly #familyOf: ((model: ModelName) => string | undefined) | null;
	readonly #isEnabled: boolean;
	readonly #getExclusion: FallbackChainOptions['getExclusion'];
	/** What the latest request asked for beside its model's definition, and the policy made of it. */
	#lastPolicy: { config: FallbackConfig | undefined; asked: readonly unknown[]; policy: RetryPolicy } | null = null;

	constructor(options: FallbackChainOptions = {}) {
		this.#policy = completeRetryPolicy(options.policy ?? {});
		this.#familyOf = options.getFamily ?? null;
		this.#isEnabled = options.isEnabled ?? true;
		this.#getExclusion = options.getExclusion;
		const { onEvent } = options;
		this.#ports = {
			clock: options.clock ?? SYSTEM_CLOCK,
			random: options.random ?? Math.random,
			breaker: new CircuitBreaker(this.#policy),
			cooldowns: new Cooldowns(),
			emit: (event) => emitSafely(onEvent, event),
			adaptPrompt: (prompt, model, isBuiltIn) => this.#adapt(prompt, model, isBuiltIn),
		};
	}

	/** Defines the models to try after a primary, and how its requests are retried; replaces an earlier definition. @throws InvalidInputError */
	defineFallbacks(
		primary: ModelReference,
		fallbacks: readonly ModelReference[],
		config: Partial<FallbackConfig> = {},
	): void {
		const name = getModelName(primary);
		assertCapacity(this.#configs, name, 'fallback chains');
		this.#configs.set(name, completeFallbackConfig({ primary: name, fallbacks }, config, this.#policy));
	}

	/**
	 * Calls `taskFn` with one model after the other until one answers. A chain of one model goes on with the
	 * fallbacks defined for it; a longer one is taken as it is given. No model is called that may not be: it is skipped
	 * with the reason.
	 * @throws AllModelsFailedError when none answered; what `beforeAttempt` threw, such as BudgetExceededError;
	 * RequestAbortedError when the caller left or the deadline passed; the failure itself when no model would cure it
	 * (an invalid request, an unknown model id, a refusal on grounds of content); InvalidInputError for an empty chain.
	 */
	executeWithFallback<T>(
		taskFn: TaskFunction<T>,
		modelChain: ModelReference | readonly ModelReference[],
		options: ExecuteChainOptions = {},
	): Promise<FallbackResult<T>> {
		try {
			return runChain(this.#createRun(taskFn, modelChain, options));
		} catch (error) {
			return Promise.reject(error);
		}
	}

	#createRun<T>(
		taskFn: TaskFunction<T>,
		modelChain: ModelReference | readonly ModelReference[],
		options: ExecuteChainOptions,
	): ChainRun<T> {
		const names = (Array.isArray(modelChain) ? modelChain : [modelChain]).map(getModelName);
		const [primary] = names;
		if (primary === undefined) {
			throw new InvalidInputError('There is no model to call: the chain is empty. Give at least one model.');
		}
		const { deadlineMs = Number.POSITIVE_INFINITY } = options;
		if (!(deadlineMs >= 0)) {
			throw new InvalidInputError(`"deadlineMs" is ${deadlineMs}. Give milliseconds of 0 or more, or leave it out.`);
		}
		const { clock } = this.#ports;
		const policy = this.#policyFor(primary, options);
		const startedAt = clock.monotonic();
		return {
			ports: this.#ports,
			taskFn,
			chain: listTargets(this.#resolveChain(primary, names, options), options.getDeployments),
			policy,
			options: { ...options, getExclusion: options.getExclusion ?? this.#getExclusion },
			startedAt,
			deadlineAt: startedAt + deadlineMs,
			history: [],
			errors: [],
			retriesLeft: policy.retryBudget,
			minContextWindow: 0,
			refusedCredentials: new Set(),
			finishedTargets: new Set(),
			lastError: undefined,
			abandoned: null,
		};
	}

	/** Starts a model's cooldown after a rate limit met elsewhere: until the time the error names, else for `rateLimitCooldownMs`. */
	handleRateLimit(model: ModelReference, error: unknown): RateLimitInfo {
		const failure = classifyFailure(error, { now: this.#ports.clock.now(), policy: this.#policy });
		const kind = failure.kind === 'quota-exhausted' ? failure.kind : 'rate-limit';
		const target = createTarget(getModelName(model), null);
		const cooldown = startCooldown({ ports: this.#ports, options: {} }, target, {
			failure: { ...failure, kind },
			durationMs: getLimitCooldownMs(kind, failure.retryAfterMs, this.#policy),
			message: getFailureMessage(error),
		});
		return toRateLimitInfo(target.model, cooldown);
	}

	/** Whether a provider's limit keeps the model from being called now. */
	isRateLimited(model: ModelReference): boolean {
		return this.getRateLimitInfo(model) !== undefined;
	}

	/** The limit that keeps the model in cooldown now; its `limit` is `NaN` when the provider named no figure. */
	getRateLimitInfo(model: ModelReference): RateLimitInfo | undefined {
		const { clock, cooldowns } = this.#ports;
		const name = getModelName(model);
		const cooldown = cooldowns.get(name, clock.now());
		return cooldown !== undefined && isProviderLimit(cooldown) ? toRateLimitInfo(name, cooldown) : undefined;
	}

	/** Why and until when a model, or one of its deployments, is in cooldown; `null`: it may be called. */
	getCooldown(model: ModelReference, deployment: string | null = null): CooldownInfo | null {
		const { breaker, clock, cooldowns } = this.#ports;
		const { key } = createTarget(getModelName(model), deployment);
		const now = clock.now();
		const openUntil = breaker.availableAt(key, now);
		const cooldown = cooldowns.get(key, now);
		if (cooldown !== undefined && cooldown.until >= openUntil)
			return { cause: cooldown.failure, until: cooldown.until };
		return openUntil > now ? { cause: 'circuit-open', until: openUntil } : null;
	}

	/** Ends a model's cooldown, whatever its cause, and closes its circuit. */
	clearRateLimit(model: ModelReference): void {
		this.#ports.cooldowns.clear(getModelName(model));
		this.#ports.breaker.clear(getModelName(model));
	}

	/**
	 * Shares cooldowns and circuits with the chain that this one replaces, so that a new configuration does not call at once what
	 * has just failed; what the replaced one still has in flight counts too. State of `dropped` deployments is forgotten.
	 */
	shareAvailability(previous: FallbackChain, dropped: readonly string[]): void {
		const { breaker, cooldowns } = previous.#ports;
		const isDropped = (key: string): boolean =>
			dropped.some((deployment) => key.endsWith(createTarget('', deployment).key));
		for (const state of [breaker, cooldowns]) state.forget(isDropped);
		Object.assign(this.#ports, { breaker, cooldowns });
	}

	/**
	 * The prompt as the model should read it: by the adapter registered for it, else by its family's, else by what is
	 * built in, which leaves the prompt's text whole.
	 */
	adaptPrompt(prompt: string, target: ModelReference): string {
		return this.#adapt(prompt, target, true);
	}

	#adapt(prompt: string, target: ModelReference, isBuiltIn: boolean): string {
		const name = getModelName(target);
		const family = this.#familyOf?.(name) ?? getModelFamily(target);
		const adapter = this.#adapters.get(name) ?? (family === undefined ? undefined : this.#adapters.get(family));
		if (adapter !== undefined) return adapter(prompt, name);
		return isBuiltIn ? adaptPromptForFamily(prompt, family) : prompt;
	}

	/** Adapts prompts for a model, or for a family (`anthropic`, `openai`, `google`, …), in your own way. @throws InvalidInputError */
	registerAdapter(model: ModelReference, adapter: PromptAdapter): void {
		const name = getModelName(model);
		assertCapacity(this.#adapters, name, 'prompt adapters');
		this.#adapters.set(name, adapter);
	}

	/** The models defined to follow a primary; `undefined` when nobody defined any. */
	getFallbacks(primary: ModelName): readonly ModelName[] | undefined {
		return this.#configs.get(primary)?.fallbacks;
	}

	/** A copy of what was defined, by primary model. */
	getFallbackConfigs(): Map<ModelName, FallbackConfig> {
		return new Map(structuredClone([...this.#configs]));
	}

	#resolveChain(primary: ModelName, names: readonly ModelName[], { isWholeChain }: ExecuteChainOptions): ModelName[] {
		if (!this.#isEnabled) return [primary];
		const defined = names.length === 1 && isWholeChain !== true ? this.getFallbacks(primary) : undefined;
		return [...new Set(defined === undefined ? names : [primary, ...defined])];
	}

	#policyFor(primary: ModelName, options: ExecuteChainOptions): RetryPolicy {
		const config = this.#configs.get(primary);
		const { timeoutMs, attemptsPerModel, backoff, retryBudget, initialDelayMs } = options;
		const asked = [timeoutMs, attemptsPerModel, backoff, retryBudget, initialDelayMs];
		const last = this.#lastPolicy;
		// nearly every request of a process asks for the same
		const isSame = last?.config === config && asked.every((value, index) => Object.is(value, last?.asked[index]));
		if (last !== null && isSame) return last.policy;
		const own = Object.entries({ timeoutMs, attemptsPerModel, backoff, retryBudget, initialDelayMs });
		const policy = completeRetryPolicy({
			...this.#policy,
			...(config && toRetryPolicy(config)),
			...Object.fromEntries(own.filter(([, value]) => value !== undefined)),
		});
		this.#lastPolicy = { config, asked, policy };
		return policy;
	}
}

function assertCapacity(definitions: ReadonlyMap<ModelName, unknown>, model: ModelName, what: string): void {
	if (definitions.size < MAX_DEFINITIONS || definitions.has(model)) return;
	throw new InvalidInputError(
		`There are already ${MAX_DEFINITIONS} ${what}. Reuse a name, or make another FallbackChain.`,
	);
}

function emitSafely(listener: RouterEventListener | undefined, event: RouterEvent): void {
	try {
		listener?.(event);
	} catch {
		// Whoever listens must not decide whether the caller gets an answer; there is nobody here to tell.
	}
}
