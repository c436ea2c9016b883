import type { PricingRates } from '../../contracts/index.ts';
import { type CacheBoundary, findCacheBoundaries, type JsonObject } from './cache-boundaries.ts';
import type { CacheLife, PrefixForecast } from './cache-break-even.ts';
import { minimumCacheableTokens } from './cache-minimum.ts';
import { hasCacheMarks, placeCacheMarks } from './place-cache-marks.ts';

/** A prefix as it was seen. */
export interface SeenPrefix {
	hash: string;
	/** A conversation is `continued` when an earlier part of it was seen; tools and system are when they were seen themselves. */
	kind: 'tools' | 'system' | 'turn';
}

/** Remembers which prefixes came, and how often they came again. */
export interface PrefixMemory {
	/** What is expected of a prefix. */
	forecast(prefix: SeenPrefix, now: number): PrefixForecast;
	/**
	 * The prefixes of a request that is about to be sent; `earlier` are the ends of its earlier messages.
	 * Answers what is expected of a prefix, as `forecast` does after it.
	 */
	observe(
		request: { prefixes: readonly SeenPrefix[]; earlier: readonly string[]; expectedTurns?: number },
		now: number,
	): void;
	/** The prefix was sent with a mark. */
	marked(hash: string, life: CacheLife, now: number): void;
}

/** What marking requests needs. */
export interface CacheMarkerPorts {
	memory: PrefixMemory;
	/** A model's rates by the provider's id; `null` when it has none. */
	ratesOf: (modelId: string) => PricingRates | null;
	/** Epoch milliseconds. */
	now: () => number;
}

/** What is known of one request. */
export interface CacheMarkerHints {
	/** Requests that the conversation will take, where the caller knows: its first request is marked by it. */
	expectedTurns?: number;
	/** Whose cache: prefixes of different scopes are never the same. @default '' */
	scope?: string;
}

/** Places marks on a request to Anthropic's Messages API where they pay; remembers what it saw. */
export type CacheMarker = (body: JsonObject, hints?: CacheMarkerHints) => JsonObject;

/** A marker with a memory of its own. The body is not changed; one that cannot be marked comes back as it is. */
export function createCacheMarker({ memory, ratesOf, now }: CacheMarkerPorts): CacheMarker {
	return (body, hints = {}) => {
		const model = typeof body['model'] === 'string' ? body['model'] : '';
		const rates = ratesOf(model);
		if (rates === null || hasCacheMarks(body)) return body;
		const at = now();
		const boundaries = findCacheBoundaries(body, `${model} ${hints.scope ?? ''}`);
		const { tools, system, turns } = boundaries;
		const seen = (boundary: CacheBoundary): SeenPrefix => ({
			hash: boundary.hash,
			kind: boundary.at === 'messages' ? 'turn' : boundary.at,
		});
		const newest = turns.at(-1);
		const prefixes = [tools, system, newest].flatMap((boundary) => (boundary == null ? [] : [seen(boundary)]));
		const earlier = turns.slice(0, -1).map(({ hash }) => hash);
		const { expectedTurns } = hints;
		memory.observe({ prefixes, earlier, ...(expectedTurns !== undefined && { expectedTurns }) }, at);
		const stable = turns.at(-2);
		const forecastOf = (boundary: CacheBoundary): PrefixForecast => {
			const forecast = memory.forecast(seen(boundary), at);
			// the last stable end comes again whenever the newest does
			if (boundary !== stable || newest === undefined) return forecast;
			const { within5m, within1h } = memory.forecast(seen(newest), at);
			return { ...forecast, within5m, within1h };
		};
		const placed = placeCacheMarks(body, {
			boundaries,
			forecastOf,
			rates,
			minimumTokens: minimumCacheableTokens(model),
		});
		for (const { boundary, life } of placed.marks) memory.marked(boundary.hash, life, at);
		return placed.body;
	};
}
