/** Letters that a reader and a URL parser may take for different things: where the host ends must be plain to both. */
const MISLEADING = /[\s\\#?@\p{Cc}]/u;

/** An http or https address of a server and nothing else: no user name, query or fragment. `null` for everything else. */
export function parseHttpAddress(text: string): URL | null {
	if (text.length > 2000 || MISLEADING.test(text) || !/^https?:\/\/[^/]/i.test(text) || !URL.canParse(text))
		return null;
	const url = new URL(text);
	return url.hostname === '' ? null : url;
}

/** The host as it is compared: lower case, without brackets and without the dot of a full name. */
export function normalizeHost(host: string): string {
	return host
		.toLowerCase()
		.replace(/^\[|\]$/g, '')
		.replace(/\.$/, '');
}
