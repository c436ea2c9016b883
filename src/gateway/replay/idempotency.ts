import {
	type Cancellation,
	type Clock,
	type IdempotencyClaimId,
	type IdempotencyStore,
	type Logger,
	MAX_STORED_ANSWER_BYTES,
	type StoredAnswer,
} from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { createUuidSource, toAbortSignal } from '../../util/index.ts';
import { AnswerRecorder } from './answer-recorder.ts';

/** The header of a replayed answer (`repeated`), or of the record that one was too long to be stored (`not-kept`). */
export const IDEMPOTENCY_HEADER = 'x-switchyard-idempotency';
/** Milliseconds a claim holds unless its owner renews it. */
const LEASE_MS = 30_000;
/** Renewals within a lease: one or two may fail without harm. */
const RENEWALS_PER_LEASE = 3;
/** Milliseconds between two polls of another process's claim: short at first, then longer. */
const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1000;

/** What idempotency needs. */
export interface IdempotencyOptions {
	store: () => IdempotencyStore | Promise<IdempotencyStore>;
	clock: Clock;
	logger: Logger;
	/** Bytes of an answer that is stored, at most. @default MAX_STORED_ANSWER_BYTES */
	maxAnswerBytes?: number | undefined;
}

/** A request that names an idempotency key. */
export interface IdempotentRequest {
	/** Whose key it is: answers are never shared between owners. */
	owner: string;
	/** The `Idempotency-Key` header. */
	key: string;
	/** Of everything that decides its answer. */
	requestHash: string;
	/** The hash under which versions up to 0.1.0 kept it: an answer of theirs is repeated over an upgrade, too. */
	formerHash?: string | undefined;
	/** Milliseconds the answer is stored. */
	ttlMs: number;
	/** Milliseconds it waits for the same request in flight. */
	timeoutMs: number;
	signal: Cancellation;
}

/** How a request was answered: by `run`, or with the stored answer, which is still to be sent. */
export type IdempotentResult = { kind: 'produced' } | { kind: 'repeated'; answer: StoredAnswer };

/** Answers the caller while the recorder listens. True: the answer is whole. False, or a rejection: the key may be tried again. */
type RunRecorded = (recorder: AnswerRecorder) => Promise<boolean>;

interface Claim {
	request: IdempotentRequest;
	id: IdempotencyClaimId;
	store: IdempotencyStore;
}

/** An answer in flight in this process. */
interface InFlightAnswer {
	requestHash: string;
	/** Resolves when it is over, with the answer to replay; `null`: those that wait must claim the key themselves. */
	over: Promise<StoredAnswer | null>;
}

/** Executes a request that is sent twice once, in this process and in all that share the storage. */
export class Idempotency {
	readonly #options: IdempotencyOptions;
	readonly #maxBytes: number;
	readonly #ids: { next(): string };
	/** By owner and key; at most as many as requests are served at once. */
	readonly #running = new Map<string, InFlightAnswer>();

	constructor(options: IdempotencyOptions) {
		this.#options = options;
		this.#maxBytes = options.maxAnswerBytes ?? MAX_STORED_ANSWER_BYTES;
		this.#ids = createUuidSource(() => options.clock.now());
	}

	/**
	 * Answers the request: with `run` when it is the first, else with the first answer, waiting for it when it is in flight.
	 * @throws InvalidInputError for a key that cannot be
	 * @throws RequestRefusedError `ROUTER_IDEMPOTENCY_CONFLICT` when the key came with another request, or the first answer was
	 * too long to be stored; `ROUTER_OVERLOADED` when the first is still in flight after `timeoutMs`
	 * @throws StorageError when the storage cannot tell whether it was answered before
	 * @throws what `run` throws, and the signal's reason
	 */
	async runOnce(request: IdempotentRequest, run: RunRecorded): Promise<IdempotentResult> {
		checkKey(request.key);
		const { clock } = this.#options;
		const store = await this.#options.store();
		const name = JSON.stringify([request.owner, request.key]);
		const deadline = clock.monotonic() + request.timeoutMs;
		let pollMs = FIRST_POLL_MS;
		for (;;) {
			const running = this.#running.get(name);
			if (running !== undefined) {
				const answer = await this.#join(request, running, deadline);
				if (answer !== null) return this.#repeated(answer);
			}
			const id = { scope: request.owner, key: request.key, owner: this.#ids.next() };
			const now = clock.now();
			const times = { now, leaseUntil: now + LEASE_MS };
			let claim = await store.claim({ ...id, ...times, requestHash: request.requestHash });
			if (claim.state === 'mismatch' && request.formerHash !== undefined)
				claim = await store.claim({ ...id, ...times, requestHash: request.formerHash });
			if (claim.state === 'mismatch') throw createMismatchError();
			if (claim.state === 'answered') return this.#repeated(claim.answer);
			if (claim.state === 'claimed') {
				await this.#run({ request, id, name, store }, run);
				return { kind: 'produced' };
			}
			await this.#sleep(Math.min(pollMs, deadline - clock.monotonic()), request.signal);
			pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2);
		}
	}

	async #join(request: IdempotentRequest, running: InFlightAnswer, deadline: number): Promise<StoredAnswer | null> {
		if (running.requestHash !== request.requestHash) throw createMismatchError();
		const timer = new AbortController();
		const timeout = this.#sleep(deadline - this.#options.clock.monotonic(), timer.signal).then(() => {
			throw createInFlightError();
		});
		try {
			return await raceAbort(Promise.race([running.over, timeout]), request.signal);
		} finally {
			timer.abort();
			// The one that lost the race may still reject.
			timeout.catch(() => {});
		}
	}

	async #sleep(ms: number, signal: Cancellation): Promise<void> {
		if (ms <= 0) throw createInFlightError();
		await this.#options.clock.sleep(ms, toAbortSignal(signal));
	}

	async #run(claim: Claim & { name: string }, run: RunRecorded): Promise<void> {
		const { request, id, name, store } = claim;
		const { promise: over, resolve: resolveOver } = Promise.withResolvers<StoredAnswer | null>();
		this.#running.set(name, { requestHash: request.requestHash, over });
		const stopRenewing = startRenewal(store, id, this.#options);
		const recorder = new AnswerRecorder(this.#maxBytes);
		let answer: StoredAnswer | null = null;
		try {
			if (await run(recorder)) answer = toStoredAnswer(recorder);
		} finally {
			stopRenewing();
			await this.#settleClaim(claim, answer);
			this.#running.delete(name);
			resolveOver(answer);
		}
	}

	/** Stores the answer, or frees the key. The caller has its answer already, so that a failure is only logged. */
	async #settleClaim({ request, id, store }: Claim, answer: StoredAnswer | null): Promise<void> {
		const { clock, logger } = this.#options;
		try {
			if (answer === null) await store.abandon(id);
			else if (!(await store.save({ ...id, answer, expiresAt: clock.now() + request.ttlMs })))
				logger.warn('An answer was not kept for its idempotency key: its claim had lapsed', { owner: id.scope });
		} catch (error) {
			logger.error('An answer could not be kept for its idempotency key: a repeat may be executed again', {
				owner: id.scope,
				error: String(error),
			});
		}
	}

	#repeated(answer: StoredAnswer): IdempotentResult {
		if (answer.headers[IDEMPOTENCY_HEADER] === NOT_KEPT)
			throw new RequestRefusedError(
				'ROUTER_IDEMPOTENCY_CONFLICT',
				`The request with this Idempotency-Key was answered, but the answer was longer than ${this.#maxBytes} bytes and was not kept. It is not executed again; to ask anew, use a new key.`,
			);
		const headers = { ...answer.headers, [IDEMPOTENCY_HEADER]: 'repeated' };
		return { kind: 'repeated', answer: { ...answer, headers } };
	}
}

const NOT_KEPT = 'not-kept';
/** 1 to 255 printable characters of ASCII. */
const KEY_SHAPE = /^[\x20-\x7e]{1,255}$/;

function checkKey(key: string): void {
	if (KEY_SHAPE.test(key)) return;
	throw new InvalidInputError(
		`The Idempotency-Key has ${key.length} characters; it needs 1 to 255 printable ASCII characters, such as a UUID.`,
	);
}

/** What is stored of a whole answer: itself, or that it was too long. */
function toStoredAnswer(recorder: AnswerRecorder): StoredAnswer | null {
	if (!recorder.isTooLong) return recorder.toStoredAnswer();
	return { status: 200, headers: { [IDEMPOTENCY_HEADER]: NOT_KEPT }, body: new Uint8Array() };
}

function createMismatchError(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_IDEMPOTENCY_CONFLICT',
		'This Idempotency-Key came before with another request (its address, body or deciding headers differ). Nothing was called; use a new key for a new request.',
	);
}

function createInFlightError(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The first request with this Idempotency-Key is still being answered. Ask again with the same key.',
		{ retryAfterMs: LONGEST_POLL_MS },
	);
}

/** Keeps a claim from lapsing until the returned function is called. */
function startRenewal(store: IdempotencyStore, id: IdempotencyClaimId, options: IdempotencyOptions): () => void {
	const { clock, logger } = options;
	const stop = new AbortController();
	const renew = async (): Promise<void> => {
		for (;;) {
			await clock.sleep(LEASE_MS / RENEWALS_PER_LEASE, stop.signal);
			try {
				if (!(await store.renew({ ...id, leaseUntil: clock.now() + LEASE_MS }))) return;
			} catch (error) {
				logger.warn('A claim of an idempotency key could not be renewed; it is tried again', { error: String(error) });
			}
		}
	};
	renew().catch((error: unknown) => {
		if (!stop.signal.aborted) logger.error('A claim is renewed no more', { error: String(error) });
	});
	return () => stop.abort();
}

/** What the promise resolves to, or the signal's reason as soon as it is aborted. The promise itself goes on. */
async function raceAbort<Value>(promise: Promise<Value>, signal: Cancellation): Promise<Value> {
	const { promise: aborted, reject } = Promise.withResolvers<never>();
	const abort = () => reject(signal.reason);
	if (signal.aborted) abort();
	else signal.addEventListener('abort', abort, { once: true });
	try {
		return await Promise.race([promise, aborted]);
	} finally {
		signal.removeEventListener('abort', abort);
	}
}
