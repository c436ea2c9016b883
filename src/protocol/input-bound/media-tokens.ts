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

/** Gemini counts 32 tokens for a second of sound, the most of all; source: https://ai.google.dev/gemini-api/docs/audio */
const AUDIO_TOKENS_PER_SECOND = 32;
/** The lowest bit rate at which speech is coded at all, 1 kbit/s, in bytes. */
const LOWEST_AUDIO_BYTES_PER_SECOND = 125;

/**
 * Most tokens that a provider can count for a part that is no text; `null` where only the context window limits it: an
 * address or a file's id, a film, a document whose pages are compressed. `imageTokens`: the provider's largest image.
 */
export function boundMediaTokens({ kind, data, mediaType }: MediaPart, imageTokens: number): number | null {
	if (kind === 'image') return imageTokens;
	if (data === null || kind === 'video') return null;
	const bytes = countDataBytes(data);
	if (kind === 'audio') return Math.ceil(bytes / LOWEST_AUDIO_BYTES_PER_SECOND + 1) * AUDIO_TOKENS_PER_SECOND;
	return mediaType.startsWith('text/') ? bytes : null;
}
