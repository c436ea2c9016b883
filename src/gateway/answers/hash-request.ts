import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Headers that decide how a request is answered, by how their names begin: versions and betas of the providers, wishes to the gateway. */
const DECISIVE_HEADERS = ['anthropic-', 'openai-', 'x-switchyard-'] as const;

/** Everything that decides a request's answer. */
export interface RequestParts {
	/** Whose request it is: the key's id. The same request of another has another hash. */
	owner: string;
	method: string;
	/** The address after the host, with what follows its question mark. */
	url: string;
	headers: IncomingHttpHeaders;
	/** As it came. */
	body: string | Uint8Array;
}

/** The address without the caller's key, which Gemini's clients put into it. */
function addressOf(url: string): string {
	const start = url.indexOf('?');
	if (start === -1) return url;
	const search = new URLSearchParams(url.slice(start));
	search.delete('key');
	return `${url.slice(0, start)}?${search}`;
}

function decisiveHeaders(headers: IncomingHttpHeaders): string[] {
	const names = Object.keys(headers).filter((name) => DECISIVE_HEADERS.some((start) => name.startsWith(start)));
	return names.sort().flatMap((name) => [name, String(headers[name])]);
}

/** SHA-256 of everything that decides the answer to a request, hex: the same request of the same owner, the same hash. */
export function hashRequest({ owner, method, url, headers, body }: RequestParts): string {
	// as JSON each part keeps its borders, so no two requests are written alike
	const head = JSON.stringify([owner, method, addressOf(url), decisiveHeaders(headers)]);
	return createHash('sha256').update(head).update('\n').update(body).digest('hex');
}
