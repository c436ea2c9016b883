import { RouterError } from './router-error.ts';

/** Why storage cannot be used. */
export type StorageProblem = 'locked' | 'read-only' | 'full' | 'newer-version' | 'corrupt' | 'unavailable';

/** A database that cannot be used, and what to do about it. */
export class StorageError extends RouterError {
	override name = 'StorageError';
	readonly problem: StorageProblem;

	constructor(problem: StorageProblem, message: string, options: { cause?: unknown } = {}) {
		super('ROUTER_STORAGE', message, { ...options, isRetryable: problem === 'locked' });
		this.problem = problem;
	}
}
