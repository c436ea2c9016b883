import { ProviderCallError } from '../../errors/index.ts';

/** Who was called. */
export interface CalledModel {
	provider: string;
	/** The provider's model id. */
	model: string;
}

/** The network's or the client's code for what went wrong, e.g. `ECONNRESET`. */
function codeOf(error: unknown): string | null {
	const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
}

/** The failure of a call that got no response, or whose response broke off: key and address stay out of the message. */
export function connectionError(called: CalledModel, cause: unknown): ProviderCallError {
	const code = codeOf(cause);
	const details = { ...called, status: null, errorType: code, retryAfterMs: null, requestId: null };
	return new ProviderCallError(
		`${called.provider} could not be reached${code === null ? '' : ` (${code})`}. Check the network and the base URL.`,
		details,
		{ cause },
	);
}

/** A response that holds no answer, whatever its status says: a failure of the server. `what` follows the provider's name. */
export function invalidAnswer(
	called: CalledModel,
	what: string,
	given: { status?: number; requestId?: string | null } = {},
): ProviderCallError {
	return new ProviderCallError(`${called.provider} ${what}.`, {
		...called,
		status: given.status ?? 502,
		errorType: 'invalid_response',
		retryAfterMs: null,
		requestId: given.requestId ?? null,
	});
}
