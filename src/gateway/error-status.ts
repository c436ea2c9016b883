import type { ErrorCode } from '../errors/index.ts';
import {
	AllModelsFailedError,
	BudgetExceededError,
	isRouterError,
	ProviderCallError,
	RequestRefusedError,
} from '../errors/index.ts';
import type { WireError } from '../protocol/index.ts';
import { maskSecrets } from '../util/index.ts';

/** The HTTP status of each code; a provider's own status takes its place where the caller can do something with it. */
export const STATUS_OF_CODE: Readonly<Record<ErrorCode, number>> = {
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
export interface ToldError extends WireError {
	retryAfterSeconds: number | null;
}

function providerStatus({ status }: ProviderCallError): number {
	if (status === null || OWN_TROUBLE.has(status)) return 502;
	return status >= 400 && status <= 599 ? status : 502;
}

function statusOf(error: unknown): number {
	if (error instanceof ProviderCallError) return providerStatus(error);
	if (error instanceof AllModelsFailedError && isRouterError(error.lastError)) return statusOf(error.lastError);
	return isRouterError(error) ? STATUS_OF_CODE[error.code] : 500;
}

function waitMsOf(error: unknown, now: number): number | null {
	if (error instanceof RequestRefusedError) return error.retryAfterMs;
	if (error instanceof ProviderCallError) return error.details.retryAfterMs;
	if (error instanceof AllModelsFailedError) return waitMsOf(error.lastError, now);
	if (error instanceof BudgetExceededError && error.resetsAt !== null) return error.resetsAt.getTime() - now;
	return null;
}

/** What a caller is told of a failure: everything of this package and of providers is fit to be told, all else is not. */
export function tellError(error: unknown, now: number): ToldError {
	const status = statusOf(error);
	const waitMs = waitMsOf(error, now);
	const retryAfterSeconds = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
	if (!isRouterError(error)) {
		const message = 'The gateway failed on this request. Its log has the reason.';
		return { status: 500, message, code: null, retryAfterSeconds };
	}
	const code = error instanceof ProviderCallError ? (error.details.errorType ?? error.code) : error.code;
	return { status, message: maskSecrets(error.message), code, retryAfterSeconds };
}
