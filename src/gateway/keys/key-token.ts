import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RequestRefusedError } from '../../errors/index.ts';

/** What every key of this gateway begins with. */
export const TOKEN_PREFIX = 'sk-sy-';
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const HASH_LENGTH = 64;
/** 12 hexadecimal digits of id, 43 characters of secret: every place is fixed, so a key has one reading only. */
const TOKEN_SHAPE = /^sk-sy-[0-9a-f]{12}-[A-Za-z0-9_-]{43}$/;
const ID_START = TOKEN_PREFIX.length;
const ID_END = ID_START + ID_BYTES * 2;

/** A key as it travels: the public id and the secret. */
export interface KeyToken {
	id: string;
	secret: string;
}

/** A new secret of 256 random bits, and the id of a new key. */
export function createToken(): KeyToken {
	return {
		id: randomBytes(ID_BYTES).toString('hex'),
		secret: randomBytes(SECRET_BYTES).toString('base64url'),
	};
}

/** The key as its user keeps it. */
export function formatToken({ id, secret }: KeyToken): string {
	return `${TOKEN_PREFIX}${id}-${secret}`;
}

/** The parts of a key; `null` for anything else. */
export function parseToken(token: string): KeyToken | null {
	if (!TOKEN_SHAPE.test(token)) return null;
	return { id: token.slice(ID_START, ID_END), secret: token.slice(ID_END + 1) };
}

/** What is kept of a secret: SHA-256, hex. It has 256 random bits: nobody finds it by trying, so a fast hash is enough. */
export function hashSecret(secret: string): string {
	// as text: a buffer of its own would take four times as long
	return hash('sha256', secret, 'hex');
}

/** Whether two hashes are the same, in a time that tells nothing of where they differ. */
export function isSameHash(one: string, other: string): boolean {
	if (one.length !== HASH_LENGTH || other.length !== HASH_LENGTH) return false;
	return timingSafeEqual(Buffer.from(one, 'latin1'), Buffer.from(other, 'latin1'));
}

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
