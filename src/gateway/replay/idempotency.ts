import {
	type Clock,
	type IdempotencyClaimId,
	type IdempotencyStore,
	type Logger,
	MAX_STORED_ANSWER_BYTES,
	type StoredAnswer,
} from '../../contracts/index.ts';
import { InvalidInputError, RequestRefusedError } from '../../errors/index.ts';
import { createUuidSource } from '../../util/index.ts';
import { AnswerRecorder } from './answer-recorder.ts';

/** Says of an answer that it is the first one given again (`repeated`), or that it is too long to be (`not-kept`). */
export const IDEMPOTENCY_HEADER = 'x-switchyard-idempotency';
/** Milliseconds a claim holds when nothing is heard of its owner. */
const LEASE_MS = 30_000;
/** Milliseconds between two looks at what another process does: short at first, then longer. */
const FIRST_POLL_MS = 50;
const LONGEST_POLL_MS = 1000;

/** What idempotency needs. */
export interface IdempotencyOptions {
	store: () => IdempotencyStore | Promise<IdempotencyStore>;
	clock: Clock;
	logger: Logger;
	/** Bytes of an answer kept at most. @default MAX_STORED_ANSWER_BYTES */
	maxAnswerBytes?: number;
}

/** A request that names an idempotency key. */
export interface IdempotentRequest {
	/** Whose key it is: nobody is given another's answer. */
	owner: string;
	/** The `Idempotency-Key` header. */
	key: string;
	/** `hashRequest` of it. */
	requestHash: string;
	/** Milliseconds the answer is kept. */
	ttlMs: number;
	/** Milliseconds it waits for the answer of the same request. */
	timeoutMs: number;
	signal: AbortSignal;
}

/** How a request was answered: by `produce`, or with the answer that was given before. */
export type IdempotentResult = { kind: 'produced' } | { kind: 'repeated'; answer: StoredAnswer };

/**
 * Answers its caller, while the recorder hears what is sent. True: the answer is whole, and given again to who asks
 * again. False, or a rejection: it failed in a way that may be tried again.
 */
export type RunRequest = (recorder: AnswerRecorder) => Promise<boolean>;

/** An answer under way in this process. */
interface InFlightAnswer {
	requestHash: string;
	/** Resolves when it is over, with what can be given to others; `null`: they must look themselves. */
	over: Promise<StoredAnswer | null>;
}

/** A request that is sent twice is executed once, in this process and in all that share the storage. */
export class Idempotency {
	readonly #options: IdempotencyOptions;
	readonly #maxBytes: number;
	readonly #ids: { next(): string };
	/** As many as requests are served at once. */
	readonly #running = new Map<string, InFlightAnswer>();

	constructor(options: IdempotencyOptions) {
		this.#options = options;
		this.#maxBytes = options.maxAnswerBytes ?? MAX_STORED_ANSWER_BYTES;
		this.#ids = createUuidSource(() => options.clock.now());
	}

	/**
	 * Answers the request: with `produce` when it is the first, else with the first answer, waiting for it when it is under way.
	 * @throws InvalidInputError for a key that cannot be
	 * @throws RequestRefusedError `ROUTER_IDEMPOTENCY_CONFLICT` when the key came with another request, or the first answer was
	 * too long to be kept; `ROUTER_OVERLOADED` when the first is still under way after `timeoutMs`
	 * @throws StorageError when nobody can say whether it was answered before
	 * @throws what `produce` throws, and the signal's reason
	 */
	async runOnce(request: IdempotentRequest, produce: RunRequest): Promise<IdempotentResult> {
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
			const claim = await store.claim({ ...id, requestHash: request.requestHash, now, leaseUntil: now + LEASE_MS });
			if (claim.state === 'mismatch') throw mismatch();
			if (claim.state === 'answered') return this.#repeated(claim.answer);
			if (claim.state === 'claimed') {
				await this.#produce({ request, id, name, store }, produce);
				return { kind: 'produced' };
			}
			await this.#sleep(Math.min(pollMs, deadline - clock.monotonic()), request.signal);
			pollMs = Math.min(LONGEST_POLL_MS, pollMs * 2);
		}
	}

	async #join(request: IdempotentRequest, running: InFlightAnswer, deadline: number): Promise<StoredAnswer | null> {
		if (running.requestHash !== request.requestHash) throw mismatch();
		const timer = new AbortController();
		const timeout = this.#sleep(deadline - this.#options.clock.monotonic(), timer.signal).then(() => {
			throw stillRunning();
		});
		try {
			return await raceAbort(Promise.race([running.over, timeout]), request.signal);
		} finally {
			timer.abort();
			// the race is over: its loser's rejection concerns nobody
			timeout.catch(() => {});
		}
	}

	async #sleep(ms: number, signal: AbortSignal): Promise<void> {
		if (ms <= 0) throw stillRunning();
		await this.#options.clock.sleep(ms, signal);
	}

	async #produce(
		claim: { request: IdempotentRequest; id: IdempotencyClaimId; name: string; store: IdempotencyStore },
		produce: RunRequest,
	): Promise<void> {
		const { request, id, name, store } = claim;
		const { promise: over, resolve: tellOver } = Promise.withResolvers<StoredAnswer | null>();
		this.#running.set(name, { requestHash: request.requestHash, over });
		const stopRenewing = startRenewal({ ...this.#options, store, id, leaseMs: LEASE_MS });
		const recorder = new AnswerRecorder(this.#maxBytes);
		let answer: StoredAnswer | null = null;
		try {
			const isWhole = await produce(recorder);
			answer = isWhole ? answerToKeep(recorder) : null;
		} finally {
			stopRenewing();
			await this.#conclude(claim, answer);
			this.#running.delete(name);
			tellOver(answer);
		}
	}

	/** Keeps the answer, or gives the key back. The caller has its answer already: what fails here is told to the log. */
	async #conclude(
		{ request, id, store }: { request: IdempotentRequest; id: IdempotencyClaimId; store: IdempotencyStore },
		answer: StoredAnswer | null,
	): Promise<void> {
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
		return {
			kind: 'repeated',
			answer: { ...answer, headers: { ...answer.headers, [IDEMPOTENCY_HEADER]: 'repeated' } },
		};
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

/** What is kept of a whole answer: itself, or that it was given and is too long. */
function answerToKeep(recorder: AnswerRecorder): StoredAnswer | null {
	if (!recorder.isTooLong) return recorder.toStoredAnswer();
	return { status: 200, headers: { [IDEMPOTENCY_HEADER]: NOT_KEPT }, body: new Uint8Array() };
}

function mismatch(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_IDEMPOTENCY_CONFLICT',
		'This Idempotency-Key came before with another request (its address, body or deciding headers differ). Nothing was called; use a new key for a new request.',
	);
}

function stillRunning(): RequestRefusedError {
	return new RequestRefusedError(
		'ROUTER_OVERLOADED',
		'The first request with this Idempotency-Key is still being answered. Ask again with the same key.',
		{ retryAfterMs: LONGEST_POLL_MS },
	);
}

/** Renewals within a lease: one or two may fail without harm. */
const RENEWALS_A_LEASE = 3;

/** A claim that is to be kept. */
export interface RenewalOptions {
	clock: Clock;
	logger: Logger;
	store: IdempotencyStore;
	id: IdempotencyClaimId;
	leaseMs: number;
}

async function renew({ clock, logger, store, id, leaseMs }: RenewalOptions, signal: AbortSignal): Promise<void> {
	for (;;) {
		await clock.sleep(leaseMs / RENEWALS_A_LEASE, signal);
		try {
			if (!(await store.renew({ ...id, leaseUntil: clock.now() + leaseMs }))) return;
		} catch (error) {
			logger.warn('A claim of an idempotency key could not be renewed; it is tried again', { error: String(error) });
		}
	}
}

/** Keeps a claim from lapsing until the returned function is called. */
function startRenewal(claim: RenewalOptions): () => void {
	const stop = new AbortController();
	renew(claim, stop.signal).catch((error: unknown) => {
		if (!stop.signal.aborted) claim.logger.error('A claim is renewed no more', { error: String(error) });
	});
	return () => stop.abort();
}

/** What the promise answers, or the signal's reason as soon as it is aborted. The promise itself goes on. */
async function raceAbort<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
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
