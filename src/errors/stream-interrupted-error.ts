import { RouterError } from './router-error.ts';

/** An answer began and broke off: what came is incomplete. */
export class StreamInterruptedError extends RouterError {
	override name = 'StreamInterruptedError';

	constructor(message: string, options: { cause?: unknown } = {}) {
		super('ROUTER_STREAM_INTERRUPTED', message, { ...options, isRetryable: true });
	}
}
