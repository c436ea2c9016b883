import type { SharedV4FileData } from '@ai-sdk/provider';
import { invalidField, refuse } from './body-fields.ts';

const ENDINGS: Readonly<Record<string, string>> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	pdf: 'application/pdf',
};

/** An address in a request. @throws InvalidInputError for what is no absolute URL */
export function parseUrl(text: string, path: string): URL {
	const url = URL.parse(text);
	if (url === null) throw invalidField(path, text, 'an absolute URL');
	return url;
}

/** The media type that an address's ending tells; `otherwise` where it tells none. */
export function guessMediaType(url: URL, otherwise: string): string {
	const ending = /[.]([a-z]+)$/i.exec(url.pathname)?.[1]?.toLowerCase();
	return (ending === undefined ? undefined : ENDINGS[ending]) ?? otherwise;
}

/** A file as the neutral form names it. */
export interface NeutralFile {
	data: SharedV4FileData;
	/** Whole, or the first segment where no more is known, e.g. `image`. */
	mediaType: string;
}

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),/i;

function percentDecoded(content: string, path: string): string {
	try {
		return decodeURIComponent(content);
	} catch (error) {
		if (error instanceof URIError)
			return refuse(content, path, 'a data URL whose content is percent-encoded or base64');
		throw error;
	}
}

/**
 * A file behind a URL: its bytes for `data:`, its address for `http(s):`. `kind` is the media type, or
 * its first segment, where the URL does not say. @throws InvalidInputError for any other URL
 */
export function parseFileUrl(url: string, kind: string, path: string): NeutralFile {
	const head = DATA_URL.exec(url.slice(0, 512));
	if (head !== null) {
		const [prefix, mediaType, parameters] = head;
		const content = url.slice(prefix.length);
		const isBase64 = /;base64$/i.test(parameters ?? '');
		const data = isBase64 ? content : Buffer.from(percentDecoded(content, path)).toString('base64');
		return { data: { type: 'data', data }, mediaType: mediaType || kind };
	}
	if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) refuse(url, path, 'an http(s) or data URL');
	const address = new URL(url);
	// what stands behind an address is not looked at, and Gemini takes no half of a media type
	return {
		data: { type: 'url', url: address },
		mediaType: guessMediaType(address, kind === 'image' ? 'image/jpeg' : kind),
	};
}
