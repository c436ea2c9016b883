import type { Attempt } from '../contracts/index.ts';
import { RouterError } from './router-error.ts';

/** Nothing answered; carries every attempt and the last failure as `cause`. */
export class AllModelsFailedError extends RouterError {
	override name = 'AllModelsFailedError';
	readonly attempts: readonly Attempt[];
	readonly lastError: unknown;

	constructor(attempts: readonly Attempt[], lastError: unknown) {
		const made = attempts.filter((attempt) => attempt.outcome !== 'skipped').length;
		const lines = attempts.map((attempt) => {
			const status = attempt.status === undefined ? '' : ` ${attempt.status}`;
			return `- ${attempt.number}. ${attempt.model}: ${attempt.outcome === 'skipped' ? 'not asked' : (attempt.failure ?? 'unknown')}${status}${attempt.message ? ` - ${attempt.message.slice(0, 200)}` : ''}`;
		});
		super('ROUTER_ALL_MODELS_FAILED', `All models failed after ${made} attempts\n${lines.join('\n')}`, {
			cause: lastError,
			isRetryable: true,
		});
		this.attempts = attempts;
		this.lastError = lastError;
	}
}
