import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayConfig } from '../../config/index.ts';
import type { Cancellation, StoredAnswer } from '../../contracts/index.ts';
import type { JsonText } from '../../protocol/index.ts';
import type { AnswerListener } from '../generation/send-answer.ts';
import type { Caller } from '../keys/key-ring.ts';
import { type RoutingHints, useInSlices } from '../request/index.ts';
import { Idempotency, type IdempotencyOptions } from './idempotency.ts';
import { ResponseCache } from './response-cache.ts';

/** What replaying answers needs. */
interface AnswerReplayOptions extends Pick<IdempotencyOptions, 'store' | 'clock' | 'logger'> {
	cache: GatewayConfig['cache'];
	/** A keyed hash of a request's hash, which is what is kept: the request cannot be guessed from it. */
	seal: (hash: string) => string;
}

/** A request whose answer may exist already. */
interface ReplayableRequest {
	request: IncomingMessage;
	response: ServerResponse;
	/** The body as it came. */
	raw: JsonText;
	caller: Caller;
	hints: RoutingHints;
	/** The configuration in force when it came. */
	config: GatewayConfig;
	/** Aborts when the caller leaves. */
	signal: Cancellation;
}

/** Answers a request, with a copy of what is sent to the listener. True: the answer is whole, and may be replayed. */
type RunRequest = (listener: AnswerListener | null) => Promise<boolean>;

/** Replays answers: from the response cache, and to requests that are repeated with their `Idempotency-Key`. */
export class AnswerReplay {
	readonly #cache: ResponseCache;
	#isCacheEnabled: boolean;
	readonly #idempotency: Idempotency;
	readonly #seal: AnswerReplayOptions['seal'];

	constructor(options: AnswerReplayOptions) {
		this.#cache = new ResponseCache({ config: options.cache, clock: options.clock });
		this.#isCacheEnabled = options.cache.enabled;
		this.#idempotency = new Idempotency(options);
		this.#seal = options.seal;
	}

	/** Takes another cache configuration; what was cached under the one before is dropped. */
	configure(cache: GatewayConfig['cache']): void {
		this.#cache.configure(cache);
		this.#isCacheEnabled = cache.enabled;
	}

	/** Sends the stored answer of the same request, or lets `run` answer it. @throws what `Idempotency.runOnce` throws */
	replayOrRun(replayable: ReplayableRequest, run: RunRequest): Promise<unknown> {
		const isCached = this.#isCacheEnabled && replayable.hints.noCache !== true;
		const mayRepeat = isCached || replayable.request.headers['idempotency-key'] !== undefined;
		return mayRepeat ? this.#replayOrRun(replayable, isCached, run) : run(null);
	}

	async #replayOrRun(replayable: ReplayableRequest, isCached: boolean, run: RunRequest): Promise<void> {
		const { caller, config, raw, request, response, signal } = replayable;
		const { headers, method = 'POST', url = '' } = request;
		const key = headers['idempotency-key'];
		const formerHash = await hashRequest({ owner: caller.owner, method, url, headers, body: raw });
		const requestHash = this.#seal(formerHash);
		const cached = isCached ? this.#cache.get(requestHash) : null;
		if (cached !== null) return sendStoredAnswer(response, cached);
		const runCached: RunRequest = isCached ? (listener) => this.#runCached(requestHash, listener, run) : run;
		if (typeof key !== 'string') {
			await runCached(null);
			return;
		}
		const ttlMs = config.idempotencyTtl * 1000;
		const timeoutMs = config.limits.requestTimeoutMs;
		const once = { owner: caller.owner, key, requestHash, formerHash, ttlMs, timeoutMs, signal };
		const result = await this.#idempotency.runOnce(once, runCached);
		if (result.kind === 'repeated') sendStoredAnswer(response, result.answer);
	}

	/** Caches the answer when it is whole. */
	async #runCached(requestHash: string, listener: AnswerListener | null, run: RunRequest): Promise<boolean> {
		const recorder = this.#cache.createRecorder(listener);
		const isWhole = await run(recorder);
		if (isWhole) this.#cache.set(requestHash, recorder);
		return isWhole;
	}
}

function sendStoredAnswer(response: ServerResponse, { body, headers, status }: StoredAnswer): void {
	if (response.destroyed || response.headersSent) return;
	response.writeHead(status, { ...headers, 'content-length': body.length });
	response.end(body);
}

/** Prefixes of the headers that decide how a request is answered: versions and betas of providers, hints to the router. */
const HASHED_HEADERS = ['anthropic-', 'openai-', 'x-switchyard-'] as const;

/** Everything that decides a request's answer. */
export interface HashedRequest {
	/** The key's id, so that the same request of another caller has another hash. */
	owner: string;
	method: string;
	/** Path and query. */
	url: string;
	headers: IncomingHttpHeaders;
	/** As it came. */
	body: JsonText;
}

/** SHA-256 of everything that decides the answer to a request, hex; of a long body in slices. */
export async function hashRequest({ owner, method, url, headers, body }: HashedRequest): Promise<string> {
	const names = Object.keys(headers).filter((name) => HASHED_HEADERS.some((prefix) => name.startsWith(prefix)));
	const hashed = names.sort().flatMap((name) => [name, String(headers[name])]);
	// As JSON, so that no two different requests are written alike.
	const head = JSON.stringify([owner, method, withoutKeyParameter(url), hashed]);
	const sha256 = createHash('sha256').update(head).update('\n');
	await useInSlices(body.bytes, (slice) => sha256.update(slice));
	return sha256.digest('hex');
}

/** Gemini's clients put the caller's key into the query. */
function withoutKeyParameter(url: string): string {
	const start = url.indexOf('?');
	if (start === -1) return url;
	const query = new URLSearchParams(url.slice(start));
	query.delete('key');
	return `${url.slice(0, start)}?${query}`;
}
