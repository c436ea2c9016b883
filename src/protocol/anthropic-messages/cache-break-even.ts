import type { PricingRates } from '../../contracts/index.ts';
import type { CacheLife } from '../shared/cache-mark.ts';

/** What is expected of a prefix: the chance that it comes again within the life of the cache, and where it stands now. */
export interface PrefixForecast {
	/** 0-1. */
	within5m: number;
	/** 0-1, at least `within5m`. */
	within1h: number;
	/** The life it was cached with, when it is in the cache now. */
	cached: CacheLife | null;
}

/**
 * The cheapest life for a part of a prompt; `null` when it is cheaper not to cache it.
 *
 * A token that is marked costs the read rate r when it comes again within the cache's life, which happens with
 * probability p, and else the write rate w: p·r + (1 - p)·w each time. Unmarked it costs the input rate i. So a mark pays
 * when p·r + (1 - p)·w < i, which is p·(i - r) > (1 - p)·(w - i). What is in the cache already costs r at once.
 */
export function chooseCacheLife(rates: PricingRates, forecast: PrefixForecast): CacheLife | null {
	const { input, cacheRead, cacheWrite5m, cacheWrite1h } = rates;
	if (cacheRead === undefined || cacheRead >= input) return null;
	if (forecast.cached !== null) return forecast.cached;
	const price = (chance: number, write: number | undefined) =>
		write === undefined ? Number.POSITIVE_INFINITY : chance * cacheRead + (1 - chance) * write;
	const short = price(forecast.within5m, cacheWrite5m);
	const long = price(forecast.within1h, cacheWrite1h);
	if (Math.min(short, long) >= input) return null;
	return long < short ? '1h' : '5m';
}
