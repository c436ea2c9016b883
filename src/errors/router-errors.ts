import type { Attempt, Exclusion } from '../contracts/index.ts';

/** The base of every error this package throws. */
export class RouterError extends Error {
	override name = 'RouterError';
	readonly code: ErrorCode;
	/** The same request may succeed later without a change. */
	readonly isRetryable: boolean;

	constructor(code: ErrorCode, message: string, options: { cause?: unknown; isRetryable?: boolean } = {}) {
		super(message, 'cause' in options ? { cause: options.cause } : undefined);
		this.code = code;
		this.isRetryable = options.isRetryable ?? false;
	}

	/** Brand that survives several installed copies of the package. */
	get isRouterError(): true {
		return true;
	}
}

/** True for every error of this package, whichever copy of it made the error. */
export function isRouterError(value: unknown): value is RouterError {
	return value instanceof Error && 'isRouterError' in value && value.isRouterError === true;
}

/** Every code this package throws; `docs/reference/errors.md` has a heading for each. */
export const ERROR_CODES = [
	'ROUTER_INVALID_CONFIG',
	'ROUTER_INVALID_INPUT',
	'ROUTER_UNKNOWN_MODEL',
	'ROUTER_NO_ELIGIBLE_MODEL',
	'ROUTER_BUDGET_EXCEEDED',
	'ROUTER_PROVIDER_CALL',
	'ROUTER_ATTEMPT_TIMEOUT',
	'ROUTER_REQUEST_ABORTED',
	'ROUTER_ALL_MODELS_FAILED',
	'ROUTER_STREAM_INTERRUPTED',
	'ROUTER_UNAUTHORIZED',
	'ROUTER_FORBIDDEN',
	'ROUTER_NOT_FOUND',
	'ROUTER_METHOD_NOT_ALLOWED',
	'ROUTER_REQUEST_TOO_LARGE',
	'ROUTER_IDEMPOTENCY_CONFLICT',
	'ROUTER_RATE_LIMITED',
	'ROUTER_OVERLOADED',
	'ROUTER_STORAGE',
] as const;
/** One of the codes this package throws. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing wrong with a configuration or an argument. */
export interface ConfigIssue {
	/** Where, e.g. `config.json: weights.cost` or `ROUTING_TIMEOUT`. */
	path: string;
	/** What is wrong and what to write instead. */
	message: string;
}

/** A configuration that cannot be used; lists everything wrong with it at once. */
export class InvalidConfigError extends RouterError {
	override name = 'InvalidConfigError';
	readonly issues: readonly ConfigIssue[];

	constructor(issues: readonly ConfigIssue[], options: { cause?: unknown } = {}) {
		const lines = issues.map((issue) => `${issue.path}: ${issue.message}`);
		super(
			'ROUTER_INVALID_CONFIG',
			lines.length === 1 ? `Invalid configuration: ${lines[0]}` : `Invalid configuration:\n- ${lines.join('\n- ')}`,
			options,
		);
		this.issues = issues;
	}
}

/** An argument that cannot be used. */
export class InvalidInputError extends RouterError {
	override name = 'InvalidInputError';
	/** The field's path in the request, where one field is wrong. */
	readonly path: string | null;

	constructor(message: string, { path = null, ...options }: { cause?: unknown; path?: string | null } = {}) {
		super('ROUTER_INVALID_INPUT', message, options);
		this.path = path;
	}
}

/** Names that a message lists; more would hide what it says. */
const MAX_LISTED = 12;

function listed(names: readonly string[]): string {
	const more = names.length - MAX_LISTED;
	return `${names.slice(0, MAX_LISTED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A model nobody here knows. */
export class UnknownModelError extends RouterError {
	override name = 'UnknownModelError';
	readonly model: string;
	readonly nearest: string | null;

	constructor(model: string, known: { nearest: string | null; names: readonly string[] }) {
		const hint = known.nearest === null ? '' : ` Did you mean "${known.nearest}"?`;
		super(
			'ROUTER_UNKNOWN_MODEL',
			`Unknown model "${model.slice(0, 80)}".${hint} Known models: ${listed(known.names)} (all: \`switchyard config --show-models\`, or GET /v1/models of the gateway). Add your own under "models" in the config file.`,
		);
		this.model = model;
		this.nearest = known.nearest;
	}
}

/** Every model was excluded; lists why, model by model. */
export class NoEligibleModelError extends RouterError {
	override name = 'NoEligibleModelError';
	readonly exclusions: readonly Exclusion[];

	constructor(exclusions: readonly Exclusion[]) {
		const lines = exclusions.map((exclusion) => `- ${exclusion.model}: ${exclusion.message}`);
		super('ROUTER_NO_ELIGIBLE_MODEL', `No eligible model. Relax a constraint or add a model:\n${lines.join('\n')}`);
		this.exclusions = exclusions;
	}
}

/** Why the gateway did not take a request on. */
export type RefusalCode =
	| 'ROUTER_UNAUTHORIZED'
	| 'ROUTER_FORBIDDEN'
	| 'ROUTER_NOT_FOUND'
	| 'ROUTER_METHOD_NOT_ALLOWED'
	| 'ROUTER_REQUEST_TOO_LARGE'
	| 'ROUTER_IDEMPOTENCY_CONFLICT'
	| 'ROUTER_RATE_LIMITED'
	| 'ROUTER_OVERLOADED';

/** The gateway refuses a request before any model is asked. */
export class RequestRefusedError extends RouterError {
	override name = 'RequestRefusedError';
	/** Milliseconds after which the same request may be taken; `null` when waiting does not help. */
	readonly retryAfterMs: number | null;

	constructor(code: RefusalCode, message: string, options: { retryAfterMs?: number; cause?: unknown } = {}) {
		const { retryAfterMs, ...rest } = options;
		super(code, message, { ...rest, isRetryable: retryAfterMs !== undefined });
		this.retryAfterMs = retryAfterMs ?? null;
	}
}

/** What is known of a failed call. */
export interface ProviderCallDetails {
	provider: string;
	model: string;
	/** HTTP status; `null` when no response came. */
	status: number | null;
	/** The provider's own error type or code, e.g. `overloaded_error`. */
	errorType: string | null;
	/** Wait the provider asked for, milliseconds. */
	retryAfterMs: number | null;
	requestId: string | null;
	/** What the provider said, in its own words and without secrets; absent where it said nothing. */
	report?: ProviderErrorReport | undefined;
	/** The call was made with the login of the caller's client: a refusal of it is the caller's to see. @default false */
	isCallersLogin?: boolean | undefined;
}

/** A provider's own account of a failure; `null` for what it did not say. */
export interface ProviderErrorReport {
	message: string | null;
	/** Its class of errors, e.g. `invalid_request_error`. */
	type: string | null;
	/** Its word for this failure, e.g. `context_length_exceeded`. */
	code: string | null;
	/** The field of the request that is wrong. */
	param: string | null;
	/** The error's body, where the caller speaks the provider's format and may read it as it came. */
	body: Readonly<Record<string, unknown>> | null;
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

/** One attempt took longer than it may. */
export class AttemptTimeoutError extends RouterError {
	override name = 'AttemptTimeoutError';

	/** `setting`: the one that would allow it more time. */
	constructor(model: string, timeoutMs: number, setting = '"fallback.timeout" (ROUTING_TIMEOUT)') {
		const message = `${model} gave no answer within ${timeoutMs} ms. Raise ${setting} if the task needs longer.`;
		super('ROUTER_ATTEMPT_TIMEOUT', message, { isRetryable: true });
	}
}

/** The caller went away, or the request's deadline passed. */
export class RequestAbortedError extends RouterError {
	override name = 'RequestAbortedError';

	constructor(message: string, options: { cause?: unknown } = {}) {
		super('ROUTER_REQUEST_ABORTED', message, options);
	}
}

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
