import { BoundedMap, hashText } from '../../util/index.ts';
import { collectText, type Fields, toFields } from './json-fields.ts';

/** What a request read from the cache and wrote to it, tokens. */
export interface CacheUse {
	read: number;
	write5m: number;
	write1h: number;
}

/** Prefixes that are kept. */
const MAX_PREFIXES = 10_000;
/** Blocks before a mark that are looked at. */
const LOOK_BACK_BLOCKS = 20;
const TTL_MS: Readonly<Record<string, number>> = { '5m': 300_000, '1h': 3_600_000 };
const CHARACTERS_PER_TOKEN = 4;

/** A block of a request, with everything before it. */
interface Block {
	/** Stands for the request up to here, without marks. */
	key: string;
	/** Characters of text up to here. */
	characters: number;
	life: string | null;
}

function blocksIn(content: unknown): Fields[] {
	if (Array.isArray(content)) return content.map(toFields);
	return typeof content === 'string' ? [{ type: 'text', text: content }] : [];
}

function getTtl(block: Fields): string | null {
	const control = block['cache_control'];
	if (typeof control !== 'object' || control === null) return null;
	return toFields(control)['ttl'] === '1h' ? '1h' : '5m';
}

/** The blocks of a request in the order in which prefixes are made of them. */
function readBlocks(body: Fields): Block[] {
	const messages = Array.isArray(body['messages']) ? body['messages'].map(toFields) : [];
	const all = [
		...blocksIn(body['tools']).map((block) => ({ block, place: 'tools' })),
		...blocksIn(body['system']).map((block) => ({ block, place: 'system' })),
		...messages.flatMap((message, index) =>
			blocksIn(message['content']).map((block) => ({ block, place: `${index} ${String(message['role'])}` })),
		),
	];
	let key = String(body['model']);
	let characters = 0;
	return all.map(({ block, place }) => {
		const { cache_control: _mark, ...content } = block;
		key = hashText(`${key} ${place} ${JSON.stringify(content)}`);
		characters += place === 'tools' ? JSON.stringify(content).length : collectText(content).length;
		return { key, characters, life: getTtl(block) };
	});
}

/**
 * A cache as Anthropic describes its own: entries are written at marks, read by the longest prefix within 20 blocks of a
 * mark, live for five minutes or an hour from their last use, and are not made for prefixes that are too short.
 */
export class SimulatedPromptCache {
	/** Life and its end by prefix. */
	readonly #entries = new BoundedMap<string, { lifeMs: number; until: number }>(MAX_PREFIXES);
	readonly #minimumTokens: number;

	/** `minimumTokens`: shortest prefix that is cached. @default 1024 */
	constructor(minimumTokens = 1024) {
		this.#minimumTokens = minimumTokens;
	}

	/** What a request reads and writes at a time (epoch milliseconds); `null` when it has no mark. */
	use(body: unknown, now: number): CacheUse | null {
		const blocks = readBlocks(toFields(body));
		const marked = blocks.flatMap(({ life }, index) => (life === null ? [] : [index]));
		if (marked.length === 0) return null;
		const hit = this.#longestHit(blocks, marked, now);
		const use: CacheUse = { read: hit === null ? 0 : getTokens(blocks[hit]), write5m: 0, write1h: 0 };
		let written = use.read;
		for (const index of marked) {
			const block = blocks[index];
			const tokens = getTokens(block);
			if (block === undefined || tokens < this.#minimumTokens) continue;
			this.#keep(block, now);
			use[block.life === '1h' ? 'write1h' : 'write5m'] += Math.max(0, tokens - written);
			written = Math.max(written, tokens);
		}
		return use;
	}

	#longestHit(blocks: readonly Block[], marked: readonly number[], now: number): number | null {
		for (const mark of [...marked].reverse()) {
			for (let index = mark; index >= Math.max(0, mark - LOOK_BACK_BLOCKS); index -= 1) {
				const entry = this.#entries.peek(blocks[index]?.key ?? '');
				if (entry === undefined || entry.until <= now) continue;
				entry.until = now + entry.lifeMs;
				return index;
			}
		}
		return null;
	}

	#keep({ key, life }: Block, now: number): void {
		const known = this.#entries.peek(key);
		const lifeMs = Math.max(TTL_MS[life ?? '5m'] ?? 0, known !== undefined && known.until > now ? known.lifeMs : 0);
		this.#entries.set(key, { lifeMs, until: now + lifeMs });
	}
}

function getTokens(block: Block | undefined): number {
	return Math.ceil((block?.characters ?? 0) / CHARACTERS_PER_TOKEN);
}
