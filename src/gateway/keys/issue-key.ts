import { KEY_SCOPES, type KeyLimits, type KeyScope, type KeyStore, type VirtualKey } from '../../contracts/index.ts';
import { InvalidInputError } from '../../errors/index.ts';
import { createToken, formatToken, hashSecret } from './key-token.ts';

const LONGEST_NAME = 100;
const MOST_NAMES = 100;

/** What a new key should be. */
export interface KeyRequest {
	name: string;
	/** @default ['route'] */
	scopes?: readonly KeyScope[] | undefined;
	team?: string | undefined;
	tags?: readonly string[] | undefined;
	limits?: KeyLimits | undefined;
	/** Names or aliases. @default all */
	allowedModels?: readonly string[] | undefined;
	/** Milliseconds from now. @default never */
	lifetimeMs?: number | undefined;
}

/** A key whose secret is known for this one time. */
export interface IssuedKey {
	key: VirtualKey;
	/** What the caller sends. It is stored nowhere: it can be shown now or never. */
	token: string;
}

function checkName(value: string, what: string): string {
	const name = value.trim();
	// a control character would let a name write lines of its own into reports
	if (name !== '' && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name)) return name;
	throw new InvalidInputError(
		`The ${what} of a key needs 1 to ${LONGEST_NAME} characters of text; given were ${value.length}.`,
	);
}

function checkNames(values: readonly string[], what: string): string[] {
	if (values.length <= MOST_NAMES) return [...new Set(values.map((value) => checkName(value, what)))];
	throw new InvalidInputError(`A key takes at most ${MOST_NAMES} values as ${what}; given were ${values.length}.`);
}

function checkLimits(limits: KeyLimits): KeyLimits {
	for (const [name, value] of Object.entries(limits))
		if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
			throw new InvalidInputError(`The limit ${name} is ${value}. Give a whole number of 1 or more, or leave it out.`);
	const { requestsPerMinute, tokensPerMinute, maxParallel } = limits;
	return {
		...(requestsPerMinute !== undefined && { requestsPerMinute }),
		...(tokensPerMinute !== undefined && { tokensPerMinute }),
		...(maxParallel !== undefined && { maxParallel }),
	};
}

function checkScopes(scopes: readonly KeyScope[]): KeyScope[] {
	const known = KEY_SCOPES.filter((scope) => scopes.includes(scope));
	if (known.length > 0 && scopes.every((scope) => KEY_SCOPES.includes(scope))) return known;
	throw new InvalidInputError(`A key needs scopes among ${KEY_SCOPES.join(', ')}.`);
}

function checkLifetime(lifetimeMs: number | undefined): number | null {
	if (lifetimeMs === undefined) return null;
	if (Number.isFinite(lifetimeMs) && lifetimeMs > 0) return lifetimeMs;
	throw new InvalidInputError(`A lifetime of ${lifetimeMs} ms is none. Give a positive time, or leave it out.`);
}

/** Makes a key that is not stored yet: what depends on its id can be prepared first. @throws InvalidInputError */
export function prepareKey(request: KeyRequest, now: number): IssuedKey {
	const token = createToken();
	const lifetimeMs = checkLifetime(request.lifetimeMs);
	const key: VirtualKey = {
		id: token.id,
		secretHash: hashSecret(token.secret),
		name: checkName(request.name, 'name'),
		scopes: checkScopes(request.scopes ?? ['route']),
		team: request.team === undefined ? null : checkName(request.team, 'team'),
		tags: checkNames(request.tags ?? [], 'tag'),
		limits: checkLimits(request.limits ?? {}),
		allowedModels: request.allowedModels === undefined ? null : checkNames(request.allowedModels, 'model'),
		createdAt: now,
		expiresAt: lifetimeMs === null ? null : now + lifetimeMs,
		revokedAt: null,
	};
	return { key, token: formatToken(token) };
}

/** Makes a key and stores it. The token cannot be had again. @throws InvalidInputError */
export async function createKey(store: KeyStore, request: KeyRequest, now: number): Promise<IssuedKey> {
	const issued = prepareKey(request, now);
	await store.add(issued.key);
	return issued;
}

/** Another secret for the same key; the old one stops working, in every process within seconds. `null` when there is no such key in force. */
export async function rotateKey(store: KeyStore, id: string): Promise<IssuedKey | null> {
	const { secret } = createToken();
	const secretHash = hashSecret(secret);
	const isRotated = await store.rotate(id, secretHash);
	const key = isRotated ? await store.find(id) : null;
	return key === null ? null : { key, token: formatToken({ id, secret }) };
}

/** The key as it may be shown: without the hash. */
export function omitSecretHash(key: VirtualKey): Omit<VirtualKey, 'secretHash'> {
	const { secretHash: _hash, ...shown } = key;
	return shown;
}

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
/** Whoever means longer means never. */
const LONGEST_MS = 100 * 366 * 86_400_000;

/** `30d`, `12h`, `90m`, `4w` → milliseconds. @throws InvalidInputError */
export function parseLifetime(text: string): number {
	const [, count = '', unit = ''] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
	const lifetimeMs = Number(count) * (UNIT_MS[unit] ?? 0);
	if (lifetimeMs > 0 && lifetimeMs <= LONGEST_MS) return lifetimeMs;
	throw new InvalidInputError(
		`"${text.slice(0, 40)}" is not a lifetime. Write a number and m, h, d or w, e.g. 30d or 12h, up to 100 years.`,
	);
}
