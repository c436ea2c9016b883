import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { RoutingDecision } from '../../contracts/index.ts';
import type { CallerFormat } from '../../protocol/index.ts';
import { createDecisionHeaders, createRequestIdHeader } from '../generation/send-answer.ts';
import { sendJson } from '../request/index.ts';
import { type ClientError, type ErrorAudience, toClientError } from './client-error.ts';

/**
 * The AI SDK (cline stands on it) and Qwen Code: their retries look at the status alone, not at `x-should-retry` or the
 * error's code.
 */
const REPEATS_429 = /\bai-sdk[-/]|^QwenCode\//i;

/** Clients whose errors need a form of their own; they name themselves in every request. */
function readClient({
	originator,
	'user-agent': agent = '',
	...headers
}: IncomingHttpHeaders): ErrorAudience['client'] {
	const isCodex =
		/^codex/i.test(String(originator ?? '')) ||
		/^codex[_-]/i.test(agent) ||
		headers['x-codex-turn-metadata'] !== undefined;
	if (isCodex) return 'codex';
	if (/^opencode\//i.test(agent)) return 'opencode';
	return REPEATS_429.test(agent) ? 'repeats-429' : 'other';
}

/** What a caller sees of a failure of its request, with the id under which the request is known. */
export function describeFailure(
	{ req }: ServerResponse,
	{ name }: Pick<CallerFormat, 'name'>,
	{ decision = null, error, now }: Pick<SentError, 'decision' | 'error' | 'now'>,
): ClientError {
	const told = toClientError(error, { format: name, now, client: readClient(req.headers) });
	return { ...told, requestId: told.requestId ?? decision?.id ?? null };
}

/** An error that is sent. */
interface SentError {
	error: unknown;
	/** Epoch milliseconds. */
	now: number;
	/** @default null, none was made */
	decision?: RoutingDecision | null;
	/** Milliseconds that the request may take: a client is not told to wait for longer. @default no limit */
	deadlineMs?: number | undefined;
}

/** When a retry may help: as `retry-after`, or as a date where no client should wait that long in one request. */
function createWaitHeaders(
	{ retryAfterMs }: ClientError,
	{ deadlineMs = Number.POSITIVE_INFINITY, now }: SentError,
): Record<string, string> {
	if (retryAfterMs === null) return {};
	if (retryAfterMs < deadlineMs) return { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
	return { 'x-switchyard-resets-at': new Date(now + retryAfterMs).toISOString() };
}

/** Answers with an error in the caller's format. */
export function sendError(
	response: ServerResponse,
	format: Pick<CallerFormat, 'encodeError' | 'name'>,
	sent: SentError,
): void {
	const told = describeFailure(response, format, sent);
	sendJson(response, told.status, format.encodeError(told), {
		...createDecisionHeaders(sent.decision ?? null),
		...createRequestIdHeader(format.name, told.requestId ?? null),
		...createWaitHeaders(told, sent),
		...(told.routerCode === null ? {} : { 'x-switchyard-error': told.routerCode }),
		// Clients would repeat some of these by themselves, for minutes, in vain.
		...(told.isFinal ? { 'x-should-retry': 'false' } : {}),
		...(told.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
		// The rest of an unread body would be taken for the next request.
		...(response.req.complete ? {} : { connection: 'close' }),
	});
}
