/** @module From a chain of models to a result, in spite of failure. */

export type { PromptAdapter } from './adapt-prompt.ts';
export type { CooldownInfo } from './availability.ts';
export type { ClassifiedFailure } from './classify-failure.ts';
export { FallbackChain, type FallbackChainOptions } from './fallback-chain.ts';
export type { LimitHint } from './retry-delay.ts';
export { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
export type {
	AttemptAllowance,
	AttemptContext,
	ExecuteChainOptions,
	ReplacedModel,
	TaskFunction,
} from './run-attempt.ts';
