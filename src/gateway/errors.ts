import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RoutingDecision, WireFormatName } from '../contracts/index.ts';
import {
	AllModelsFailedError,
	BudgetExceededError,
	type ErrorCode,
	isRouterError,
	ProviderCallError,
	RequestRefusedError,
} from '../errors/index.ts';
import type { CallerFormat, WireError } from '../protocol/index.ts';
import { redactSecrets } from '../util/index.ts';
import { createDecisionHeaders } from './generation/answer-head.ts';

/** The HTTP status of each code; a provider's own status takes its place where the caller can do something with it. */
export const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
	ROUTER_INVALID_CONFIG: 500,
	ROUTER_INVALID_INPUT: 400,
	ROUTER_UNKNOWN_MODEL: 404,
	ROUTER_NO_ELIGIBLE_MODEL: 422,
	ROUTER_BUDGET_EXCEEDED: 402,
	ROUTER_PROVIDER_CALL: 502,
	ROUTER_ATTEMPT_TIMEOUT: 504,
	ROUTER_REQUEST_ABORTED: 504,
	ROUTER_ALL_MODELS_FAILED: 503,
	ROUTER_STREAM_INTERRUPTED: 502,
	ROUTER_UNAUTHORIZED: 401,
	ROUTER_FORBIDDEN: 403,
	ROUTER_NOT_FOUND: 404,
	ROUTER_REQUEST_TOO_LARGE: 413,
	ROUTER_IDEMPOTENCY_CONFLICT: 422,
	ROUTER_RATE_LIMITED: 429,
	ROUTER_OVERLOADED: 503,
	ROUTER_STORAGE: 503,
};

/** A provider's statuses that are the gateway's own trouble: its credential or its account there, not the caller's. */
const OWN_TROUBLE: ReadonlySet<number> = new Set([401, 402, 403]);

/** An error as a caller is told of it, with the seconds after which asking again may help. */
export interface ClientError extends WireError {
	retryAfterSeconds: number | null;
}

function providerStatus({ status }: ProviderCallError): number {
	if (status === null || OWN_TROUBLE.has(status)) return 502;
	return status >= 400 && status <= 599 ? status : 502;
}

function statusOf(error: unknown): number {
	if (error instanceof ProviderCallError) return providerStatus(error);
	if (error instanceof AllModelsFailedError && isRouterError(error.lastError)) return statusOf(error.lastError);
	return isRouterError(error) ? STATUS_BY_CODE[error.code] : 500;
}

function waitMsOf(error: unknown, now: number): number | null {
	if (error instanceof RequestRefusedError) return error.retryAfterMs;
	if (error instanceof ProviderCallError) return error.details.retryAfterMs;
	if (error instanceof AllModelsFailedError) return waitMsOf(error.lastError, now);
	if (error instanceof BudgetExceededError && error.resetsAt !== null) return error.resetsAt.getTime() - now;
	return null;
}

/** What a caller is told of a failure: everything of this package and of providers is fit to be told, all else is not. */
export function toClientError(error: unknown, now: number): ClientError {
	const status = statusOf(error);
	const waitMs = waitMsOf(error, now);
	const retryAfterSeconds = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
	if (!isRouterError(error)) {
		const message = 'The gateway failed on this request. Its log has the reason.';
		return { status: 500, message, code: null, retryAfterSeconds };
	}
	const code = error instanceof ProviderCallError ? (error.details.errorType ?? error.code) : error.code;
	return { status, message: redactSecrets(error.message), code, retryAfterSeconds };
}

/** In which format an error is told before more is known of the request. */
export function detectErrorFormat({ headers, url = '' }: IncomingMessage): WireFormatName {
	if (url.startsWith('/v1/messages') || headers['anthropic-version'] !== undefined) return 'anthropic-messages';
	if (url.startsWith('/v1beta/') || /:(?:stream)?[gG]enerateContent|:countTokens/.test(url.slice(0, 300)))
		return 'gemini';
	return url.startsWith('/v1/responses') ? 'openai-responses' : 'openai-chat';
}

/** What a request for something that is not here is told. */
export function createRouteNotFoundError({ method = 'GET' }: IncomingMessage, path: string): RequestRefusedError {
	const called = `${method} ${path.slice(0, 100)}`;
	return new RequestRefusedError(
		'ROUTER_NOT_FOUND',
		`There is no route ${called}. OpenAI clients use the base URL http://…/v1, Anthropic and Gemini clients the address without a path.`,
	);
}

/** Answers with an error in the caller's format and by its status conventions. */
export function sendError(
	response: ServerResponse,
	format: Pick<CallerFormat, 'encodeError'>,
	{ decision = null, error, now }: { error: unknown; now: number; decision?: RoutingDecision | null },
): void {
	if (response.destroyed || response.headersSent) return;
	const told = toClientError(error, now);
	const { retryAfterSeconds, ...wire } = told;
	const body = JSON.stringify(format.encodeError(wire));
	response.writeHead(told.status, {
		'content-type': 'application/json',
		'content-length': Buffer.byteLength(body),
		...createDecisionHeaders(decision),
		...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
		...(told.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
		// A body that was not read to its end cannot be followed by another request.
		...(response.req.complete ? {} : { connection: 'close' }),
	});
	response.end(body);
}
