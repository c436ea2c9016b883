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
import { createDecisionHeaders } from './generation/send-answer.ts';
import { sendJson } from './request/index.ts';

/** The HTTP status of each error code. A provider's own status replaces it where the caller can act on it. */
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

/** Statuses about the gateway's credential or account at the provider: they are not the caller's to fix. */
const UPSTREAM_ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403]);

/** An error as a caller sees it, with the seconds after which a retry may help. */
interface ClientError extends WireError {
	retryAfterSeconds: number | null;
}

function getProviderStatus({ status }: ProviderCallError): number {
	if (status === null || UPSTREAM_ACCOUNT_STATUSES.has(status)) return 502;
	return status >= 400 && status <= 599 ? status : 502;
}

function getStatus(error: unknown): number {
	if (error instanceof ProviderCallError) return getProviderStatus(error);
	if (error instanceof AllModelsFailedError && isRouterError(error.lastError)) return getStatus(error.lastError);
	return isRouterError(error) ? STATUS_BY_CODE[error.code] : 500;
}

function getRetryAfterMs(error: unknown, now: number): number | null {
	if (error instanceof RequestRefusedError) return error.retryAfterMs;
	if (error instanceof ProviderCallError) return error.details.retryAfterMs;
	if (error instanceof AllModelsFailedError) return getRetryAfterMs(error.lastError, now);
	if (error instanceof BudgetExceededError && error.resetsAt !== null) return error.resetsAt.getTime() - now;
	return null;
}

/**
 * What a caller sees of a failure. Errors of this package (providers' among them) are written for callers, and secrets in
 * them are redacted; any other error may hold internals, so its text goes to the log only.
 */
export function toClientError(error: unknown, now: number): ClientError {
	const status = getStatus(error);
	const waitMs = getRetryAfterMs(error, now);
	const retryAfterSeconds = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
	if (!isRouterError(error)) {
		const message = 'The gateway failed on this request. Its log has the reason.';
		return { status: 500, message, code: null, retryAfterSeconds };
	}
	const code = error instanceof ProviderCallError ? (error.details.errorType ?? error.code) : error.code;
	return { status, message: redactSecrets(error.message), code, retryAfterSeconds };
}

/** The format of an error before the request's route is known. */
export function detectErrorFormat({ headers, url = '' }: IncomingMessage): WireFormatName {
	if (url.startsWith('/v1/messages') || headers['anthropic-version'] !== undefined) return 'anthropic-messages';
	if (url.startsWith('/v1beta/') || /:(?:stream)?[gG]enerateContent|:countTokens/.test(url.slice(0, 300)))
		return 'gemini';
	return url.startsWith('/v1/responses') ? 'openai-responses' : 'openai-chat';
}

/** The 404 of a request without a route. */
export function createRouteNotFoundError({ method = 'GET' }: IncomingMessage, path: string): RequestRefusedError {
	const message = `There is no route ${method} ${path.slice(0, 100)}. OpenAI clients use the base URL http://…/v1, Anthropic and Gemini clients the address without a path.`;
	return new RequestRefusedError('ROUTER_NOT_FOUND', message);
}

/** Answers with an error in the caller's format. */
export function sendError(
	response: ServerResponse,
	format: Pick<CallerFormat, 'encodeError'>,
	{ decision = null, error, now }: { error: unknown; now: number; decision?: RoutingDecision | null },
): void {
	const { retryAfterSeconds, ...wire } = toClientError(error, now);
	sendJson(response, wire.status, format.encodeError(wire), {
		...createDecisionHeaders(decision),
		...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
		...(wire.status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
		// The rest of an unread body would be taken for the next request.
		...(response.req.complete ? {} : { connection: 'close' }),
	});
}
