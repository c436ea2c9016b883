import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { RequestRefusedError } from '../../errors/index.ts';

/** What every key of this gateway begins with. */
export const TOKEN_PREFIX = 'sk-sy-';
const ID_BYTES = 6;
const SECRET_BYTES = 32;
const HASH_LENGTH = 64;
/** 12 hexadecimal digits of id, 43 characters of secret: fixed lengths, so a token can be split in one way only. */
const TOKEN_SHAPE = /^sk-sy-[0-9a-f]{12}-[A-Za-z0-9_-]{43}$/;
const ID_START = TOKEN_PREFIX.length;
const ID_END = ID_START + ID_BYTES * 2;

/** The parts of a token: the public id and the secret. */
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

/** The token as a caller sends it. */
export function formatToken({ id, secret }: KeyToken): string {
	return `${TOKEN_PREFIX}${id}-${secret}`;
}

/** The parts of a token; `null` for anything else. */
export function parseToken(token: string): KeyToken | null {
	if (!TOKEN_SHAPE.test(token)) return null;
	return { id: token.slice(ID_START, ID_END), secret: token.slice(ID_END + 1) };
}

/** SHA-256 of a secret in hex, kept in its place. A secret has 256 random bits, so brute force fails against a fast hash too. */
export function hashSecret(secret: string): string {
	// as a string: hashing into a buffer takes four times as long
	return hash('sha256', secret, 'hex');
}

/** Compares two hashes in constant time. */
export function isSameHash(a: string, b: string): boolean {
	if (a.length !== HASH_LENGTH || b.length !== HASH_LENGTH) return false;
	return timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'));
}

/** Headers in which the callers' formats carry a key. */
const KEY_HEADERS = ['x-api-key', 'x-goog-api-key', 'api-key'] as const;
const BEARER = /^Bearer +(\S+) *$/i;

/** Every token of a request, in order of precedence. */
function readTokens(headers: IncomingHttpHeaders, search: string): string[] {
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
 * The token of a request: `authorization: Bearer`, `x-api-key`, `x-goog-api-key`, `api-key`, or `?key=` as Gemini's
 * clients send it. Of several, the one of this gateway; `null` when there is none. `search`: the URL's query.
 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for two different keys of this gateway: a proxy in front may have
 * checked the other one
 */
export function readCallerToken(headers: IncomingHttpHeaders, search = ''): string | null {
	const tokens = readTokens(headers, search);
	const ours = new Set(tokens.filter((token) => token.startsWith(TOKEN_PREFIX)));
	const [first] = ours.size === 0 ? tokens : ours;
	if (ours.size <= 1) return first ?? null;
	throw new RequestRefusedError(
		'ROUTER_UNAUTHORIZED',
		'The request names two different keys in its headers or address. Send one.',
	);
}
