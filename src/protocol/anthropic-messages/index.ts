/** @module Anthropic Messages: requests and answers in it, and the breakpoints of its prompt cache. */

export {
	addBodyBreakpoints,
	addPromptBreakpoints,
	hasCacheBreakpoints,
	toCacheableBody,
} from './cache-breakpoints.ts';
export { anthropicMessagesFormat } from './format.ts';
export {
	createPromptCachePlanner,
	type PromptCacheHints,
	type PromptCachePlanner,
} from './prompt-cache.ts';
export { adjustMaxTokensForThinking } from './reasoning.ts';
export { createAnthropicUsageReader, readAnthropicUsage } from './usage.ts';
