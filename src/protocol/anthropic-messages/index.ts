/** @module Anthropic Messages: requests and answers in it, and the breakpoints of its prompt cache. */

export { anthropicMessagesFormat } from './format.ts';
export {
	addBodyBreakpoints,
	addPromptBreakpoints,
	createPromptCachePlanner,
	hasCacheBreakpoints,
	type PromptCacheHints,
	type PromptCachePlanner,
	toCacheableBody,
} from './prompt-cache.ts';
export { AnthropicEventReader, toReadableMessage } from './readable.ts';
export { adjustMaxTokensForThinking } from './reasoning.ts';
export { createAnthropicUsageReader, readAnthropicUsage } from './usage.ts';
