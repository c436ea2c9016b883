import type { SharedV4FileData } from '@ai-sdk/provider';
import { refuse } from './request-fields.ts';

/** A file as the neutral form names it. */
export interface NeutralFile {
	data: SharedV4FileData;
	/** Whole, or the first segment where no more is known, e.g. `image`. */
	mediaType: string;
}

const DATA_URL = /^data:([^;,]*)((?:;[^;,]*)*),/i;

/**
 * A file behind a URL: its bytes for `data:`, its address for `http(s):`. `kind` is the first segment of the media type
 * where the URL does not say. @throws InvalidInputError for any other URL
 */
export function readFileUrl(url: string, kind: string, path: string): NeutralFile {
	const head = DATA_URL.exec(url.slice(0, 512));
	if (head !== null) {
		const [prefix, mediaType, parameters] = head;
		const content = url.slice(prefix.length);
		const isBase64 = /;base64$/i.test(parameters ?? '');
		const data = isBase64 ? content : Buffer.from(decodeURIComponent(content)).toString('base64');
		return { data: { type: 'data', data }, mediaType: mediaType || kind };
	}
	if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) refuse(url, path, 'an http(s) or data URL');
	return { data: { type: 'url', url: new URL(url) }, mediaType: kind };
}
