import type { FallbackConfig, ModelName, ModelReference } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';

/** How often, after how long, and when to leave a model alone. */
export interface RetryPolicy {
	/** Milliseconds one attempt may take, > 0. @default 60000 */
	timeoutMs: number;
	/** Wait before the first retry in milliseconds. @default 1000 */
	initialDelayMs: number;
	/** Longest wait in milliseconds: of a backoff, of a provider's Retry-After, and for the last model in cooldown. @default 30000 */
	maxDelayMs: number;
	/** @default 'exponential' */
	backoff: 'linear' | 'exponential';
	/** Share of a backoff that chance may take away, 0-1, so that clients do not retry in step. @default 0.25 */
	jitter: number;
	/** Attempts per model, the first included; 0 means no retry, as 1 does. @default 3 */
	attemptsPerModel: number;
	/** Retries of one request over all its models. @default 9 */
	retryBudget: number;
	/** Cooldown after a rate limit without a reset time, in milliseconds. @default 60000 */
	rateLimitCooldownMs: number;
	/** Cooldown after quota or credit ran out, in milliseconds. @default 600000 */
	quotaCooldownMs: number;
	/** Longest cooldown that a provider's Retry-After starts, in milliseconds: after it one call asks again. @default 3600000 */
	maxCooldownMs: number;
	/** Milliseconds for which a model with a refused credential or an unknown id is tried last. @default 60000 */
	quarantineMs: number;
	/** Failures in a row that open a model's circuit. @default 5 */
	breakerFailures: number;
	/** How long an open circuit waits before one probe, in milliseconds. @default 30000 */
	breakerOpenMs: number;
}

/** What holds where nothing else is said. */
export const DEFAULT_RETRY_POLICY: Readonly<RetryPolicy> = {
	timeoutMs: 60_000,
	initialDelayMs: 1000,
	maxDelayMs: 30_000,
	backoff: 'exponential',
	jitter: 0.25,
	attemptsPerModel: 3,
	retryBudget: 9,
	rateLimitCooldownMs: 60_000,
	quotaCooldownMs: 600_000,
	maxCooldownMs: 3_600_000,
	quarantineMs: 60_000,
	breakerFailures: 5,
	breakerOpenMs: 30_000,
};

/** The policy with every number in its range. @throws InvalidInputError naming the first that is not. */
export function completeRetryPolicy(partial: Partial<RetryPolicy>): RetryPolicy {
	const policy = { ...DEFAULT_RETRY_POLICY, ...partial };
	for (const [name, value] of Object.entries(policy)) {
		if (typeof value === 'number' && !(value >= 0)) {
			throw new InvalidInputError(`The retry policy's ${name} is ${value}. Give a number of 0 or more.`);
		}
	}
	if (policy.timeoutMs === 0) {
		throw new InvalidInputError('An attempt may take 0 ms, so none could succeed. Give a timeout of more than 0.');
	}
	return policy;
}

/** The name of a model, from its name or anything that carries it. @throws InvalidInputError */
export function getModelName(model: ModelReference): ModelName {
	const name: unknown = typeof model === 'string' ? model : model?.name;
	if (typeof name === 'string' && name !== '') return name;
	throw new InvalidInputError(`A model is given as ${typeof model} without a name. Give its name, e.g. "sonnet".`);
}

/** A definition with everything said, its missing fields from the policy. @throws InvalidInputError */
export function completeFallbackConfig(
	chain: { primary: ModelName; fallbacks: readonly ModelReference[] },
	config: Partial<FallbackConfig>,
	policy: RetryPolicy,
): FallbackConfig {
	const { primary } = chain;
	const complete: FallbackConfig = {
		maxRetries: config.maxRetries ?? policy.attemptsPerModel,
		timeout: config.timeout ?? policy.timeoutMs,
		backoff: config.backoff ?? policy.backoff,
		initialDelay: config.initialDelay ?? policy.initialDelayMs,
		primary,
		fallbacks: [...new Set(chain.fallbacks.map(getModelName))].filter((model) => model !== primary),
	};
	completeRetryPolicy(toRetryPolicy(complete));
	return complete;
}

/** A definition's part of the policy, in the policy's words. */
export function toRetryPolicy(config: FallbackConfig): Partial<RetryPolicy> {
	return {
		attemptsPerModel: config.maxRetries,
		timeoutMs: config.timeout,
		backoff: config.backoff,
		initialDelayMs: config.initialDelay,
	};
}
