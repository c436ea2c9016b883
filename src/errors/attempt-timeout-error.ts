import { RouterError } from './router-error.ts';

/** One attempt took longer than it may. */
export class AttemptTimeoutError extends RouterError {
	override name = 'AttemptTimeoutError';

	/** `setting`: the one that would allow it more time. */
	constructor(model: string, timeoutMs: number, setting = '"fallback.timeout" (ROUTING_TIMEOUT)') {
		super(
			'ROUTER_ATTEMPT_TIMEOUT',
			`${model} gave no answer within ${timeoutMs} ms. Raise ${setting} if the task needs longer.`,
			{
				isRetryable: true,
			},
		);
	}
}
