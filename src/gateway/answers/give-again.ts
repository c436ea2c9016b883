import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, StoredAnswer } from '../../contracts/index.ts';
import type { Caller } from '../caller.ts';
import type { Wishes } from '../read-wishes.ts';
import type { Runtime } from '../runtime.ts';
import type { AnswerListener } from '../stream-sink.ts';
import { hashRequest } from './hash-request.ts';
import type { Idempotency } from './idempotency.ts';
import type { ResponseCache } from './response-cache.ts';

/** What gives answers again. */
export interface AgainPorts {
	runtime: Runtime;
	clock: Clock;
	cache: ResponseCache;
	idempotency: Idempotency;
}

/** The request whose answer may have been given before. */
export interface AgainRequest {
	http: { request: IncomingMessage; response: ServerResponse };
	/** The body as it came. */
	raw: string;
	wishes: Wishes;
	caller: Caller;
	signal: AbortSignal;
}

function sendStored(response: ServerResponse, { body, headers, status }: StoredAnswer): void {
	if (response.destroyed || response.headersSent) return;
	response.writeHead(status, { ...headers, 'content-length': body.length });
	response.end(body);
}

function both(one: AnswerListener, other: AnswerListener | null): AnswerListener {
	if (other === null) return one;
	return {
		head: (head) => {
			one.head(head);
			other.head(head);
		},
		data: (chunk) => {
			one.data(chunk);
			other.data(chunk);
		},
	};
}

/**
 * Sends the answer that the same request was given before, from the cache or for its `Idempotency-Key`, or lets `answer`
 * give it; `answer` says whether it was whole.
 */
export async function giveAgain(
	request: AgainRequest,
	ports: AgainPorts,
	answer: (listener: AnswerListener | null) => Promise<boolean>,
): Promise<void> {
	const key = request.http.request.headers['idempotency-key'];
	const isCached = ports.cache.isEnabled && request.wishes.noCache !== true;
	if (key === undefined && !isCached) {
		await answer(null);
		return;
	}
	const { method = 'POST', url = '', headers } = request.http.request;
	const requestHash = hashRequest({ owner: request.caller.owner, method, url, headers, body: request.raw });
	if (isCached) {
		const kept = ports.cache.get(requestHash, ports.clock.monotonic());
		if (kept !== null) return sendStored(request.http.response, kept);
	}
	const answerAndKeep = isCached ? keeping(requestHash, ports, answer) : answer;
	if (typeof key !== 'string') {
		await answerAndKeep(null);
		return;
	}
	const { idempotencyTtl, limits } = ports.runtime.config;
	const { caller, signal } = request;
	const once = { owner: caller.owner, key, requestHash, ttlMs: idempotencyTtl * 1000, signal };
	const given = await ports.idempotency.answerOnce({ ...once, timeoutMs: limits.requestTimeoutMs }, answerAndKeep);
	if (given.kind === 'repeated') sendStored(request.http.response, given.answer);
}

/** The answer, kept in the cache when it is whole. */
function keeping(
	requestHash: string,
	{ cache, clock }: AgainPorts,
	answer: (listener: AnswerListener | null) => Promise<boolean>,
): (listener: AnswerListener | null) => Promise<boolean> {
	return async (listener) => {
		const recorder = cache.createRecorder();
		const isWhole = await answer(both(recorder, listener));
		if (isWhole) cache.keep(requestHash, recorder, clock.monotonic());
		return isWhole;
	};
}
