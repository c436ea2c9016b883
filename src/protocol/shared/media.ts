import { RequestRefusedError } from '../../errors/index.ts';
import type { BodyFields } from './body-fields.ts';
import { type NeutralFile, placeFile } from './file-places.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	pdf: 'application/pdf',
};

/** The media type by the ending of an address; `otherwise` where the ending is not known. */
export function guessMediaType(url: URL, otherwise: string): string {
	const ending = /[.]([a-z]+)$/i.exec(url.pathname)?.[1]?.toLowerCase();
	return (ending === undefined ? undefined : MEDIA_TYPES[ending]) ?? otherwise;
}

/** An address in a request. @throws InvalidInputError for what is no absolute URL */
export function readUrl(fields: BodyFields, name: string): URL {
	const url = URL.parse(fields.requireString(name));
	if (url === null) throw fields.invalid(name, 'an absolute URL');
	return url;
}

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),/i;
const MAX_DATA_URL_HEAD_CHARACTERS = 512;
/** Longest content that is read from percent-encoding, characters: a long one is sent as base64. */
const MAX_PERCENT_ENCODED_CHARACTERS = 1024 * 1024;

function decodePercent(content: string): string | null {
	try {
		return decodeURIComponent(content);
	} catch (error) {
		if (error instanceof URIError) return null;
		throw error;
	}
}

/**
 * A file behind a URL: its bytes for `data:`, its address for `http(s):`. `kind` is the media type, or its first segment,
 * where the URL does not say. @throws InvalidInputError for any other URL, RequestRefusedError for a long one that is percent-encoded
 */
export function readFileUrl(fields: BodyFields, name: string, kind: string): NeutralFile {
	const url = fields.requireName(name);
	const head = DATA_URL.exec(url.slice(0, MAX_DATA_URL_HEAD_CHARACTERS));
	if (head !== null) {
		const [prefix, mediaType, parameters = ''] = head;
		const content = url.slice(prefix.length);
		const isBase64 = /;base64$/i.test(parameters);
		if (!isBase64 && content.length > MAX_PERCENT_ENCODED_CHARACTERS)
			throw new RequestRefusedError(
				'ROUTER_REQUEST_TOO_LARGE',
				`${fields.pathOf(name)} is a percent-encoded data URL of more than ${MAX_PERCENT_ENCODED_CHARACTERS} characters. Send it as base64.`,
			);
		const text = isBase64 ? undefined : decodePercent(content);
		if (text === null) throw fields.invalid(name, 'a data URL whose content is percent-encoded or base64');
		const data = text === undefined ? content : Buffer.from(text).toString('base64');
		return placeFile({ data: { type: 'data', data }, mediaType: mediaType || kind }, fields);
	}
	const address = /^https?:\/\//i.test(url) ? URL.parse(url) : null;
	if (address === null) throw fields.invalid(name, 'an http(s) or data URL');
	// what stands behind an address is not looked at, and Gemini takes no half of a media type
	const mediaType = guessMediaType(address, kind === 'image' ? 'image/jpeg' : kind);
	return placeFile({ data: { type: 'url', url: address }, mediaType }, fields);
}
