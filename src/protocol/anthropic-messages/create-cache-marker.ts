import type { JsonObject } from './cache-boundaries.ts';
import { type CacheMarkerHints, type CacheMarkerPorts, createCachePlanner } from './create-cache-planner.ts';
import { hasCacheMarks, markBody } from './place-cache-marks.ts';

/** Places marks on a request to Anthropic's Messages API where they pay; remembers what it saw. */
export type CacheMarker = (body: JsonObject, hints?: CacheMarkerHints) => JsonObject;

/** A marker with a memory of its own. The body is not changed; one that cannot be marked comes back as it is. */
export function createCacheMarker(ports: CacheMarkerPorts): CacheMarker {
	const plan = createCachePlanner(ports);
	return (body, hints) => (hasCacheMarks(body) ? body : markBody(body, plan(body, hints)));
}
