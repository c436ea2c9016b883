import type { IncomingHttpHeaders } from 'node:http';
import type { KeyStore, VirtualKey } from '../../contracts/index.ts';
import { RequestRefusedError } from '../../errors/index.ts';
import { BoundedMap } from '../../util/index.ts';
import { hashSecret, isSameHash, parseToken, readCallerToken, TOKEN_PREFIX } from './key-token.ts';

/** Keys remembered. */
const DEFAULT_CAPACITY = 10_000;
/** Milliseconds until a key is looked up again: what another process revoked works no longer than this. */
const DEFAULT_TTL_MS = 5000;
/** Compared with where there is no key, so that an unknown id takes as long as a wrong secret. */
const NO_HASH = '0'.repeat(64);

/** Where keys come from. */
export interface KeyRingOptions {
	/** Asked when a key is not remembered. */
	store: () => KeyStore | Promise<KeyStore>;
	/** Keys remembered at most. @default 10000 */
	capacity?: number;
	/** Milliseconds until a key is looked up again. @default 5000 */
	ttlMs?: number;
}

/** Where a request says who it comes from. */
export interface CallerCredentials {
	headers: IncomingHttpHeaders;
	/** The address from its question mark on. */
	search?: string;
}

function unauthorized(message: string): RequestRefusedError {
	return new RequestRefusedError('ROUTER_UNAUTHORIZED', message);
}

/** Recognises callers by their keys. Remembers keys by id, with the hash of their secret and never the secret. */
export class KeyRing {
	readonly #store: KeyRingOptions['store'];
	readonly #known: BoundedMap<string, VirtualKey>;
	/** Look-ups under way: one for all who ask at once. */
	readonly #lookups = new Map<string, Promise<VirtualKey | null>>();

	constructor(options: KeyRingOptions) {
		this.#store = options.store;
		this.#known = new BoundedMap(options.capacity ?? DEFAULT_CAPACITY, options.ttlMs ?? DEFAULT_TTL_MS);
	}

	/** Keys remembered now, and looked up. */
	get size(): number {
		return this.#known.size + this.#lookups.size;
	}

	/**
	 * Whose request it is; `null` for one without a key of this gateway, where none is required.
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
		const known = this.#known.get(parsed.id, now);
		if (known !== undefined && isSameHash(known.secretHash, secretHash)) return requireInForce(known, now);
		// Not remembered, or remembered with another secret: it may have been rotated by another process.
		const found = await this.#lookUp(parsed.id, now);
		const isSame = isSameHash(found?.secretHash ?? NO_HASH, secretHash);
		if (found === null || !isSame)
			throw unauthorized('The key is unknown. Check it, or make one with `switchyard keys create`.');
		return requireInForce(found, now);
	}

	/** What was remembered of a key no longer counts: it was changed in this process. */
	forget(id: string): void {
		this.#known.delete(id);
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
		if (key === null) this.#known.delete(id);
		else this.#known.set(id, key, now);
		return key;
	}
}

/** The key, unless its time is over. Told only to who has the secret. */
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
