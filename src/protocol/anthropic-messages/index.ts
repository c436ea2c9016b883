/** @module Anthropic Messages: how callers speak it, what its answers say, and where a request is marked for its cache. */
export {
	type CacheMarker,
	type CacheMarkerHints,
	type CacheMarkerPorts,
	createCacheMarker,
} from './create-cache-marker.ts';
export { anthropicMessagesFormat } from './format.ts';
export { leaveRoomForThinking, type ThinkingRules } from './leave-room-for-thinking.ts';
export { createAnthropicUsageReader } from './read-stream-usage.ts';
export { readAnthropicUsage } from './read-usage.ts';
