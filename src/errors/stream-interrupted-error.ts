import { RouterError } from './router-error.ts';

/** An answer began and broke off: what came is incomplete. */
export class StreamInterruptedError extends RouterError {
	override name = 'StreamInterruptedError';
	/** It did not break: nothing came any more. */
	readonly isSilence: boolean;

	constructor(message: string, { isSilence = false, ...options }: { cause?: unknown; isSilence?: boolean } = {}) {
		super('ROUTER_STREAM_INTERRUPTED', message, { ...options, isRetryable: true });
		this.isSilence = isSilence;
	}
}
