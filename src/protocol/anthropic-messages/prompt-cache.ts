import { CHARACTERS_PER_TOKEN, type PricingRates } from '../../contracts/index.ts';
import { hashText, type JsonObject } from '../../util/index.ts';
import type { CacheBreakpoint, CacheTtl, PromptPrefix } from '../shared/caller-format.ts';

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
	markCached(hash: string, ttl: CacheTtl, now: number): void;
}

/** What marking requests needs. */
export interface CachePlannerOptions {
	memory: PrefixMemory;
	/** A model's rates by the provider's id; `null` when it has none. */
	ratesOf: (modelId: string) => PricingRates | null;
	/** Epoch milliseconds. */
	now: () => number;
	/** Stands for a text; a native one is several times as fast on long prompts. @default one that runs everywhere */
	hashOf?: (text: string) => string;
}

/** What is known of one request. */
export interface CachePlannerHints {
	/** Requests that the conversation will take, where the caller knows: its first request is marked by it. */
	expectedTurns?: number;
	/** Whose cache: prefixes of different scopes are never the same. @default '' */
	scope?: string;
}

/** Chooses where a request without marks of its own is marked; remembers what it saw. */
export type CachePlanner = (body: JsonObject, hints?: CachePlannerHints) => readonly CacheBreakpoint[];

/**
 * A planner with a memory of its own, for requests in the form of Anthropic's Messages API: `model` by the provider's id,
 * `tools`, `system` and `messages` are read.
 */
export function createCachePlanner({ hashOf, memory, ratesOf, now }: CachePlannerOptions): CachePlanner {
	return (body, hints = {}) => {
		const model = typeof body['model'] === 'string' ? body['model'] : '';
		const rates = ratesOf(model);
		if (rates === null) return [];
		const at = now();
		const boundaries = findPromptPrefixes(body, `${model} ${hints.scope ?? ''}`, hashOf);
		const { tools, system, turns } = boundaries;
		const seen = (boundary: PromptPrefix): SeenPrefix => ({
			hash: boundary.hash,
			kind: boundary.section === 'messages' ? 'turn' : boundary.section,
		});
		const newest = turns.at(-1);
		const prefixes = [tools, system, newest].flatMap((boundary) => (boundary == null ? [] : [seen(boundary)]));
		const earlier = turns.slice(0, -1).map(({ hash }) => hash);
		const { expectedTurns } = hints;
		memory.observe({ prefixes, earlier, ...(expectedTurns !== undefined && { expectedTurns }) }, at);
		const stable = turns.at(-2);
		const forecastOf = (boundary: PromptPrefix): PrefixForecast => {
			const forecast = memory.forecast(seen(boundary), at);
			// the last stable end comes again whenever the newest does
			if (boundary !== stable || newest === undefined) return forecast;
			const { within5m, within1h } = memory.forecast(seen(newest), at);
			return { ...forecast, within5m, within1h };
		};
		const minimumTokens = getMinimumCacheableTokens(model);
		const marks = chooseBreakpoints({ boundaries, forecastOf, rates, minimumTokens });
		for (const { prefix: boundary, ttl: life } of marks) memory.markCached(boundary.hash, life, at);
		return marks;
	};
}

/** Places marks on a request to Anthropic's Messages API where they pay; remembers what it saw. */
export type CacheMarker = (body: JsonObject, hints?: CachePlannerHints) => JsonObject;

/** A marker with a memory of its own. The body is not changed; one that cannot be marked comes back as it is. */
export function createCacheMarker(ports: CachePlannerOptions): CacheMarker {
	const plan = createCachePlanner(ports);
	return (body, hints) => (hasCacheBreakpoints(body) ? body : addBodyBreakpoints(body, plan(body, hints)));
}

/** How many blocks before a mark the provider looks for what it has cached. */
const LOOK_BACK_BLOCKS = 20;

/** Blocks that can bear a mark; thinking cannot, nor can empty text. */
const MARKABLE: ReadonlySet<unknown> = new Set([
	'text',
	'image',
	'document',
	'search_result',
	'tool_use',
	'tool_result',
	'server_tool_use',
	'web_search_tool_result',
]);

/** Where prefixes end in a request. */
export interface PromptPrefixes {
	tools: PromptPrefix | null;
	system: PromptPrefix | null;
	/** Ends of messages that can bear a mark, from the first to the newest, as far as the provider looks back. */
	turns: PromptPrefix[];
}

/** The value as an object of JSON, else `null`. */
export function objectOf(value: unknown): JsonObject | null {
	// a JSON object read key by key: every value is checked where it is used
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** Index of the last block that can bear a mark; -1 when there is none. Text as a string counts as one block. */
export function findCacheableBlock(content: unknown): number {
	if (typeof content === 'string') return content.trim() === '' ? -1 : 0;
	if (!Array.isArray(content)) return -1;
	return content.findLastIndex((block) => {
		const fields = objectOf(block);
		if (fields === null || !MARKABLE.has(fields['type'])) return false;
		return fields['type'] !== 'text' || (typeof fields['text'] === 'string' && fields['text'].trim() !== '');
	});
}

/** Index of the last tool that can bear a mark; -1 when there is none. A tool that is loaded later cannot. */
export function findCacheableTool(tools: unknown): number {
	if (!Array.isArray(tools)) return -1;
	return tools.findLastIndex((tool) => objectOf(tool) !== null && objectOf(tool)?.['defer_loading'] !== true);
}

/** Text as it is, with its length before it: written as JSON it would take twice the time. */
function writeText(text: string): string {
	return `"${text.length}:${text}"`;
}

/** A value so that no other reads alike; long texts are not escaped. */
function write(value: unknown): string {
	if (typeof value === 'string') return writeText(value);
	if (!Array.isArray(value)) return JSON.stringify(value) ?? '';
	const members = value.map((member) => {
		const { text, type, ...rest } = objectOf(member) ?? {};
		const isText = type === 'text' && typeof text === 'string';
		return isText ? `text ${JSON.stringify(rest)} ${writeText(text)}` : (JSON.stringify(member) ?? '');
	});
	return `[${members.join(',')}]`;
}

/** What a prefix grows by: its hash and its length in characters. */
class Prefix {
	readonly #hashOf: (text: string) => string;
	#hash: string;
	#characters = 0;

	constructor(scope: string, hashOf: (text: string) => string) {
		this.#hashOf = hashOf;
		this.#hash = hashOf(scope);
	}

	add(value: unknown, before = ''): void {
		const text = `${before} ${write(value)}`;
		this.#hash = this.#hashOf(`${this.#hash} ${text}`);
		this.#characters += text.length;
	}

	end(at: PromptPrefix['section'], message = -1): PromptPrefix {
		return {
			section: at,
			messageIndex: message,
			tokens: Math.floor(this.#characters / CHARACTERS_PER_TOKEN),
			hash: this.#hash,
		};
	}
}

/** Where prefixes end, in the order in which the provider reads a request: tools, system, messages. */
export function findPromptPrefixes(
	body: JsonObject,
	scope: string,
	hashOf: (text: string) => string = hashText,
): PromptPrefixes {
	const prefix = new Prefix(scope, hashOf);
	const { tools, system, messages } = body;
	if (tools !== undefined) prefix.add(tools);
	const toolsEnd = findCacheableTool(tools) === -1 ? null : prefix.end('tools');
	if (system !== undefined) prefix.add(system);
	const systemEnd = findCacheableBlock(system) === -1 ? null : prefix.end('system');
	const turns: PromptPrefix[] = [];
	for (const [index, value] of (Array.isArray(messages) ? messages : []).entries()) {
		const message = objectOf(value);
		prefix.add(message?.['content'], String(message?.['role']));
		if (findCacheableBlock(message?.['content']) !== -1) turns.push(prefix.end('messages', index));
	}
	return { tools: toolsEnd, system: systemEnd, turns: turns.slice(-LOOK_BACK_BLOCKS) };
}

/** What is expected of a prefix: the chance that it comes again within the life of the cache, and where it stands now. */
export interface PrefixForecast {
	/** 0-1. */
	within5m: number;
	/** 0-1, at least `within5m`. */
	within1h: number;
	/** The life it was cached with, when it is in the cache now. */
	cached: CacheTtl | null;
}

/**
 * The cheapest life for a part of a prompt; `null` when it is cheaper not to cache it.
 *
 * A token that is marked costs the read rate r when it comes again within the cache's life, which happens with
 * probability p, and else the write rate w: p·r + (1 - p)·w each time. Unmarked it costs the input rate i. So a mark pays
 * when p·r + (1 - p)·w < i, which is p·(i - r) > (1 - p)·(w - i). What is in the cache already costs r at once.
 */
export function chooseCacheTtl(rates: PricingRates, forecast: PrefixForecast): CacheTtl | null {
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

/**
 * Shortest prefix (tokens) that Anthropic caches, by the beginning of the model id; a mark on a shorter one does nothing
 * and costs nothing. Where sources disagree the longer one stands. Sources, read 2026-11-24:
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching (as quoted by docs.orq.ai/docs/proxy/prompt-caching,
 * clawdemy.org and dev.to/creeta/claudes-prompt-cache-fails-silently-below-1024-tokens-1ch1)
 */
const MINIMUMS: ReadonlyArray<readonly [prefix: string, tokens: number]> = [
	['claude-opus-5', 512],
	['claude-fable-5', 512],
	['claude-opus-4-8', 1024],
	['claude-opus-4-7', 4096],
	['claude-opus-4-6', 4096],
	['claude-opus-4-5', 4096],
	['claude-opus-4', 1024],
	['claude-sonnet-4-6', 2048],
	['claude-sonnet', 1024],
	['claude-3-7-sonnet', 1024],
	['claude-3-5-sonnet', 1024],
	['claude-haiku-4-5', 4096],
	['claude-3-5-haiku', 2048],
	['claude-3-haiku', 2048],
];

/** For models that are not listed: the longest of all, so that no mark is spent in vain. */
const DEFAULT_MINIMUM = 4096;

/** Shortest prefix (tokens) that is cached for the model. */
function getMinimumCacheableTokens(modelId: string): number {
	return MINIMUMS.find(([prefix]) => modelId.startsWith(prefix))?.[1] ?? DEFAULT_MINIMUM;
}

/** Nesting that is searched for marks of the caller's own. */
const MAX_DEPTH = 8;

/** What decides about marks. */
export interface BreakpointOptions {
	boundaries: PromptPrefixes;
	/** What is expected of the prefix that ends at the boundary. */
	forecastOf: (boundary: PromptPrefix) => PrefixForecast;
	/** The model's own rates. */
	rates: PricingRates;
	/** Shortest prefix that the provider caches, tokens. */
	minimumTokens: number;
}

/** True when the caller has placed marks, anywhere in the request. */
export function hasCacheBreakpoints(value: unknown, depth = 0): boolean {
	if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return false;
	if (Array.isArray(value)) return value.some((member) => hasCacheBreakpoints(member, depth + 1));
	if (Object.hasOwn(value, 'cache_control')) return true;
	return Object.values(value).some((member) => hasCacheBreakpoints(member, depth + 1));
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
function orderLives(marks: readonly CacheBreakpoint[], options: BreakpointOptions): CacheBreakpoint[] {
	const ordered: CacheBreakpoint[] = [];
	for (const mark of marks) {
		const isAfterShort = ordered.some(({ ttl: life }) => life === '5m');
		if (mark.ttl === '5m' || !isAfterShort) {
			ordered.push(mark);
			continue;
		}
		const short = { ...options.forecastOf(mark.prefix), within1h: 0, cached: null };
		if (chooseCacheTtl(options.rates, short) === '5m') ordered.push({ ...mark, ttl: '5m' });
	}
	return ordered;
}

/** Where a mark pays, at most four: tools, system, the longest part of the conversation that is cached, and its newest or last stable end. */
function chooseBreakpoints(options: BreakpointOptions): CacheBreakpoint[] {
	const { boundaries, forecastOf, rates, minimumTokens } = options;
	const { tools, system, turns } = boundaries;
	const cached = turns.findLast((turn) => forecastOf(turn).cached !== null);
	const ends = turns.slice(-2).reverse();
	const longest = ends.find((turn) => turn !== cached && chooseCacheTtl(rates, forecastOf(turn)) !== null);
	// in the order of the request; an end before the cached one is covered by it
	const conversation = [
		cached,
		longest !== undefined && longest.messageIndex > (cached?.messageIndex ?? -1) ? longest : undefined,
	];
	const wanted = [tools, system, ...conversation].filter((boundary) => boundary !== null && boundary !== undefined);
	const marks: CacheBreakpoint[] = [];
	let later: PrefixForecast | undefined;
	for (const boundary of wanted.reverse()) {
		const forecast = atLeast(forecastOf(boundary), later);
		later = forecast;
		const life = boundary.tokens < minimumTokens ? null : chooseCacheTtl(rates, forecast);
		if (life !== null) marks.unshift({ prefix: boundary, ttl: life });
	}
	return orderLives(marks, options);
}

/** A mark as the API has it. */
export function toCacheControl(life: CacheTtl): JsonObject {
	return { type: 'ephemeral', ...(life === '1h' && { ttl: '1h' }) };
}

/** Text becomes a block of text, for only a block can bear a mark. */
function markContent(content: unknown, life: CacheTtl): unknown {
	if (typeof content === 'string') return [{ type: 'text', text: content, cache_control: toCacheControl(life) }];
	return markMember(content, findCacheableBlock(content), life);
}

function markMember(list: unknown, index: number, life: CacheTtl): unknown {
	if (!Array.isArray(list)) return list;
	return list.map((member, at) =>
		at === index ? { ...objectOf(member), cache_control: toCacheControl(life) } : member,
	);
}

function markAt(body: JsonObject, { prefix: boundary, ttl: life }: CacheBreakpoint): JsonObject {
	if (boundary.section === 'tools')
		return { ...body, tools: markMember(body['tools'], findCacheableTool(body['tools']), life) };
	if (boundary.section === 'system') return { ...body, system: markContent(body['system'], life) };
	const messages = Array.isArray(body['messages']) ? body['messages'] : [];
	return {
		...body,
		messages: messages.map((message, index) =>
			index === boundary.messageIndex
				? { ...objectOf(message), content: markContent(objectOf(message)?.['content'], life) }
				: message,
		),
	};
}

/** The request with these marks. The given body is not changed; nothing else differs, but text that bears a mark stands in a block. */
export function addBodyBreakpoints(body: JsonObject, marks: readonly CacheBreakpoint[]): JsonObject {
	return marks.reduce(markAt, body);
}

/**
 * The request with cache marks where they pay by the rule of `chooseCacheLife`. The given body is not changed; one with
 * marks of its own comes back as it is. Nothing else differs, but text that bears a mark stands in a block.
 */
export function placeCacheMarks(
	body: JsonObject,
	options: BreakpointOptions,
): { body: JsonObject; marks: CacheBreakpoint[] } {
	if (hasCacheBreakpoints(body)) return { body, marks: [] };
	const marks = chooseBreakpoints(options);
	return { body: addBodyBreakpoints(body, marks), marks };
}
