import type { PricingRates } from '../../contracts/index.ts';
import type { CacheBoundary, CacheLife, CacheMark } from '../shared/cache-mark.ts';
import { type CacheBoundaries, type JsonObject, markableBlock, markableTool, objectOf } from './cache-boundaries.ts';
import { chooseCacheLife, type PrefixForecast } from './cache-break-even.ts';

/** Nesting that is searched for marks of the caller's own. */
const MAX_DEPTH = 8;

/** What decides about marks. */
export interface CacheMarkOptions {
	boundaries: CacheBoundaries;
	/** What is expected of the prefix that ends at the boundary. */
	forecastOf: (boundary: CacheBoundary) => PrefixForecast;
	/** The model's own rates. */
	rates: PricingRates;
	/** Shortest prefix that the provider caches, tokens. */
	minimumTokens: number;
}

/** True when the caller has placed marks, anywhere in the request. */
export function hasCacheMarks(value: unknown, depth = 0): boolean {
	if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
	if (Array.isArray(value)) return value.some((member) => hasCacheMarks(member, depth + 1));
	if (Object.hasOwn(value, 'cache_control')) return true;
	return Object.values(value).some((member) => hasCacheMarks(member, depth + 1));
}

/** A prefix comes at least as often as what it is the beginning of. */
function atLeast(earlier: PrefixForecast, later: PrefixForecast | undefined): PrefixForecast {
	return {
		...earlier,
		within5m: Math.max(earlier.within5m, later?.within5m ?? 0),
		within1h: Math.max(earlier.within1h, later?.within1h ?? 0),
	};
}

/** A mark of one hour may not follow one of five minutes: it takes the shorter life where that pays, else it is left out. */
function orderLives(marks: readonly CacheMark[], options: CacheMarkOptions): CacheMark[] {
	const ordered: CacheMark[] = [];
	for (const mark of marks) {
		const isAfterShort = ordered.some(({ life }) => life === '5m');
		if (mark.life === '5m' || !isAfterShort) {
			ordered.push(mark);
			continue;
		}
		const short = { ...options.forecastOf(mark.boundary), within1h: 0, cached: null };
		if (chooseCacheLife(options.rates, short) === '5m') ordered.push({ ...mark, life: '5m' });
	}
	return ordered;
}

/** Where a mark pays, at most four: tools, system, the longest part of the conversation that is cached, and its newest or last stable end. */
export function chooseCacheMarks(options: CacheMarkOptions): CacheMark[] {
	const { boundaries, forecastOf, rates, minimumTokens } = options;
	const { tools, system, turns } = boundaries;
	const cached = turns.findLast((turn) => forecastOf(turn).cached !== null);
	const ends = turns.slice(-2).reverse();
	const longest = ends.find((turn) => turn !== cached && chooseCacheLife(rates, forecastOf(turn)) !== null);
	// in the order of the request; an end before the cached one is covered by it
	const conversation = [
		cached,
		longest !== undefined && longest.message > (cached?.message ?? -1) ? longest : undefined,
	];
	const wanted = [tools, system, ...conversation].filter((boundary) => boundary !== null && boundary !== undefined);
	const marks: CacheMark[] = [];
	let later: PrefixForecast | undefined;
	for (const boundary of wanted.reverse()) {
		const forecast = atLeast(forecastOf(boundary), later);
		later = forecast;
		const life = boundary.tokens < minimumTokens ? null : chooseCacheLife(rates, forecast);
		if (life !== null) marks.unshift({ boundary, life });
	}
	return orderLives(marks, options);
}

/** A mark as the API has it. */
export function controlOf(life: CacheLife): JsonObject {
	return { type: 'ephemeral', ...(life === '1h' && { ttl: '1h' }) };
}

/** Text becomes a block of text, for only a block can bear a mark. */
function markContent(content: unknown, life: CacheLife): unknown {
	if (typeof content === 'string') return [{ type: 'text', text: content, cache_control: controlOf(life) }];
	return markMember(content, markableBlock(content), life);
}

function markMember(list: unknown, index: number, life: CacheLife): unknown {
	if (!Array.isArray(list)) return list;
	return list.map((member, at) => (at === index ? { ...objectOf(member), cache_control: controlOf(life) } : member));
}

function markAt(body: JsonObject, { boundary, life }: CacheMark): JsonObject {
	if (boundary.at === 'tools') return { ...body, tools: markMember(body['tools'], markableTool(body['tools']), life) };
	if (boundary.at === 'system') return { ...body, system: markContent(body['system'], life) };
	const messages = Array.isArray(body['messages']) ? body['messages'] : [];
	return {
		...body,
		messages: messages.map((message, index) =>
			index === boundary.message
				? { ...objectOf(message), content: markContent(objectOf(message)?.['content'], life) }
				: message,
		),
	};
}

/** The request with these marks. The given body is not changed; nothing else differs, but text that bears a mark stands in a block. */
export function markBody(body: JsonObject, marks: readonly CacheMark[]): JsonObject {
	return marks.reduce(markAt, body);
}

/**
 * The request with cache marks where they pay by the rule of `chooseCacheLife`. The given body is not changed; one with
 * marks of its own comes back as it is. Nothing else differs, but text that bears a mark stands in a block.
 */
export function placeCacheMarks(body: JsonObject, options: CacheMarkOptions): { body: JsonObject; marks: CacheMark[] } {
	if (hasCacheMarks(body)) return { body, marks: [] };
	const marks = chooseCacheMarks(options);
	return { body: markBody(body, marks), marks };
}
