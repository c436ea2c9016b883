import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Clock, StoredAnswer } from '../../contracts/index.ts';
import type { GatewayState } from '../gateway-state.ts';
import type { AnswerListener } from '../generation/stream-sink.ts';
import type { Caller } from '../keys/caller.ts';
import type { RoutingHints } from '../request/routing-hints.ts';
import type { Idempotency } from './idempotency.ts';
import type { ResponseCache } from './response-cache.ts';

/** What gives answers again. */
export interface ReplayPorts {
	runtime: GatewayState;
	clock: Clock;
	cache: ResponseCache;
	idempotency: Idempotency;
}

/** The request whose answer may have been given before. */
export interface ReplayRequest {
	http: { request: IncomingMessage; response: ServerResponse };
	/** The body as it came. */
	raw: string;
	wishes: RoutingHints;
	caller: Caller;
	signal: AbortSignal;
}

function sendStored(response: ServerResponse, { body, headers, status }: StoredAnswer): void {
	if (response.destroyed || response.headersSent) return;
	response.writeHead(status, { ...headers, 'content-length': body.length });
	response.end(body);
}

function teeListeners(one: AnswerListener, other: AnswerListener | null): AnswerListener {
	if (other === null) return one;
	return {
		onHead: (head) => {
			one.onHead(head);
			other.onHead(head);
		},
		onData: (chunk) => {
			one.onData(chunk);
			other.onData(chunk);
		},
	};
}

/**
 * Sends the answer that the same request was given before, from the cache or for its `Idempotency-Key`, or lets `answer`
 * give it; `answer` says whether it was whole.
 */
export async function replayOrRun(
	request: ReplayRequest,
	ports: ReplayPorts,
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
	const given = await ports.idempotency.runOnce({ ...once, timeoutMs: limits.requestTimeoutMs }, answerAndKeep);
	if (given.kind === 'repeated') sendStored(request.http.response, given.answer);
}

/** The answer, kept in the cache when it is whole. */
function keeping(
	requestHash: string,
	{ cache, clock }: ReplayPorts,
	answer: (listener: AnswerListener | null) => Promise<boolean>,
): (listener: AnswerListener | null) => Promise<boolean> {
	return async (listener) => {
		const recorder = cache.createRecorder();
		const isWhole = await answer(teeListeners(recorder, listener));
		if (isWhole) cache.set(requestHash, recorder, clock.monotonic());
		return isWhole;
	};
}

/** Headers that decide how a request is answered, by how their names begin: versions and betas of the providers, wishes to the gateway. */
const DECISIVE_HEADERS = ['anthropic-', 'openai-', 'x-switchyard-'] as const;

/** Everything that decides a request's answer. */
export interface HashedRequest {
	/** Whose request it is: the key's id. The same request of another has another hash. */
	owner: string;
	method: string;
	/** The address after the host, with what follows its question mark. */
	url: string;
	headers: IncomingHttpHeaders;
	/** As it came. */
	body: string | Uint8Array;
}

/** The address without the caller's key, which Gemini's clients put into it. */
function addressOf(url: string): string {
	const start = url.indexOf('?');
	if (start === -1) return url;
	const search = new URLSearchParams(url.slice(start));
	search.delete('key');
	return `${url.slice(0, start)}?${search}`;
}

function decisiveHeaders(headers: IncomingHttpHeaders): string[] {
	const names = Object.keys(headers).filter((name) => DECISIVE_HEADERS.some((start) => name.startsWith(start)));
	return names.sort().flatMap((name) => [name, String(headers[name])]);
}

/** SHA-256 of everything that decides the answer to a request, hex: the same request of the same owner, the same hash. */
export function hashRequest({ owner, method, url, headers, body }: HashedRequest): string {
	// as JSON each part keeps its borders, so no two requests are written alike
	const head = JSON.stringify([owner, method, addressOf(url), decisiveHeaders(headers)]);
	return createHash('sha256').update(head).update('\n').update(body).digest('hex');
}
