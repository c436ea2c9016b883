import { RouterError } from './router-error.ts';

/** Why the gateway did not take a request on. */
export type RefusalCode =
	| 'ROUTER_UNAUTHORIZED'
	| 'ROUTER_FORBIDDEN'
	| 'ROUTER_NOT_FOUND'
	| 'ROUTER_REQUEST_TOO_LARGE'
	| 'ROUTER_IDEMPOTENCY_CONFLICT'
	| 'ROUTER_RATE_LIMITED'
	| 'ROUTER_OVERLOADED';

/** The gateway refuses a request before any model is asked. */
export class RequestRefusedError extends RouterError {
	override name = 'RequestRefusedError';
	/** Milliseconds after which the same request may be taken; `null` when waiting does not help. */
	readonly retryAfterMs: number | null;

	constructor(code: RefusalCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
		const { retryAfterMs, ...rest } = options;
		super(code, message, { ...rest, isRetryable: retryAfterMs !== undefined });
		this.retryAfterMs = retryAfterMs ?? null;
	}
}
