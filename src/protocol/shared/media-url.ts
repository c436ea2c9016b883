import { invalidField } from './body-fields.ts';

const ENDINGS: Readonly<Record<string, string>> = {
	png: 'image/png',
	jpg: 'image/jpeg',
	jpeg: 'image/jpeg',
	gif: 'image/gif',
	webp: 'image/webp',
	pdf: 'application/pdf',
};

/** An address in a request. @throws InvalidInputError for what is no absolute URL */
export function readUrl(text: string, path: string): URL {
	const url = URL.parse(text);
	if (url === null) throw invalidField(path, text, 'an absolute URL');
	return url;
}

/** The media type that an address's ending tells; `otherwise` where it tells none. */
export function mediaTypeOfUrl(url: URL, otherwise: string): string {
	const ending = /[.]([a-z]+)$/i.exec(url.pathname)?.[1]?.toLowerCase();
	return (ending === undefined ? undefined : ENDINGS[ending]) ?? otherwise;
}
