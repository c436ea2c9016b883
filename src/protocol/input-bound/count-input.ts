import type { TokenRates } from './token-rates.ts';

/** What a tokenizer counts of texts. */
export interface TextCount {
	/** By OpenAI's `o200k_base`. */
	tokens: number;
	/** Those of their ASCII alone. */
	asciiTokens: number;
	asciiCharacters: number;
	/** Bytes of all other characters, in UTF-8. */
	otherBytes: number;
}

/** Counts texts, all together. A text may be counted in parts, as that makes no fewer tokens of it. */
export type TextTokenCounter = (texts: readonly string[]) => Promise<TextCount>;

/** Most tokens that a provider counts for texts, by what `o200k_base` counts for them. */
export function boundTextTokens(count: TextCount, { longestToken, perCounted }: TokenRates): number {
	const { asciiCharacters, asciiTokens, otherBytes, tokens } = count;
	if (longestToken === null) return Math.ceil(tokens * perCounted);
	// How well another tokenizer knows a script is not known: there a byte can be a token. Nor are its longest tokens.
	const ascii = Math.max(asciiTokens * perCounted, asciiCharacters / longestToken);
	return Math.ceil(Math.min(asciiCharacters, ascii)) + otherBytes;
}

const BEYOND_ASCII = /[^\0-\x7f]/;

/** Bytes of a text in UTF-8. */
export function countBytes(text: string): number {
	if (!BEYOND_ASCII.test(text)) return text.length;
	let bytes = 0;
	for (let at = 0; at < text.length; at += 1) {
		const code = text.charCodeAt(at);
		// half of a surrogate pair counts three of its four bytes; alone it becomes U+FFFD, which has three
		bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
	}
	return bytes;
}
