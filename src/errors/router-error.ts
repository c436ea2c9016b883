import type { ErrorCode } from './error-codes.ts';

/** The base of every error this package throws. */
export class RouterError extends Error {
	override name = 'RouterError';
	readonly code: ErrorCode;
	/** The same request may succeed later without a change. */
	readonly isRetryable: boolean;

	constructor(code: ErrorCode, message: string, options: { cause?: unknown; isRetryable?: boolean } = {}) {
		super(message, 'cause' in options ? { cause: options.cause } : undefined);
		this.code = code;
		this.isRetryable = options.isRetryable ?? false;
	}

	/** Brand that survives several installed copies of the package. */
	get isRouterError(): true {
		return true;
	}
}

/** True for every error of this package, whichever copy of it made the error. */
export function isRouterError(value: unknown): value is RouterError {
	return value instanceof Error && 'isRouterError' in value && value.isRouterError === true;
}
