import { RouterError } from './router-error.ts';

/** The caller went away, or the request's deadline passed. */
export class RequestAbortedError extends RouterError {
	override name = 'RequestAbortedError';

	constructor(message: string, options: { cause?: unknown } = {}) {
		super('ROUTER_REQUEST_ABORTED', message, options);
	}
}
