import { hash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { TextCount } from '../protocol/index.ts';
import { BoundedMap } from '../util/index.ts';

/** Texts, and groups of them, whose counts are kept: about 300 bytes each with the key, so 10 MB at most. */
const MAX_KEPT_COUNTS = 32_768;
/** Texts that are also kept as one: what a conversation has grown by is found with few hashes. */
const GROUP_SIZE = 8;
/** Characters that are counted at once, a few milliseconds; between two slices others get their turn. */
const SLICE_CHARACTERS = 8192;
/** Characters of a text up to which all of it is searched at once; a longer one is counted in parts. */
const PART_CHARACTERS = 256 * 1024;
/** A run of characters without white space, or of white space, takes time by its square: a longer one is broken. */
const MAX_RUN_CHARACTERS = 256;
const BREAK = '\nx\n';

type CountSlice = (text: string) => number;

async function loadTokenizer(): Promise<CountSlice> {
	// Loading holds everything up for a few hundred milliseconds, once. What was begun before is ended first: a provider whose
	// answer is counted because its caller has left must hear of that, and connections are closed at the end of a turn.
	await setImmediate();
	await setImmediate();
	const { countTokens } = await import('gpt-tokenizer/encoding/o200k_base');
	// what looks like a control token is text where a user wrote it
	const options = { disallowedSpecial: new Set<string>() };
	return (text) => countTokens(text, options);
}

/** The text with its long runs broken, which costs a token or two for each. */
function breakLongRuns(text: string): string {
	let [broken, from, runFrom, wasSpace] = ['', 0, 0, false];
	for (let at = 0; at < text.length; at += 1) {
		const isSpace = text.charCodeAt(at) <= 32;
		if (isSpace !== wasSpace) [runFrom, wasSpace] = [at, isSpace];
		else if (at - runFrom >= MAX_RUN_CHARACTERS) {
			broken += text.slice(from, at) + BREAK;
			[from, runFrom] = [at, at];
		}
	}
	return broken + text.slice(from);
}

/** Where a slice of so many characters ends: before white space, so that no token is cut, where there is any. */
function findSliceEnd(text: string, from: number, characters: number): number {
	const end = from + characters;
	if (end >= text.length) return text.length;
	const space = Math.max(text.lastIndexOf(' ', end - 1), text.lastIndexOf('\n', end - 1));
	return space > from ? space : end;
}

async function countSlices(text: string, countSlice: CountSlice): Promise<number> {
	const broken = breakLongRuns(text);
	let tokens = 0;
	for (let from = 0; from < broken.length; ) {
		const end = findSliceEnd(broken, from, SLICE_CHARACTERS);
		tokens += countSlice(broken.slice(from, end));
		from = end;
		if (from < broken.length) await setImmediate();
	}
	return tokens;
}

const BEYOND_ASCII = /[^\0-\x7f]+/g;

async function countText(text: string, countSlice: CountSlice): Promise<TextCount> {
	const ascii = text.replace(BEYOND_ASCII, ' ');
	const tokens = await countSlices(text, countSlice);
	if (ascii === text) return { tokens, asciiTokens: tokens, asciiCharacters: text.length, otherBytes: 0 };
	const otherBytes = Buffer.byteLength(text) - text.replace(BEYOND_ASCII, '').length;
	return { tokens, asciiTokens: await countSlices(ascii, countSlice), asciiCharacters: ascii.length, otherBytes };
}

function add(one: TextCount, other: TextCount): TextCount {
	return {
		tokens: one.tokens + other.tokens,
		asciiTokens: one.asciiTokens + other.asciiTokens,
		asciiCharacters: one.asciiCharacters + other.asciiCharacters,
		otherBytes: one.otherBytes + other.otherBytes,
	};
}

const NOTHING: TextCount = { tokens: 0, asciiTokens: 0, asciiCharacters: 0, otherBytes: 0 };

/**
 * Counts texts by OpenAI's `o200k_base`, all together. Counts are kept under keyed hashes, so that a conversation that
 * grows is counted where it is new; long texts are counted in slices. The tokenizer is loaded by the first call.
 */
export function createTextTokenCounter(): (texts: readonly string[]) => Promise<TextCount> {
	const key = randomBytes(16).toString('hex');
	const kept = new BoundedMap<string, TextCount>(MAX_KEPT_COUNTS);
	const identify = (text: string): string => hash('sha1', key + text, 'base64');
	let loading: Promise<CountSlice> | null = null;

	async function countInParts(text: string): Promise<TextCount> {
		let count = NOTHING;
		for (let from = 0; from < text.length; ) {
			const end = findSliceEnd(text, from, PART_CHARACTERS);
			count = add(count, await countOne(text.slice(from, end)));
			from = end;
			await setImmediate();
		}
		return count;
	}

	async function countOne(text: string): Promise<TextCount> {
		if (text.length > PART_CHARACTERS) return await countInParts(text);
		const id = identify(text);
		let count = kept.get(id);
		if (count === undefined) {
			loading ??= loadTokenizer();
			count = await countText(text, await loading);
			kept.set(id, count);
		}
		return count;
	}

	async function countGroup(texts: readonly string[]): Promise<TextCount> {
		const id = texts.length === GROUP_SIZE ? identify(texts.join('\0')) : null;
		let count = id === null ? undefined : kept.get(id);
		if (count === undefined) {
			count = NOTHING;
			for (const text of texts) count = add(count, await countOne(text));
			if (id !== null) kept.set(id, count);
		}
		return count;
	}

	return async (texts) => {
		let count = NOTHING;
		for (let from = 0; from < texts.length; from += GROUP_SIZE)
			count = add(count, await countGroup(texts.slice(from, from + GROUP_SIZE)));
		return count;
	};
}
