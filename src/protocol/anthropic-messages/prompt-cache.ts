import type { LanguageModelV4CallOptions, LanguageModelV4Message } from '@ai-sdk/provider';
import { BILLING_TEXT_PREFIX, CHARACTERS_PER_TOKEN, type PricingRates } from '../../contracts/index.ts';
import { hashText, isObject, type JsonObject } from '../../util/index.ts';
import { toObject } from '../shared/body-fields.ts';
import type { CacheBreakpoint, CacheTtl, PromptPrefix } from '../shared/caller-format.ts';
import { addJsonMember, type JsonEdit, type JsonPath, updateAt, wrapJsonValue } from '../shared/json-splice.ts';

/** What is expected of a prefix: the chance that it comes again while it is cached, and whether it is cached now. */
export interface PrefixForecast {
	/** 0-1. */
	within5m: number;
	/** 0-1, at least `within5m`. */
	within1h: number;
	/** The lifetime it was cached with, when it is in the cache now. */
	cached: CacheTtl | null;
}

/** The part of a prefix that is remembered. */
type SeenPrefix = Pick<PromptPrefix, 'hash' | 'section'>;

/** Remembers which prefixes came, and how often they came again. Times are epoch milliseconds. */
interface PrefixMemory {
	forecast(prefix: SeenPrefix, now: number): PrefixForecast;
	/** The prefixes of a request that is about to be sent; `earlier` are the hashes after its earlier messages. */
	observe(
		request: { prefixes: readonly SeenPrefix[]; earlier: readonly string[]; expectedTurns?: number | undefined },
		now: number,
	): void;
	/** The prefix was sent with a breakpoint. */
	markCached(hash: string, ttl: CacheTtl, now: number): void;
}

interface PromptCachePlannerOptions {
	memory: PrefixMemory;
	/** A model's rates by the provider's id; `null` when it has none. */
	getRates: (modelId: string) => PricingRates | null;
	/** Epoch milliseconds. */
	now: () => number;
	/** Stands for a text; a native one is several times as fast on long prompts. @default one that runs everywhere */
	hash?: (text: string) => string;
}

/** What is known of one request. */
export interface PromptCacheHints {
	/** Requests that the conversation will take, where the caller knows: its first request is planned by it. */
	expectedTurns?: number | undefined;
	/** Whose cache: prefixes of different scopes are never the same. @default '' */
	scope?: string | undefined;
	/** Characters of the request as JSON, or more, such as its bytes. One whose text is too long to be hashed at once gets no breakpoints. @default 0 */
	characters?: number | undefined;
}

/**
 * Chooses the cache breakpoints of a request that has none of its own, and remembers its prefixes. Reads `model` (the
 * provider's id), `tools`, `system` and `messages` of a body of Anthropic's Messages API.
 */
export type PromptCachePlanner = (body: JsonObject, hints?: PromptCacheHints) => readonly CacheBreakpoint[];

/** A planner with a memory of its own. */
export function createPromptCachePlanner({
	getRates,
	hash = hashText,
	memory,
	now,
}: PromptCachePlannerOptions): PromptCachePlanner {
	return (body, { scope = '', characters = 0, expectedTurns } = {}) => {
		const model = typeof body['model'] === 'string' ? body['model'] : '';
		const rates = getRates(model);
		if (rates === null) return [];
		const minimumTokens = getMinimumCacheableTokens(model);
		const prefixes = findPromptPrefixes(body, { scope: `${model} ${scope}`, minimumTokens, hash, characters });
		const at = now();
		const turns = prefixes.filter(({ section }) => section === 'messages');
		const [stable, newest] = [turns.at(-2), turns.at(-1)];
		const earlier = turns.slice(0, -1);
		memory.observe(
			{
				prefixes: prefixes.filter((prefix) => !earlier.includes(prefix)),
				earlier: earlier.map((prefix) => prefix.hash),
				expectedTurns,
			},
			at,
		);
		const forecast = (prefix: PromptPrefix): PrefixForecast => {
			const own = memory.forecast(prefix, at);
			// the prefix before the newest turn comes again whenever the newest does
			return prefix === stable && newest !== undefined ? { ...memory.forecast(newest, at), cached: own.cached } : own;
		};
		const breakpoints = chooseBreakpoints(prefixes, { forecast, rates, minimumTokens });
		for (const { prefix, ttl } of breakpoints) memory.markCached(prefix.hash, ttl, at);
		return breakpoints;
	};
}

/**
 * Shortest prefix (tokens) that Anthropic caches, by the beginning of the model id; a breakpoint on a shorter one does
 * nothing and costs nothing. Where sources disagree the longer one stands. Sources, read 2026-11-24:
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching (as quoted by docs.orq.ai/docs/proxy/prompt-caching,
 * clawdemy.org and dev.to/creeta/claudes-prompt-cache-fails-silently-below-1024-tokens-1ch1)
 */
const MINIMUM_TOKENS: ReadonlyArray<readonly [idPrefix: string, tokens: number]> = [
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

/** For models that are not listed: the longest of all, so that no breakpoint is spent in vain. */
const DEFAULT_MINIMUM_TOKENS = 4096;

function getMinimumCacheableTokens(modelId: string): number {
	return MINIMUM_TOKENS.find(([idPrefix]) => modelId.startsWith(idPrefix))?.[1] ?? DEFAULT_MINIMUM_TOKENS;
}

/** How many blocks before a breakpoint the provider looks for what it has cached. */
const LOOK_BACK_BLOCKS = 20;

/** Blocks that can bear a breakpoint; thinking cannot, nor can empty text. */
const CACHEABLE_BLOCKS: ReadonlySet<unknown> = new Set(
	'text image document search_result tool_use tool_result server_tool_use web_search_tool_result'.split(' '),
);

/** Index of the last block that can bear a breakpoint; -1 when there is none. A string counts as one block of text. */
function findCacheableBlock(content: unknown): number {
	if (typeof content === 'string') return content.trim() === '' ? -1 : 0;
	if (!Array.isArray(content)) return -1;
	return content.findLastIndex((block) => {
		const { type, text } = toObject(block);
		return CACHEABLE_BLOCKS.has(type) && (type !== 'text' || (typeof text === 'string' && text.trim() !== ''));
	});
}

/** Index of the last tool that can bear a breakpoint; -1 when there is none. A tool that is loaded later cannot. */
function findCacheableTool(tools: unknown): number {
	if (!Array.isArray(tools)) return -1;
	return tools.findLastIndex((tool) => isObject(tool) && tool['defer_loading'] !== true);
}

/** Text with its length before it: to escape it as JSON would take twice the time. */
function serializeText(text: string): string {
	return `"${text.length}:${text}"`;
}

/** Longest request without its pictures and files, characters: about two million tokens. */
const MAX_HASHED_CHARACTERS = 8 * 1024 * 1024;
/** Content of a picture or file that is hashed whole; of a longer one so much of each end, and its length. */
const MAX_WHOLE_CONTENT = 64 * 1024;
const CONTENT_END = 4096;

/** Members of a block that lead to the content of a picture or file, in Anthropic's form and in the neutral one. */
const CONTENT_MEMBERS = ['source', 'data', 'content', 'output', 'value'] as const;

/** Puts what stands for it in the place of the content of pictures and files. */
class ContentShortener {
	/** Characters that were left out. */
	omitted = 0;

	shorten(value: unknown): unknown {
		if (Array.isArray(value)) return value.map((member) => (isObject(member) ? this.shorten(member) : member));
		if (!isObject(value)) return value;
		let shortened = value;
		for (const name of CONTENT_MEMBERS) {
			const member = value[name];
			const short = name === 'data' && typeof member === 'string' ? this.#shortenText(member) : this.shorten(member);
			if (short !== member) shortened = { ...shortened, [name]: short };
		}
		return shortened;
	}

	#shortenText(text: string): string {
		if (text.length <= MAX_WHOLE_CONTENT) return text;
		this.omitted += text.length;
		return `${text.length} ${text.slice(0, CONTENT_END)} ${text.slice(-CONTENT_END)}`;
	}
}

/** A text that differs for values that differ. */
function serialize(value: unknown): string {
	if (typeof value === 'string') return serializeText(value);
	if (!Array.isArray(value)) return JSON.stringify(value) ?? '';
	const members = value.map((member) => {
		const { text, type, ...rest } = toObject(member);
		const isText = type === 'text' && typeof text === 'string';
		return isText ? `text ${JSON.stringify(rest)} ${serializeText(text)}` : (JSON.stringify(member) ?? '');
	});
	return `[${members.join(',')}]`;
}

/** A section of a request up to which it may be cached. */
interface PromptPart {
	section: PromptPrefix['section'];
	text: string;
	canBear: boolean;
}

/** Characters that are hashed together, so that a thousand short messages are not a thousand hashes. */
const HASHED_TOGETHER = 4096;

/** The hashes of the prefixes that end with the parts asked for. A prefix has the same hash in every request. */
function hashPrefixes(
	parts: readonly PromptPart[],
	scope: string,
	hash: (text: string) => string,
	asked: Set<number>,
): Map<number, string> {
	const hashes = new Map<number, string>();
	let before = hash(scope);
	let pending = '';
	for (const [index, { text }] of parts.entries()) {
		pending += ` ${text}`;
		const isFull = pending.length >= HASHED_TOGETHER;
		if (!isFull && !asked.has(index)) continue;
		const ownHash = hash(before + pending);
		hashes.set(index, ownHash);
		if (isFull) [before, pending] = [ownHash, ''];
	}
	return hashes;
}

/** A system prompt without what Anthropic takes out of it: it changes between sessions that share all the rest. */
function withoutBilling(system: unknown): unknown {
	if (!Array.isArray(system)) return system;
	return system.filter((block) => !String(toObject(block)['text']).startsWith(BILLING_TEXT_PREFIX));
}

/**
 * The prefixes that can be cached, in the order in which the provider reads a request: up to the tools, up to the system
 * prompt, up to each message as far as the provider looks back. None, and nothing is hashed, where all of the request is
 * shorter than `minimumTokens`, or its text longer than what is hashed at once.
 */
export function findPromptPrefixes(
	body: JsonObject,
	{
		scope,
		minimumTokens = 0,
		hash = hashText,
		characters = 0,
	}: { scope: string; minimumTokens?: number; hash?: (text: string) => string; characters?: number },
): PromptPrefix[] {
	const { tools, system } = body;
	const shortener = new ContentShortener();
	const messages = (Array.isArray(body['messages']) ? body['messages'] : []).map((message) => {
		const { role, content } = toObject(message);
		return { role, content: shortener.shorten(content) };
	});
	if (characters - shortener.omitted > MAX_HASHED_CHARACTERS) return [];
	const parts: PromptPart[] = [
		...(tools === undefined
			? []
			: [{ section: 'tools' as const, text: serialize(tools), canBear: findCacheableTool(tools) !== -1 }]),
		...(system === undefined
			? []
			: [
					{
						section: 'system' as const,
						text: serialize(withoutBilling(system)),
						canBear: findCacheableBlock(system) !== -1,
					},
				]),
		...messages.map(({ role, content }) => ({
			section: 'messages' as const,
			text: `${String(role)} ${serialize(content)}`,
			canBear: findCacheableBlock(content) !== -1,
		})),
	];
	const length = parts.reduce((sum, { text }) => sum + text.length, 0);
	if (Math.floor(length / CHARACTERS_PER_TOKEN) < minimumTokens) return [];
	const firstMessage = parts.length - messages.length;
	const cacheable = [...parts.keys()].filter((index) => parts[index]?.canBear);
	const turns = cacheable.filter((index) => index >= firstMessage);
	const asked = new Set([...cacheable.slice(0, cacheable.length - turns.length), ...turns.slice(-LOOK_BACK_BLOCKS)]);
	const hashes = hashPrefixes(parts, scope, hash, asked);
	let end = 0;
	return parts.flatMap(({ section, text }, index): PromptPrefix[] => {
		end += text.length;
		if (!asked.has(index)) return [];
		const tokens = Math.floor(end / CHARACTERS_PER_TOKEN);
		const messageIndex = Math.max(-1, index - firstMessage);
		return [{ section, messageIndex, tokens, hash: hashes.get(index) ?? '' }];
	});
}

/**
 * The cheapest lifetime for a part of a prompt; `null` when it is cheaper not to cache it.
 *
 * A token under a breakpoint costs the read rate r when it comes again within the cache's lifetime, which happens with
 * probability p, and else the write rate w: p·r + (1 - p)·w each time. Without one it costs the input rate i. So it pays
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
 * Where a breakpoint pays, at most four: after the tools, the system prompt, the longest part of the conversation that is
 * cached, and its newest turn or the one before.
 */
export function chooseBreakpoints(
	prefixes: readonly PromptPrefix[],
	{
		forecast,
		rates,
		minimumTokens,
	}: { forecast: (prefix: PromptPrefix) => PrefixForecast; rates: PricingRates; minimumTokens: number },
): CacheBreakpoint[] {
	const turns = prefixes.filter(({ section }) => section === 'messages');
	const cached = turns.findLast((turn) => forecast(turn).cached !== null);
	const longest = turns.slice(-2).findLast((turn) => turn !== cached && chooseCacheTtl(rates, forecast(turn)) !== null);
	const isChosen = (prefix: PromptPrefix) =>
		prefix.section !== 'messages' ||
		prefix === cached ||
		// one before the cached prefix is covered by it
		(prefix === longest && prefix.messageIndex > (cached?.messageIndex ?? -1));
	const breakpoints: CacheBreakpoint[] = [];
	let [within5m, within1h] = [0, 0];
	for (const prefix of prefixes.filter(isChosen).reverse()) {
		// a prefix comes at least as often as what it is the beginning of
		const own = forecast(prefix);
		[within5m, within1h] = [Math.max(within5m, own.within5m), Math.max(within1h, own.within1h)];
		const ttl =
			prefix.tokens < minimumTokens ? null : chooseCacheTtl(rates, { within5m, within1h, cached: own.cached });
		if (ttl !== null) breakpoints.unshift({ prefix, ttl });
	}
	// the API refuses an hour after five minutes: such a breakpoint takes the shorter lifetime where that pays
	const firstShort = breakpoints.findIndex(({ ttl }) => ttl === '5m');
	return breakpoints.flatMap((breakpoint, index): CacheBreakpoint[] => {
		if (breakpoint.ttl === '5m' || firstShort === -1 || index < firstShort) return [breakpoint];
		const short = { ...forecast(breakpoint.prefix), within1h: 0, cached: null };
		return chooseCacheTtl(rates, short) === '5m' ? [{ ...breakpoint, ttl: '5m' }] : [];
	});
}

/** Nesting that is searched for a caller's own breakpoints. */
const MAX_SEARCH_DEPTH = 8;

/** True when the caller has placed breakpoints, anywhere in the request. */
export function hasCacheBreakpoints(value: unknown, depth = 0): boolean {
	if (typeof value !== 'object' || value === null || depth > MAX_SEARCH_DEPTH) return false;
	if (Object.hasOwn(value, 'cache_control')) return true;
	return Object.values(value).some((member) => hasCacheBreakpoints(member, depth + 1));
}

function toCacheControl(ttl: CacheTtl): { type: 'ephemeral'; ttl?: '1h' } {
	return { type: 'ephemeral', ...(ttl === '1h' ? { ttl } : {}) };
}

/** The tool, the block or the text that bears a breakpoint. A text must become a block first. */
function locate(body: JsonObject, { prefix }: CacheBreakpoint): { path: JsonPath; isText: boolean } {
	const { messageIndex, section } = prefix;
	if (section === 'tools') return { path: ['tools', findCacheableTool(body['tools'])], isText: false };
	const messages = Array.isArray(body['messages']) ? body['messages'] : [];
	const isSystem = section === 'system';
	const content = isSystem ? body['system'] : toObject(messages[messageIndex])['content'];
	const path: JsonPath = isSystem ? ['system'] : ['messages', messageIndex, 'content'];
	const isText = typeof content === 'string';
	return { path: isText ? path : [...path, findCacheableBlock(content)], isText };
}

/** The request with these breakpoints, and a text under one in a block. The body that is passed is not changed. */
export function addBodyBreakpoints(body: JsonObject, breakpoints: readonly CacheBreakpoint[]): JsonObject {
	return breakpoints.reduce((marked, breakpoint) => {
		const { path, isText } = locate(marked, breakpoint);
		const cache_control = toCacheControl(breakpoint.ttl);
		return updateAt(marked, path, (value) =>
			isText ? [{ type: 'text', text: value, cache_control }] : { ...toObject(value), cache_control },
		);
	}, body);
}

/** The edits that set these breakpoints in a body, and put a text under one in a block. */
export function editBreakpoints(body: JsonObject, breakpoints: readonly CacheBreakpoint[]): JsonEdit[] {
	return breakpoints.map((breakpoint) => {
		const { path, isText } = locate(body, breakpoint);
		const control = JSON.stringify(toCacheControl(breakpoint.ttl));
		return isText
			? wrapJsonValue(path, '[{"type":"text","text":', `,"cache_control":${control}}]`)
			: addJsonMember(path, 'cache_control', control);
	});
}

/** What a part of the neutral form becomes at Anthropic, where it can bear a breakpoint. */
const BLOCK_TYPES: Readonly<Record<string, string>> = {
	text: 'text',
	file: 'image',
	'tool-call': 'tool_use',
	'tool-result': 'tool_result',
};

/** How many messages at the beginning are the system's. */
function countSystemMessages(prompt: readonly LanguageModelV4Message[]): number {
	const first = prompt.findIndex(({ role }) => role !== 'system');
	return first === -1 ? prompt.length : first;
}

/** A request in the neutral form as a planner reads one. Only function tools can bear a breakpoint. */
export function toCacheableBody({ prompt, tools = [] }: LanguageModelV4CallOptions, model: string): JsonObject {
	const count = countSystemMessages(prompt);
	const messages = prompt.slice(count).map(({ role, content }) => ({
		role,
		content:
			typeof content === 'string'
				? content
				: content.map((part) => ({ ...part, type: BLOCK_TYPES[part.type] ?? part.type })),
	}));
	return {
		model,
		...(tools.length === 0
			? {}
			: { tools: tools.map((tool) => (tool.type === 'function' ? tool : { ...tool, defer_loading: true })) }),
		...(count === 0 ? {} : { system: prompt.slice(0, count).map(({ content: text }) => ({ type: 'text', text })) }),
		messages,
	};
}

/** The request with these breakpoints, which were chosen for `toCacheableBody` of it. The options are not changed. */
export function addPromptBreakpoints(
	options: LanguageModelV4CallOptions,
	breakpoints: readonly CacheBreakpoint[],
): LanguageModelV4CallOptions {
	const body = toCacheableBody(options, '');
	const count = countSystemMessages(options.prompt);
	return breakpoints.reduce((marked, breakpoint) => {
		const { path, isText } = locate(body, breakpoint);
		const [section, index, ...rest] = path;
		const at = Number(index) + (section === 'messages' ? count : 0);
		// a message whose content is a text bears its options itself
		const target = section === 'tools' ? path : ['prompt', at, ...(isText ? [] : rest)];
		return updateAt(marked, target, (value) => withCacheControl(toObject(value), breakpoint.ttl));
	}, options);
}

function withCacheControl(member: JsonObject, ttl: CacheTtl): JsonObject {
	const options = toObject(member['providerOptions']);
	const anthropic = { ...toObject(options['anthropic']), cacheControl: toCacheControl(ttl) };
	return { ...member, providerOptions: { ...options, anthropic } };
}
