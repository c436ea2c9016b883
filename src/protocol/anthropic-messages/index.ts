/** @module Anthropic Messages: how callers speak it, what its answers say, and where a request is marked for its cache. */

export { addPromptBreakpoints, toCacheableBody } from './cache-breakpoints.ts';
export { anthropicMessagesFormat } from './format.ts';
export {
	type CacheMarker,
	type CachePlanner,
	type CachePlannerHints,
	type CachePlannerOptions,
	createCacheMarker,
	createCachePlanner,
	hasCacheBreakpoints,
} from './prompt-cache.ts';
export { adjustMaxTokensForThinking, type ThinkingRules } from './reasoning.ts';
export { createAnthropicUsageReader, readAnthropicUsage } from './usage.ts';
