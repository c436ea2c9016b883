/** @module Anthropic Messages: how callers speak it, what its answers say, and where a request is marked for its cache. */
export { type CacheMarker, createCacheMarker } from './create-cache-marker.ts';
export {
	type CacheMarkerHints,
	type CacheMarkerPorts,
	type CachePlanner,
	createCachePlanner,
} from './create-cache-planner.ts';
export { anthropicMessagesFormat } from './format.ts';
export { leaveRoomForThinking, type ThinkingRules } from './leave-room-for-thinking.ts';
export { cacheBodyOf, markPrompt } from './mark-prompt.ts';
export { hasCacheMarks } from './place-cache-marks.ts';
export { createAnthropicUsageReader } from './read-stream-usage.ts';
export { readAnthropicUsage } from './read-usage.ts';
