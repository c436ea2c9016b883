import { readProperty } from './read-property.ts';

/** More headers than this no honest response has. */
const MAX_HEADERS = 200;

/** The headers of a failed response, lower case, from `Headers`, a `Map` or a plain object. */
export function readHeaders(headers: unknown): Map<string, string> {
	const found = new Map<string, string>();
	for (const [name, value] of headerEntries(headers)) {
		if (found.size >= MAX_HEADERS) break;
		if (typeof name === 'string' && value !== undefined && value !== null) found.set(name.toLowerCase(), String(value));
	}
	return found;
}

function headerEntries(headers: unknown): Iterable<[unknown, unknown]> {
	if (typeof headers !== 'object' || headers === null) return [];
	if (headers instanceof Headers || headers instanceof Map) return headers.entries();
	const entries = readProperty(headers, 'entries');
	if (typeof entries === 'function' && Symbol.iterator in headers) return entries.call(headers);
	return Object.entries(headers);
}
