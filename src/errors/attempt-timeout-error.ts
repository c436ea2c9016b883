import { RouterError } from './router-error.ts';

/** One attempt took longer than it may. */
export class AttemptTimeoutError extends RouterError {
	override name = 'AttemptTimeoutError';

	constructor(model: string, timeoutMs: number) {
		super(
			'ROUTER_ATTEMPT_TIMEOUT',
			`${model} gave no answer within ${timeoutMs} ms. Raise "fallback.timeout" (ROUTING_TIMEOUT) if the task needs longer.`,
			{
				isRetryable: true,
			},
		);
	}
}
