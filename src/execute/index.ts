/** @module From a chain of models to a result, in spite of failure. */

export type { PromptAdapter } from './adapt-prompt.ts';
export { type ClassifiedFailure, type ClassifyFailureOptions, classifyFailure } from './classify-failure.ts';
export type { TargetRest } from './cooldowns.ts';
export type { AttemptContext, AttemptOffer, ExecuteChainOptions, TaskFunction } from './execute-options.ts';
export { FallbackChain, type FallbackChainOptions } from './fallback-chain.ts';
export type { LimitHint } from './retry-after.ts';
export { DEFAULT_RETRY_POLICY, type RetryPolicy } from './retry-policy.ts';
