import type { IncomingHttpHeaders } from 'node:http';
import { RequestRefusedError } from '../../errors/index.ts';
import { TOKEN_PREFIX } from './key-token.ts';

/** Headers in which the callers' formats carry a key. */
const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key'] as const;
const BEARER = /^Bearer +(\S+) *$/i;

/** Every key that is sent, in the order in which it counts. */
function sentTokens(headers: IncomingHttpHeaders, search: string): string[] {
	const tokens: string[] = [];
	const { authorization } = headers;
	const bearer = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
	if (bearer !== undefined) tokens.push(bearer);
	for (const name of KEY_HEADERS) {
		const value = headers[name];
		if (typeof value === 'string' && value !== '') tokens.push(value);
	}
	if (search.includes('key=')) tokens.push(...new URLSearchParams(search).getAll('key'));
	return tokens;
}

/**
 * The key a request comes with: `authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key`, or `?key=` as Gemini's
 * clients send it. Of several, the one that looks like a key of this gateway; `null` when there is none.
 * `search`: the address from its question mark on.
 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for two different keys of this gateway: a proxy in between may have read the other
 */
export function readCallerToken(headers: IncomingHttpHeaders, search = ''): string | null {
	const tokens = sentTokens(headers, search);
	const own = tokens.find((token) => token.startsWith(TOKEN_PREFIX));
	if (own === undefined) return tokens[0] ?? null;
	const isAmbiguous = tokens.some((token) => token !== own && token.startsWith(TOKEN_PREFIX));
	if (!isAmbiguous) return own;
	throw new RequestRefusedError(
		'ROUTER_UNAUTHORIZED',
		'The request names two different keys in its headers or address. Send one.',
	);
}
