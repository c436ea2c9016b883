/** @module Callers' and providers' wire formats, without I/O: to and from the neutral form, and what they say of usage. */
export {
	anthropicMessagesFormat,
	type CacheMarker,
	type CacheMarkerHints,
	type CacheMarkerPorts,
	type CachePlanner,
	cacheBodyOf,
	createAnthropicUsageReader,
	createCacheMarker,
	createCachePlanner,
	hasCacheMarks,
	leaveRoomForThinking,
	markPrompt,
	readAnthropicUsage,
	type ThinkingRules,
} from './anthropic-messages/index.ts';
export { CALLER_FORMATS } from './caller-formats.ts';
export {
	createGeminiUsageReader,
	createJsonArrayWriter,
	geminiFormat,
	groundingSearches,
	type JsonArrayWriter,
	readGeminiUsage,
} from './gemini/index.ts';
export { createOpenAiChatUsageReader, openAiChatFormat, readOpenAiChatUsage } from './openai-chat/index.ts';
export {
	createOpenAiResponsesUsageReader,
	openAiResponsesFormat,
	readOpenAiResponsesUsage,
} from './openai-responses/index.ts';
export { readNeutralUsage } from './read-neutral-usage.ts';
export { findUsage, type RecognisedUsage, recogniseUsage, type UsageFormat } from './recognise-usage.ts';
export type { CacheMark } from './shared/cache-mark.ts';
export type {
	AnswerFacts,
	AnswerReading,
	CallerFormat,
	DecodedRequest,
	FrameReading,
	RequestChange,
	StreamEncoder,
	StreamWatcher,
	WireError,
	WireRequest,
} from './shared/caller-format.ts';
export { removeJsonMember } from './shared/splice-json.ts';
export { formatSse, type SseFrame, SseFrames } from './shared/sse-frames.ts';
export { type MeteredTokens, meteredUsage, type StreamUsageReader, usageOfCutStream } from './shared/stream-usage.ts';
