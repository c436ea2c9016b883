import { RouterError } from './router-error.ts';

/** An argument that cannot be used. */
export class InvalidInputError extends RouterError {
	override name = 'InvalidInputError';

	constructor(message: string, options: { cause?: unknown } = {}) {
		super('ROUTER_INVALID_INPUT', message, options);
	}
}
