/** What a virtual key may do: call models, look at its own figures and the catalog, manage everything. */
export const KEY_SCOPES = ['route', 'read', 'admin'] as const;
/** One of the things a virtual key may do. */
export type KeyScope = (typeof KEY_SCOPES)[number];

/** How much a key may ask for. Each limit is its own; absent means none. */
export interface KeyLimits {
	requestsPerMinute?: number;
	/** Input and output together, as reserved and then as used. */
	tokensPerMinute?: number;
	/** Requests under way at once. */
	maxParallel?: number;
}

/** A virtual key as it is stored: its secret only as a hash. */
export interface VirtualKey {
	/** Public part, e.g. `k7f3a9c2d1e4`; in the ledger, budgets and logs. */
	id: string;
	/** SHA-256 of the secret, hex. The secret has 256 random bits, so a fast hash is no weakness. */
	secretHash: string;
	/** What a person calls it. */
	name: string;
	scopes: readonly KeyScope[];
	team: string | null;
	tags: readonly string[];
	limits: KeyLimits;
	/** Names or aliases; `null`: all. */
	allowedModels: readonly string[] | null;
	/** Epoch milliseconds. */
	createdAt: number;
	/** Epoch milliseconds; `null`: never. */
	expiresAt: number | null;
	/** Epoch milliseconds; `null`: in force. */
	revokedAt: number | null;
}

/** Keeps virtual keys. */
export interface KeyStore {
	/** @throws StorageError when the id is taken */
	add(key: VirtualKey): Promise<void>;
	find(id: string): Promise<VirtualKey | null>;
	/** Newest first, revoked ones too. */
	list(): Promise<VirtualKey[]>;
	/** False when there is no such key; a revoked one stays as it was. */
	revoke(id: string, at: number): Promise<boolean>;
	/** Another secret for the same key. False when there is no such key or it is revoked. */
	rotate(id: string, secretHash: string): Promise<boolean>;
}

/** An answer kept for its `Idempotency-Key`. */
export interface StoredAnswer {
	/** HTTP status. */
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
	/** The whole body; of a stream all its frames. */
	body: Uint8Array;
}

/** What is known of a request that names an idempotency key. */
export type IdempotencyClaim =
	/** Nobody has asked: the caller answers, then saves or abandons. */
	| { state: 'claimed' }
	/** Somebody is answering; `until`: when the claim lapses if nothing is heard of them (epoch ms). */
	| { state: 'running'; until: number }
	| { state: 'answered'; answer: StoredAnswer }
	/** The same key came with another request. */
	| { state: 'mismatch' };

/** Remembers answers by idempotency key; atomic across processes. */
export interface IdempotencyStore {
	/** `scope`: whose key it is (a tenant's id), so that no one is given another's answer. `requestHash`: of everything that decides the answer. */
	claim(request: {
		scope: string;
		key: string;
		requestHash: string;
		now: number;
		leaseUntil: number;
	}): Promise<IdempotencyClaim>;
	/** Keeps the answer until `expiresAt`. */
	save(request: { scope: string; key: string; answer: StoredAnswer; expiresAt: number }): Promise<void>;
	/** The request failed in a way that may be tried again: the claim is given up. */
	abandon(request: { scope: string; key: string }): Promise<void>;
	/** Removes what has expired; answers how many. */
	expire(now: number): Promise<number>;
}
