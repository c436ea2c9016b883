import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { getModelNames, type ModelCatalog } from '../../catalog/index.ts';
import {
	type Attribution,
	formatScope,
	type KeyScope,
	type KeyStore,
	type ModelName,
	type ModelProfile,
	type VirtualKey,
} from '../../contracts/index.ts';
import { BudgetExceededError, RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { LookupLimiter } from './lookup-limiter.ts';

const DEFAULT_CAPACITY = 10_000;
/** Milliseconds until a key is looked up again: a key that another process revokes works no longer than this. */
const DEFAULT_TTL_MS = 5000;
/** Compared with where there is no key: an unknown id takes as long as a wrong secret. */
const NO_HASH = '0'.repeat(64);

/** Where a key ring finds keys, and how many it caches for how long. */
interface KeyRingOptions {
	/** The store of keys that are not cached. */
	store: () => KeyStore | Promise<KeyStore>;
	/** Keys cached at most. @default 10000 */
	capacity?: number | undefined;
	/** Milliseconds until a key is looked up again. @default 5000 */
	ttlMs?: number | undefined;
}

/** The parts of a request that may carry a key. */
interface CallerCredentials {
	headers: IncomingHttpHeaders;
	/** The URL's query, from its question mark on. */
	search?: string | undefined;
}

/** Authenticates callers by their keys. Caches keys by id, with the hash of the secret and never the secret itself. */
export class KeyRing {
	readonly #store: KeyRingOptions['store'];
	readonly #cached: BoundedMap<string, VirtualKey>;
	readonly #limiter: LookupLimiter;
	/** Look-ups in flight: one for all requests that need the same key. */
	readonly #lookups = new Map<string, Promise<VirtualKey | null>>();

	constructor(options: KeyRingOptions) {
		this.#store = options.store;
		this.#limiter = new LookupLimiter(options.store);
		this.#cached = new BoundedMap(options.capacity ?? DEFAULT_CAPACITY, options.ttlMs ?? DEFAULT_TTL_MS);
	}

	/** Keys cached and being looked up. */
	get size(): number {
		return this.#cached.size + this.#lookups.size;
	}

	/**
	 * The key of a request; `null` for one without a key of this gateway, where none is required.
	 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for a missing, unknown, expired or revoked key
	 * @throws StorageError when keys cannot be looked up
	 */
	async identify(
		caller: CallerCredentials,
		{ isKeyRequired, now }: { isKeyRequired: boolean; now: number },
	): Promise<VirtualKey | null> {
		const token = readCallerToken(caller.headers, caller.search);
		if (token !== null && (isKeyRequired || token.startsWith(TOKEN_PREFIX))) return this.authenticate(token, now);
		if (!isKeyRequired) return null;
		throw unauthorized(
			'The request names no key. Send one as "authorization: Bearer sk-sy-…", or in your client where its API key goes; `switchyard keys create` makes one.',
		);
	}

	/**
	 * As `identify`, where nothing has to be looked up; `undefined`: it must be asked.
	 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for two different keys
	 */
	identifyCached(
		caller: CallerCredentials,
		{ isKeyRequired, now }: { isKeyRequired: boolean; now: number },
	): VirtualKey | null | undefined {
		const token = readCallerToken(caller.headers, caller.search);
		if (token === null || !(isKeyRequired || token.startsWith(TOKEN_PREFIX))) return isKeyRequired ? undefined : null;
		const parsed = parseToken(token);
		const cached = parsed === null ? undefined : this.#cached.get(parsed.id, now);
		if (parsed === null || cached === undefined || !isInForce(cached, now)) return undefined;
		return isSameHash(cached.secretHash, hashSecret(parsed.secret)) ? cached : undefined;
	}

	/**
	 * The key that a token names.
	 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for one that is no key, unknown, expired or revoked
	 * @throws StorageError when keys cannot be looked up
	 */
	async authenticate(token: string, now: number): Promise<VirtualKey> {
		const parsed = parseToken(token);
		if (parsed === null)
			throw unauthorized(
				'The key is not one of this gateway: those look like sk-sy-… and have 62 characters. A provider’s key belongs into the gateway’s configuration; `switchyard keys create` makes a key for callers.',
			);
		const secretHash = hashSecret(parsed.secret);
		const cached = this.#cached.get(parsed.id, now);
		if (cached !== undefined && isSameHash(cached.secretHash, secretHash)) return requireInForce(cached, now);
		// Not cached, or cached with another secret: another process may have rotated it.
		const mayLookUp = this.#lookups.has(parsed.id) || this.#limiter.take(now);
		// In a flood a changed secret is seen once the cached one has expired.
		const isWorthIt = mayLookUp || (cached === undefined && (await this.#limiter.exists(parsed.id, now)));
		const key = isWorthIt ? await this.#lookUp(parsed.id, now) : null;
		const isSame = isSameHash(key?.secretHash ?? NO_HASH, secretHash);
		if (key === null || !isSame)
			throw unauthorized('The key is unknown. Check it, or make one with `switchyard keys create`.');
		return requireInForce(key, now);
	}

	/**
	 * A key that was authenticated before, as it is now; within seconds another process's changes count.
	 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for one that is revoked, has expired or has another secret since
	 * @throws StorageError when keys cannot be looked up
	 */
	async recheck({ id, secretHash }: VirtualKey, now: number): Promise<VirtualKey> {
		const key = this.#cached.get(id, now) ?? (await this.#lookUp(id, now));
		if (key === null || !isSameHash(key.secretHash, secretHash))
			throw unauthorized(`The key ${id} has another secret since, or is gone. Use another.`);
		return requireInForce(key, now);
	}

	/** Drops what is known of a key that this process has made or changed. */
	forget(id: string): void {
		this.#cached.delete(id);
		this.#limiter.forget();
	}

	#lookUp(id: string, now: number): Promise<VirtualKey | null> {
		const running = this.#lookups.get(id);
		if (running !== undefined) return running;
		const lookup = this.#find(id, now).finally(() => this.#lookups.delete(id));
		this.#lookups.set(id, lookup);
		return lookup;
	}

	async #find(id: string, now: number): Promise<VirtualKey | null> {
		const store = await this.#store();
		const key = await store.find(id);
		if (key !== null) this.#cached.set(id, key, now);
		return key;
	}
}

function isInForce({ expiresAt, revokedAt }: VirtualKey, now: number): boolean {
	return revokedAt === null && (expiresAt === null || expiresAt > now);
}

/** Throws for a key that was revoked or has expired. Call it after the secret was checked: the message gives the id and date away. */
function requireInForce(key: VirtualKey, now: number): VirtualKey {
	const { expiresAt, id, revokedAt } = key;
	const ended = (what: string, at: number): RequestRefusedError =>
		unauthorized(
			`The key ${id} ${what} on ${new Date(at).toISOString()}. Use another, or make one with \`switchyard keys create\`.`,
		);
	if (revokedAt !== null) throw ended('was revoked', revokedAt);
	if (expiresAt !== null && expiresAt <= now) throw ended('expired', expiresAt);
	return key;
}

function unauthorized(message: string): RequestRefusedError {
	return new RequestRefusedError('ROUTER_UNAUTHORIZED', message);
}

/** What every key of this gateway begins with. */
const TOKEN_PREFIX = 'sk-sy-';
const ID_BYTES = 6;
const SECRET_BYTES = 32;
/** 12 hexadecimal digits of id, 43 characters of secret: fixed lengths, so a token can be split in one way only. */
const TOKEN_SHAPE = /^sk-sy-[0-9a-f]{12}-[A-Za-z0-9_-]{43}$/;
const ID_START = TOKEN_PREFIX.length;
const ID_END = ID_START + ID_BYTES * 2;

/** The parts of a token: the public id and the secret. */
interface KeyToken {
	id: string;
	secret: string;
}

/** A new secret of 256 random bits, and the id of a new key. */
export function createToken(): KeyToken {
	return { id: randomBytes(ID_BYTES).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64url') };
}

/** The token as a caller sends it. */
export function formatToken({ id, secret }: KeyToken): string {
	return `${TOKEN_PREFIX}${id}-${secret}`;
}

/** The parts of a token; `null` for anything else. */
function parseToken(token: string): KeyToken | null {
	if (!TOKEN_SHAPE.test(token)) return null;
	return { id: token.slice(ID_START, ID_END), secret: token.slice(ID_END + 1) };
}

/** SHA-256 of a secret in hex, kept in its place. A secret has 256 random bits, so brute force fails against a fast hash too. */
export function hashSecret(secret: string): string {
	// as a string: hashing into a buffer takes four times as long
	return hash('sha256', secret, 'hex');
}

/** Compares two hashes in constant time. */
function isSameHash(a: string, b: string): boolean {
	return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

/** A header for a key of this gateway alone, where the client's own headers carry a login for its provider. */
export const GATEWAY_KEY_HEADER = 'x-switchyard-key';
/** Headers in which the callers' formats carry a key. */
const KEY_HEADERS = [GATEWAY_KEY_HEADER, 'x-api-key', 'x-goog-api-key', 'api-key'] as const;
const BEARER = /^Bearer +(\S+) *$/i;

/** Every token of a request, in order of precedence. */
function readTokens(headers: IncomingHttpHeaders, search: string | undefined): string[] {
	const tokens: string[] = [];
	const bearer = headers.authorization?.match(BEARER)?.[1];
	if (bearer !== undefined) tokens.push(bearer);
	for (const name of KEY_HEADERS) {
		const value = headers[name];
		if (typeof value === 'string' && value !== '') tokens.push(value);
	}
	if (search) tokens.push(...new URLSearchParams(search).getAll('key'));
	return tokens;
}

/**
 * The token of a request: `authorization: Bearer`, `x-switchyard-key`, `x-api-key`, `x-goog-api-key`, `api-key`, or `?key=` as Gemini's
 * clients send it. Of several, the one of this gateway; `null` when there is none. `search`: the URL's query.
 * @throws RequestRefusedError (`ROUTER_UNAUTHORIZED`) for two different keys of this gateway: a proxy in front may have
 * checked the other one
 */
export function readCallerToken(headers: IncomingHttpHeaders, search?: string): string | null {
	const tokens = readTokens(headers, search);
	if (tokens.length < 2) return tokens[0] ?? null;
	const ours = new Set(tokens.filter((token) => token.startsWith(TOKEN_PREFIX)));
	const [first] = ours.size === 0 ? tokens : ours;
	if (ours.size <= 1) return first ?? null;
	throw unauthorized('The request names two different keys in its headers or address. Send one.');
}

/** Who sent a request. */
export interface Caller {
	/** Owner of stored answers, sessions and idempotency keys: the key's id; `local` without a key. */
	owner: string;
	/** `null` for a call without one, where none is required. */
	key: VirtualKey | null;
}

/** Whom a request is booked to: its key with team and tags, and the tags and session of the request. */
export function createAttribution(
	{ key }: Caller,
	request: { tags?: readonly string[] | undefined; session?: string | null | undefined },
): Attribution {
	const tags = [...new Set([...(key?.tags ?? []), ...(request.tags ?? [])])];
	return {
		...(key === null ? {} : { key: key.id, namedBy: key.id }),
		...(key?.team == null ? {} : { team: key.team }),
		...(tags.length === 0 ? {} : { tags }),
		...(request.session == null ? {} : { session: request.session }),
	};
}

/** What a scope allows, in messages. */
const SCOPE_MEANING: Readonly<Record<KeyScope, string>> = {
	route: 'call models',
	read: 'read figures and settings',
	admin: 'manage the gateway',
};

/** `admin` includes `read`. It excludes `route`, so that a key for managing spends nothing by accident. */
function hasScope(key: VirtualKey, scope: KeyScope): boolean {
	return key.scopes.includes(scope) || (scope === 'read' && key.scopes.includes('admin'));
}

/** Scopes of budgets in which only the key itself spends. */
function isOwnBudget(key: VirtualKey, scope = 'all'): boolean {
	const isNamedByKey = (kind: 'tag' | 'session') => scope.startsWith(formatScope(kind, '', key.id));
	return scope === formatScope('key', key.id) || isNamedByKey('tag') || isNamedByKey('session');
}

/** The error as the caller may see it: what others have spent of a shared budget is for keys that may read figures. */
export function hideOthersSpending(error: unknown, { key }: Caller): unknown {
	if (!(error instanceof BudgetExceededError) || key === null || hasScope(key, 'read')) return error;
	const { refusal } = error;
	return isOwnBudget(key, refusal.scope) ? error : new BudgetExceededError({ ...refusal, hidesSpending: true });
}

/** Requires a scope. A caller without a key (`null`) was admitted without one and may do everything. @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireScope(key: VirtualKey | null, scope: KeyScope): void {
	if (key === null || hasScope(key, scope)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not ${SCOPE_MEANING[scope]}: it has the scopes ${key.scopes.join(', ')}. Use a key with the scope ${scope} (\`switchyard keys create --scope ${scope}\`).`,
	);
}

/** Whether a key may use a model; its list may hold any of the model's names. */
export function canUseModel(key: VirtualKey | null, profile: ModelProfile): boolean {
	if (key === null || key.allowedModels === null) return true;
	const names = getModelNames(profile).map((name) => name.toLowerCase());
	return key.allowedModels.some((allowed) => names.includes(allowed.toLowerCase()));
}

/** By key as it was looked up: the models of its list that a catalog of this version knows. */
const knownModels = new WeakMap<VirtualKey, { catalog: ModelCatalog; version: string; names: ModelName[] }>();

/** Names of the models that a key may use, as far as the catalog knows them; `undefined` for a key without a list. */
export function listUsableModels(key: VirtualKey | null, catalog: ModelCatalog): ModelName[] | undefined {
	if (key === null || key.allowedModels === null) return undefined;
	const { version } = catalog;
	let known = knownModels.get(key);
	if (known?.catalog !== catalog || known.version !== version) {
		const profiles = key.allowedModels.flatMap((name) => catalog.find(name) ?? []);
		const names = profiles.filter((profile) => canUseModel(key, profile)).map(({ name }) => name);
		// the same list for all requests of the key: the router resolves a frozen one once
		Object.freeze(names);
		known = { catalog, version, names };
		knownModels.set(key, known);
	}
	return known.names;
}

/** @throws RequestRefusedError (`ROUTER_FORBIDDEN`) */
export function requireModelAccess(key: VirtualKey | null, profile: ModelProfile): void {
	if (key === null || canUseModel(key, profile)) return;
	throw new RequestRefusedError(
		'ROUTER_FORBIDDEN',
		`The key ${key.id} may not use the model ${profile.name}: it is allowed ${key.allowedModels?.join(', ') || 'none'}. Ask for one of these, or use another key.`,
	);
}
