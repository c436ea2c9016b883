import { CHARACTERS_PER_TOKEN } from '../../contracts/index.ts';
import { BoundedMap, hashText, isObject, type JsonObject } from '../../util/index.ts';
import { collectText, listParts, toFields, toFieldsList } from './json-fields.ts';

/** Tokens that a request read from the cache and wrote to it. */
export interface CacheUse {
	read: number;
	write5m: number;
	write1h: number;
}

/** Prefixes in the cache; beyond this the oldest is dropped. */
const MAX_PREFIXES = 10_000;
/** Blocks before a breakpoint in which a cached prefix is searched. */
const LOOKBACK_BLOCKS = 20;
const TTL_MS: Readonly<Record<string, number>> = { '5m': 300_000, '1h': 3_600_000 };

/** A block of a request, with everything before it. */
interface Block {
	/** Hash of the request up to here, without breakpoints. */
	key: string;
	/** Characters of text up to here. */
	characters: number;
	/** `null`: no breakpoint. */
	ttl: string | null;
}

function getTtl(block: JsonObject): string | null {
	const { cache_control: control } = block;
	if (!isObject(control)) return null;
	return control['ttl'] === '1h' ? '1h' : '5m';
}

/** The blocks of a request in the order in which prefixes are made of them. */
function readBlocks(body: JsonObject): Block[] {
	const all = [
		...listParts(body['tools']).map((block) => ({ block, place: 'tools' })),
		...listParts(body['system']).map((block) => ({ block, place: 'system' })),
		...toFieldsList(body['messages']).flatMap((message, index) =>
			listParts(message['content']).map((block) => ({ block, place: `${index} ${String(message['role'])}` })),
		),
	];
	let key = String(body['model']);
	let characters = 0;
	return all.map(({ block, place }) => {
		const { cache_control: _breakpoint, ...content } = block;
		key = hashText(`${key} ${place} ${JSON.stringify(content)}`);
		characters += place === 'tools' ? JSON.stringify(content).length : collectText(content).length;
		return { key, characters, ttl: getTtl(block) };
	});
}

/**
 * A cache as Anthropic documents it: entries are written at breakpoints, read by the longest prefix within 20 blocks of a
 * breakpoint, live for five minutes or an hour from their last use, and are not made for prefixes that are too short.
 */
export class SimulatedPromptCache {
	/** By the prefix's key. */
	readonly #entries = new BoundedMap<string, { ttlMs: number; expiresAt: number }>(MAX_PREFIXES);
	readonly #minimumTokens: number;

	/** `minimumTokens`: shortest prefix that is cached. @default 1024 */
	constructor(minimumTokens = 1024) {
		this.#minimumTokens = minimumTokens;
	}

	/** What a request reads and writes at a time (epoch milliseconds); `null` when it has no breakpoint. */
	use(body: unknown, now: number): CacheUse | null {
		const blocks = readBlocks(toFields(body));
		const breakpoints = blocks.flatMap(({ ttl }, index) => (ttl === null ? [] : [index]));
		if (breakpoints.length === 0) return null;
		const hit = this.#findLongestHit(blocks, breakpoints, now);
		const use: CacheUse = { read: hit === null ? 0 : getTokens(blocks[hit]), write5m: 0, write1h: 0 };
		let written = use.read;
		for (const index of breakpoints) {
			const block = blocks[index];
			const tokens = getTokens(block);
			if (block === undefined || tokens < this.#minimumTokens) continue;
			this.#store(block, now);
			use[block.ttl === '1h' ? 'write1h' : 'write5m'] += Math.max(0, tokens - written);
			written = Math.max(written, tokens);
		}
		return use;
	}

	#findLongestHit(blocks: readonly Block[], breakpoints: readonly number[], now: number): number | null {
		for (const breakpoint of breakpoints.toReversed()) {
			for (let index = breakpoint; index >= Math.max(0, breakpoint - LOOKBACK_BLOCKS); index -= 1) {
				const entry = this.#entries.peek(blocks[index]?.key ?? '');
				if (entry === undefined || entry.expiresAt <= now) continue;
				entry.expiresAt = now + entry.ttlMs;
				return index;
			}
		}
		return null;
	}

	#store({ key, ttl }: Block, now: number): void {
		const entry = this.#entries.peek(key);
		const ttlMs = Math.max(TTL_MS[ttl ?? '5m'] ?? 0, entry !== undefined && entry.expiresAt > now ? entry.ttlMs : 0);
		this.#entries.set(key, { ttlMs, expiresAt: now + ttlMs });
	}
}

function getTokens(block: Block | undefined): number {
	return Math.ceil((block?.characters ?? 0) / CHARACTERS_PER_TOKEN);
}
