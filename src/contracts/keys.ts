import type { AuditAuthor } from './administration.ts';

/** What a virtual key may do: call models, read the gateway's figures and settings, manage everything. */
export const KEY_SCOPES = ['route', 'read', 'admin'] as const;
/** One of the things a virtual key may do. */
export type KeyScope = (typeof KEY_SCOPES)[number];

/** When a stream is committed to a model: with its first output, or only once it is complete. */
export const COMMIT_POINTS = ['first-output', 'whole-answer'] as const;
/** From when on a stream belongs to one model. */
export type CommitPoint = (typeof COMMIT_POINTS)[number];

/** How much a key may ask for. Each limit is its own; absent means none. */
export interface KeyLimits {
	requestsPerMinute?: number | undefined;
	/** Input and output together, as reserved and then as used. */
	tokensPerMinute?: number | undefined;
	/** Requests under way at once. */
	maxParallel?: number | undefined;
}

/** A virtual key as it is stored: its secret only as a hash. */
export interface VirtualKey {
	/** Public part, 12 hexadecimal digits, e.g. `7f3a9c2d1e40`; in the ledger, budgets and logs. */
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
	/** When streams of its requests are committed, unless one says so itself; absent: as `gateway.streams.commit` has it. */
	commit?: CommitPoint | undefined;
	/** Epoch milliseconds. */
	createdAt: number;
	/** Epoch milliseconds; `null`: never. */
	expiresAt: number | null;
	/** Epoch milliseconds; `null`: in force. */
	revokedAt: number | null;
}

/** A key that may be shown: without the hash of its secret. */
export function omitSecretHash(key: VirtualKey): Omit<VirtualKey, 'secretHash'> {
	const { secretHash: _hash, ...visible } = key;
	return visible;
}

/** Keeps virtual keys. A change with an `author` is in the audit log, in the same transaction. */
export interface KeyStore {
	/** @throws InvalidInputError when the id is taken */
	add(key: VirtualKey, author?: AuditAuthor): Promise<void>;
	find(id: string): Promise<VirtualKey | null>;
	/** Newest first, revoked ones too. */
	list(): Promise<VirtualKey[]>;
	/** The ids of all keys: asked for often while callers try many that do not exist. @default the ids of `list` */
	listIds?(): Promise<readonly string[]>;
	/** False when there is no such key; a revoked one stays as it was. */
	revoke(id: string, at: number, author?: AuditAuthor): Promise<boolean>;
	/** Another secret for the same key. False when there is no such key or it is revoked. */
	rotate(id: string, secretHash: string, author?: AuditAuthor): Promise<boolean>;
}

/** Largest body that is kept for an idempotency key, bytes. */
export const MAX_STORED_ANSWER_BYTES = 4_194_304;

/** An answer kept for its `Idempotency-Key`. */
export interface StoredAnswer {
	/** HTTP status. */
	status: number;
	/** Names in lower case. */
	headers: Readonly<Record<string, string>>;
	/** The whole body; of a stream all its frames. */
	body: Uint8Array;
}

/** Which claim it is: whose idempotency key, and who is answering. */
export interface IdempotencyClaimId {
	/** Whose key it is (a tenant's id), so that no one is given another's answer. */
	scope: string;
	key: string;
	/** Unique to the request that answers: one whose claim lapsed cannot touch its successor's. */
	owner: string;
}

/** What is known of a request that names an idempotency key. */
export type IdempotencyClaim =
	/** Nobody has asked, or who did was heard of no more: the caller answers, then saves or abandons. */
	| { state: 'claimed' }
	/** Somebody is answering; `until`: when the claim lapses if nothing is heard of them (epoch ms). */
	| { state: 'running'; until: number }
	| { state: 'answered'; answer: StoredAnswer }
	/** The same key came with another request. */
	| { state: 'mismatch' };

/** Remembers answers by idempotency key; every method is atomic across processes. Times in epoch milliseconds. */
export interface IdempotencyStore {
	/**
	 * One winner among all who ask at once. `requestHash`: of everything that decides the answer.
	 * A claim whose lease or answer whose lifetime is over (`≤ now`) counts as not there.
	 */
	claim(
		request: IdempotencyClaimId & { requestHash: string; now: number; leaseUntil: number },
	): Promise<IdempotencyClaim>;
	/** Still answering. False when the claim is no longer the owner's. */
	renew(request: IdempotencyClaimId & { leaseUntil: number }): Promise<boolean>;
	/**
	 * Stores the answer until `expiresAt`. False, and nothing is stored, when the claim is no longer the owner's.
	 * @throws InvalidInputError for a body over `MAX_STORED_ANSWER_BYTES`
	 */
	save(request: IdempotencyClaimId & { answer: StoredAnswer; expiresAt: number }): Promise<boolean>;
	/** The request failed in a way that may be tried again: the owner's claim is given up. */
	abandon(request: IdempotencyClaimId): Promise<void>;
	/** Removes what has expired; answers how many. */
	expire(now: number): Promise<number>;
}
