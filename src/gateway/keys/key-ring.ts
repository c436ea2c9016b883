import type { IncomingHttpHeaders } from 'node:http';
import type { KeyStore, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { hashSecret, isSameHash, parseToken, readCallerToken, TOKEN_PREFIX } from './key-token.ts';

const DEFAULT_CAPACITY = 10_000;
/** Milliseconds until a key is looked up again: a key that another process revokes works no longer than this. */
const DEFAULT_TTL_MS = 5000;
/** Compared with where there is no key: an unknown id takes as long as a wrong secret. */
const NO_HASH = '0'.repeat(64);

/** Where a key ring finds keys, and how many it caches for how long. */
export interface KeyRingOptions {
	/** The store of keys that are not cached. */
	store: () => KeyStore | Promise<KeyStore>;
	/** Keys cached at most. @default 10000 */
	capacity?: number | undefined;
	/** Milliseconds until a key is looked up again. @default 5000 */
	ttlMs?: number | undefined;
}

/** The parts of a request that may carry a key. */
export interface CallerCredentials {
	headers: IncomingHttpHeaders;
	/** The URL's query, from its question mark on. */
	search?: string | undefined;
}

/** Authenticates callers by their keys. Caches keys by id, with the hash of the secret and never the secret itself. */
export class KeyRing {
	readonly #store: KeyRingOptions['store'];
	readonly #cached: BoundedMap<string, VirtualKey>;
	/** Look-ups in flight: one for all requests that need the same key. */
	readonly #lookups = new Map<string, Promise<VirtualKey | null>>();

	constructor(options: KeyRingOptions) {
		this.#store = options.store;
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
		const key = await this.#lookUp(parsed.id, now);
		const isSame = isSameHash(key?.secretHash ?? NO_HASH, secretHash);
		if (key === null || !isSame)
			throw unauthorized('The key is unknown. Check it, or make one with `switchyard keys create`.');
		return requireInForce(key, now);
	}

	/** Drops a cached key that this process has changed. */
	forget(id: string): void {
		this.#cached.delete(id);
	}

	#lookUp(id: string, now: number): Promise<VirtualKey | null> {
		let lookup = this.#lookups.get(id);
		if (lookup === undefined) {
			lookup = this.#find(id, now).finally(() => this.#lookups.delete(id));
			this.#lookups.set(id, lookup);
		}
		return lookup;
	}

	async #find(id: string, now: number): Promise<VirtualKey | null> {
		const store = await this.#store();
		const key = await store.find(id);
		if (key === null) this.#cached.delete(id);
		else this.#cached.set(id, key, now);
		return key;
	}
}

/** Throws for a key that was revoked or has expired. Call it after the secret was checked: the message gives the id and date away. */
function requireInForce(key: VirtualKey, now: number): VirtualKey {
	if (key.revokedAt !== null)
		throw unauthorized(
			`The key ${key.id} was revoked on ${new Date(key.revokedAt).toISOString()}. Use another, or make one with \`switchyard keys create\`.`,
		);
	if (key.expiresAt !== null && key.expiresAt <= now)
		throw unauthorized(
			`The key ${key.id} expired on ${new Date(key.expiresAt).toISOString()}. Use another, or make one with \`switchyard keys create\`.`,
		);
	return key;
}

function unauthorized(message: string): RequestRefusedError {
	return new RequestRefusedError('ROUTER_UNAUTHORIZED', message);
}
