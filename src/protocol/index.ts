/** @module Callers' and providers' wire formats, without I/O: today, what they say of usage. */
export {
	type CacheMarker,
	type CacheMarkerHints,
	type CacheMarkerPorts,
	createCacheMarker,
	readAnthropicUsage,
} from './anthropic-messages/index.ts';
export { readGeminiUsage } from './gemini/index.ts';
export { readOpenAiChatUsage } from './openai-chat/index.ts';
export { readOpenAiResponsesUsage } from './openai-responses/index.ts';
export { type RecognisedUsage, recogniseUsage, type UsageFormat } from './recognise-usage.ts';
