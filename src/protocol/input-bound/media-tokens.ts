import { readImageSize } from './image-size.ts';
import type { ImageRates } from './token-rates.ts';

/** A part of a request that a provider does not read as text. */
export interface MediaPart {
	kind: 'image' | 'audio' | 'video' | 'document';
	/** Base64, or the bytes themselves; `null` where only the provider can see it: an address, the id of a file. */
	data: string | Uint8Array | null;
	/** Empty where the request does not say. */
	mediaType: string;
}

/** Bytes of a part; base64 has four characters for three. */
function countDataBytes(data: string | Uint8Array): number {
	return typeof data === 'string' ? Math.ceil((data.length * 3) / 4) : data.length;
}

/** The beginning of a part as bytes, one a character; empty where it is no base64. */
function decodeBinary(data: string | Uint8Array, bytes = Number.POSITIVE_INFINITY): string {
	if (typeof data !== 'string') return String.fromCharCode(...data.subarray(0, Math.min(bytes, 65_536)));
	try {
		return atob(data.slice(0, Math.ceil(bytes / 3) * 4));
	} catch (error) {
		if (error instanceof DOMException) return '';
		throw error;
	}
}

/** A header that a size is read from; the size of a JPEG stands behind its thumbnail. */
const IMAGE_HEADER_BYTES = 65_536;

function boundImage(data: MediaPart['data'], { least, most, perPatch, side }: ImageRates): number {
	const size = data === null ? null : readImageSize(decodeBinary(data, IMAGE_HEADER_BYTES));
	if (size === null) return most;
	const patches = Math.ceil(size.width / side) * Math.ceil(size.height / side);
	return Math.min(most, Math.max(least, Math.ceil(patches * perPatch)));
}

/** Gemini counts 32 tokens for a second of sound, the most of all (https://ai.google.dev/gemini-api/docs/audio, read 2026-11-28). */
const AUDIO_TOKENS_PER_SECOND = 32;
/** Lowest bytes a second: MP3's lowest bit rate is 8 kbit/s; speech is coded at 1 kbit/s at least. */
const MP3_BYTES_PER_SECOND = 1000;
const LOWEST_BYTES_PER_SECOND = 125;

function boundAudio(data: string | Uint8Array, mediaType: string): number {
	const rate = /mpeg|mp3/.test(mediaType) ? MP3_BYTES_PER_SECOND : LOWEST_BYTES_PER_SECOND;
	return Math.ceil(countDataBytes(data) / rate + 1) * AUDIO_TOKENS_PER_SECOND;
}

/**
 * Tokens of the text of a page: Anthropic documents 1,500 to 3,000 (https://platform.claude.com/docs/en/build-with-claude/pdf-support,
 * read 2026-11-28), twice that is held. Every page is read as an image too.
 */
const PAGE_TEXT_TOKENS = 6000;

/** Pages of a PDF; `null` where they are compressed and cannot be counted. */
function countPages(data: string | Uint8Array): number | null {
	const text = decodeBinary(data);
	if (text.includes('/ObjStm')) return null;
	const counts = Array.from(text.matchAll(/\/Count\s+(\d{1,6})\b/g), ([, count]) => Number(count));
	const pages = Math.max(text.match(/\/Type\s*\/Page\b(?!s)/g)?.length ?? 0, ...counts, 0);
	return pages === 0 ? null : pages;
}

/**
 * Most tokens that a provider can count for a part that is no text; `null` where only the context window limits it: an
 * address or a file's id, a film, a document whose pages are not known. Pages are counted where the bound must be close.
 */
export function boundMediaTokens(
	{ kind, data, mediaType }: MediaPart,
	rates: ImageRates,
	isClose: boolean,
): number | null {
	if (kind === 'image') return boundImage(data, rates);
	if (data === null || kind === 'video') return null;
	if (kind === 'audio') return boundAudio(data, mediaType);
	if (mediaType.startsWith('text/')) return countDataBytes(data);
	const pages = isClose && typeof data === 'string' ? countPages(data) : null;
	return pages === null ? null : pages * (PAGE_TEXT_TOKENS + rates.most);
}
