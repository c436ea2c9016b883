import type { FallbackConfig, ModelName, ModelReference } from '../contracts/index.ts';
import { InvalidInputError } from '../errors/index.ts';
import { completePolicy, type RetryPolicy } from './retry-policy.ts';

/** The name of a model, from its name or anything that carries it. @throws InvalidInputError */
export function nameOf(model: ModelReference): ModelName {
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
		fallbacks: [...new Set(chain.fallbacks.map(nameOf))].filter((model) => model !== primary),
	};
	completePolicy(policyOf(complete));
	return complete;
}

/** A definition's part of the policy, in the policy's words. */
export function policyOf(config: FallbackConfig): Partial<RetryPolicy> {
	return {
		attemptsPerModel: config.maxRetries,
		timeoutMs: config.timeout,
		backoff: config.backoff,
		initialDelayMs: config.initialDelay,
	};
}
