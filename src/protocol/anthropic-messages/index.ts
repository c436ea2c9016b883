/** @module Anthropic Messages: what its answers say, and where a request is marked for its cache. */
export {
	type CacheMarker,
	type CacheMarkerHints,
	type CacheMarkerPorts,
	createCacheMarker,
} from './create-cache-marker.ts';
export { createAnthropicUsageReader } from './read-stream-usage.ts';
export { readAnthropicUsage } from './read-usage.ts';
