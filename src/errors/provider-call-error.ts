import { RouterError } from './router-error.ts';

/** What is known of a failed call. */
export interface ProviderCallDetails {
	provider: string;
	model: string;
	/** HTTP status; `null` when no response came. */
	status: number | null;
	/** The provider's own error type or code, e.g. `overloaded_error`. */
	errorType: string | null;
	/** Wait the provider asked for. */
	retryAfterMs: number | null;
	requestId: string | null;
}

/** A provider's failure, as its edge reports it. */
export class ProviderCallError extends RouterError {
	override name = 'ProviderCallError';
	readonly details: ProviderCallDetails;

	constructor(message: string, details: ProviderCallDetails, options: { cause?: unknown } = {}) {
		const { status } = details;
		super('ROUTER_PROVIDER_CALL', message, {
			...options,
			isRetryable: status === null || status === 408 || status === 429 || status >= 500,
		});
		this.details = details;
	}

	/** HTTP status, under the name the official SDKs use. */
	get status(): number | null {
		return this.details.status;
	}
}
