import { hash, randomBytes, timingSafeEqual } from 'node:crypto';

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
