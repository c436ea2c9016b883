import type { PricingRates } from '../../contracts/index.ts';
import type { CacheBoundary, CacheLife, CacheMark } from '../shared/cache-mark.ts';
import { findCacheBoundaries, type JsonObject } from './cache-boundaries.ts';
import type { PrefixForecast } from './cache-break-even.ts';
import { minimumCacheableTokens } from './cache-minimum.ts';
import { chooseCacheMarks } from './place-cache-marks.ts';

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
	/** Stands for a text; a native one is several times as fast on long prompts. @default one that runs everywhere */
	hashOf?: (text: string) => string;
}

/** What is known of one request. */
export interface CacheMarkerHints {
	/** Requests that the conversation will take, where the caller knows: its first request is marked by it. */
	expectedTurns?: number;
	/** Whose cache: prefixes of different scopes are never the same. @default '' */
	scope?: string;
}

/** Chooses where a request without marks of its own is marked; remembers what it saw. */
export type CachePlanner = (body: JsonObject, hints?: CacheMarkerHints) => readonly CacheMark[];

/**
 * A planner with a memory of its own, for requests in the form of Anthropic's Messages API: `model` by the provider's id,
 * `tools`, `system` and `messages` are read.
 */
export function createCachePlanner({ hashOf, memory, ratesOf, now }: CacheMarkerPorts): CachePlanner {
	return (body, hints = {}) => {
		const model = typeof body['model'] === 'string' ? body['model'] : '';
		const rates = ratesOf(model);
		if (rates === null) return [];
		const at = now();
		const boundaries = findCacheBoundaries(body, `${model} ${hints.scope ?? ''}`, hashOf);
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
		const minimumTokens = minimumCacheableTokens(model);
		const marks = chooseCacheMarks({ boundaries, forecastOf, rates, minimumTokens });
		for (const { boundary, life } of marks) memory.marked(boundary.hash, life, at);
		return marks;
	};
}
