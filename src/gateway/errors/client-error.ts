import type { Attempt, FailureKind, WireFormatName } from '../../contracts/index.ts';
import {
	AllModelsFailedError,
	BudgetExceededError,
	type ErrorCode,
	InvalidInputError,
	isRouterError,
	NoEligibleModelError,
	ProviderCallError,
	RequestRefusedError,
	type RouterError,
	StreamInterruptedError,
} from '../../errors/index.ts';
import type { WireError } from '../../protocol/index.ts';
import { redactSecrets } from '../../util/index.ts';

/** The HTTP status of each error code. A provider's own status replaces it where the caller can act on it. */
export const STATUS_BY_CODE: Readonly<Record<ErrorCode, number>> = {
	ROUTER_INVALID_CONFIG: 500,
	ROUTER_INVALID_INPUT: 400,
	ROUTER_UNKNOWN_MODEL: 404,
	ROUTER_NO_ELIGIBLE_MODEL: 422,
	ROUTER_BUDGET_EXCEEDED: 402,
	ROUTER_PROVIDER_CALL: 502,
	ROUTER_ATTEMPT_TIMEOUT: 504,
	ROUTER_REQUEST_ABORTED: 504,
	ROUTER_ALL_MODELS_FAILED: 503,
	ROUTER_STREAM_INTERRUPTED: 502,
	ROUTER_UNAUTHORIZED: 401,
	ROUTER_FORBIDDEN: 403,
	ROUTER_NOT_FOUND: 404,
	ROUTER_METHOD_NOT_ALLOWED: 405,
	ROUTER_REQUEST_TOO_LARGE: 413,
	ROUTER_IDEMPOTENCY_CONFLICT: 422,
	ROUTER_RATE_LIMITED: 429,
	ROUTER_OVERLOADED: 503,
	ROUTER_STORAGE: 503,
};

/** Statuses about the gateway's credential or account at the provider: they are not the caller's to fix. */
const UPSTREAM_ACCOUNT_STATUSES: ReadonlySet<number> = new Set([401, 402, 403]);
/** Statuses of a request that may be taken later as it is. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);
/** Failures that the same request would meet again, at whichever model. */
const LASTING_FAILURES: ReadonlySet<FailureKind | undefined> = new Set([
	'quota-exhausted',
	'authentication',
	'invalid-request',
	'not-found',
	'context-too-long',
	'content-policy',
]);

/** An error as a caller sees it. */
export interface ClientError extends WireError {
	/** This package's code; `null` for what is no error of this package. */
	routerCode: ErrorCode | null;
	/** Milliseconds after which a retry may help; `null` where nothing is known of that. */
	retryAfterMs: number | null;
	/** The same request would fail again, so that the client library must not repeat it by itself. */
	isFinal: boolean;
}

/** Who is told. */
export interface ErrorAudience {
	format: WireFormatName;
	/**
	 * `codex` has a form of its own for a budget that is used up; `repeats-429` and `opencode` repeat that status whatever stands
	 * beside it, and `opencode` also every error whose text has the digits of such a status, as an amount may.
	 */
	client: 'codex' | 'opencode' | 'repeats-429' | 'other';
	/** Epoch milliseconds. */
	now: number;
}

/**
 * What a caller sees of a failure. Errors of this package (providers' among them) are written for callers, and secrets in
 * them are redacted; any other error may hold internals, so its text goes to the log only.
 */
export function toClientError(error: unknown, audience: ErrorAudience): ClientError {
	if (!isRouterError(error)) {
		const message = 'The gateway failed on this request. Its log has the reason.';
		return { status: 500, message, code: null, routerCode: null, retryAfterMs: null, isFinal: false };
	}
	const told = describe(error, audience);
	const repeats429 = audience.client === 'repeats-429' || audience.client === 'opencode';
	const status = told.isFinal && told.status === 429 && repeats429 ? 402 : told.status;
	return { ...told, status, message: redactSecrets(told.message), routerCode: error.code };
}

function describe(error: RouterError, audience: ErrorAudience): Omit<ClientError, 'routerCode'> {
	if (error instanceof AllModelsFailedError) return describeAllFailed(error, audience);
	if (error instanceof ProviderCallError) return describeProviderError(error);
	if (isReported(error)) return describeProviderError(error.cause);
	if (error instanceof BudgetExceededError) return describeBudget(error, audience);
	const { code, message } = error;
	const status = STATUS_BY_CODE[code];
	const isFinal = code === 'ROUTER_INVALID_CONFIG' || isLasting(status);
	const retryAfterMs = error instanceof RequestRefusedError ? error.retryAfterMs : null;
	const told = { status, message, code, retryAfterMs, isFinal };
	if (error instanceof InvalidInputError && error.path !== null) return { ...told, param: error.path };
	const excess = error instanceof NoEligibleModelError ? findExcess(error) : null;
	return excess === null ? told : { ...told, status: 400, excess };
}

/** Whether the provider said in its stream why it broke off: clients act on its words. */
function isReported(error: RouterError): error is StreamInterruptedError & { cause: ProviderCallError } {
	const { cause } = error;
	return error instanceof StreamInterruptedError && cause instanceof ProviderCallError && cause.status !== null;
}

function isLasting(status: number): boolean {
	return status >= 400 && status < 500 && !PASSING_STATUSES.has(status);
}

/** A provider's error in the provider's words, wherever the caller can act on it; its status else becomes the gateway's. */
function describeProviderError(error: ProviderCallError): Omit<ClientError, 'routerCode'> {
	const { errorType, isCallersLogin = false, report, requestId, retryAfterMs, status } = error.details;
	const code = report?.code ?? errorType ?? error.code;
	// a refused login is the client's to renew
	const isAccount = status !== null && !isCallersLogin && UPSTREAM_ACCOUNT_STATUSES.has(status);
	const isOutOfMoney = code === 'insufficient_quota' || report?.type === 'insufficient_quota';
	if (status === null || isAccount || status < 400 || status > 599)
		return { status: 502, message: error.message, code, retryAfterMs, isFinal: isAccount };
	const isCallers = status < 500;
	return {
		status,
		message: (isCallers ? report?.message : null) ?? error.message,
		code,
		type: report?.type ?? null,
		...(report?.param == null ? {} : { param: report.param }),
		...(report?.body == null ? {} : { body: report.body, requestId }),
		retryAfterMs,
		isFinal: !(isCallersLogin && status === 401) && (isLasting(status) || isOutOfMoney),
	};
}

/** What no model could answer. Where every model would refuse it again, the last refusal says what is to be changed. */
function describeAllFailed(error: AllModelsFailedError, audience: ErrorAudience): Omit<ClientError, 'routerCode'> {
	const { attempts, lastError, message } = error;
	const made = attempts.filter(({ outcome }) => outcome !== 'skipped');
	const [first, ...others] = made;
	// the client can shorten the conversation for the model that it asked, and cannot mend what its fallbacks failed with
	if (first?.failure === 'context-too-long' && others.some(({ failure }) => failure !== 'context-too-long')) {
		const words = first.message ?? message;
		const told = { status: 400, message: words, code: error.code, retryAfterMs: null, isFinal: true };
		return { ...told, ...findProviderExcess(first, words) };
	}
	const isFinal = made.length > 0 && made.every(({ failure }) => LASTING_FAILURES.has(failure));
	if (!isRouterError(lastError)) {
		const status = STATUS_BY_CODE.ROUTER_ALL_MODELS_FAILED;
		return { status, message, code: error.code, retryAfterMs: null, isFinal };
	}
	const last = describe(lastError, audience);
	if (isFinal && last.status < 500) return { ...last, isFinal, ...findProviderExcess(made.at(-1), last.message) };
	const status = isFinal || !isLasting(last.status) ? last.status : STATUS_BY_CODE.ROUTER_ALL_MODELS_FAILED;
	return { status, message, code: error.code, retryAfterMs: last.retryAfterMs, isFinal };
}

/**
 * A budget that is used up, in the form at which the format's clients stop: OpenAI's repeat a 402 or wait for hours, and
 * are told as OpenAI tells that the money is used up. Codex shows when there will be some again.
 */
function describeBudget(
	{ code, limitName, message: withAmounts, resetsAt }: BudgetExceededError,
	{ client, format, now }: ErrorAudience,
): Omit<ClientError, 'routerCode'> {
	const retryAfterMs = resetsAt === null ? null : Math.max(0, resetsAt.getTime() - now);
	const reset = resetsAt === null ? '' : ` It resets at ${resetsAt.toISOString()}.`;
	const message = client === 'opencode' ? `The ${limitName} budget is exceeded.${reset}` : withAmounts;
	const told = { message, retryAfterMs, isFinal: true };
	if (!format.startsWith('openai')) return { ...told, status: STATUS_BY_CODE[code], code };
	if (client !== 'codex' || resetsAt === null || retryAfterMs === null)
		return { ...told, status: 429, type: 'insufficient_quota', code: 'insufficient_quota' };
	const members = {
		resets_at: Math.ceil(resetsAt.getTime() / 1000),
		resets_in_seconds: Math.ceil(retryAfterMs / 1000),
	};
	return { ...told, status: 429, type: 'usage_limit_reached', code: 'usage_limit_reached', members };
}

type Excess = NonNullable<WireError['excess']>;

/** How providers say how long a request is, and how long it may be. */
const EXCESS_SHAPES: ReadonlyArray<{
	pattern: RegExp;
	order: readonly ['tokens', 'limit'] | readonly ['limit', 'tokens'];
}> = [
	{ pattern: /(\d[\d,]*) tokens? > (\d[\d,]*)/i, order: ['tokens', 'limit'] },
	{
		pattern:
			/(?:maximum|available) (?:context|prompt) (?:length|size)(?: of this model)? (?:is |\()?(\d[\d,]*)\D.*?(?:resulted in|requested|has|contains)\D{0,40}(\d[\d,]*)/is,
		order: ['limit', 'tokens'],
	},
	// Mistral
	{ pattern: /contains (\d+) tokens.{0,60}too large for model with (\d+)/i, order: ['tokens', 'limit'] },
	{ pattern: /token count \(?(\d[\d,]*)\)?.{0,20}exceeds.{0,80}?\(?(\d[\d,]*)\)?/i, order: ['tokens', 'limit'] },
];

function toCount(text: string | undefined): number | null {
	return text === undefined ? null : Number(text.replaceAll(',', ''));
}

/** How far a request is over what its model takes, where the provider refused it for that. */
function findProviderExcess(attempt: Attempt | undefined, message: string): { excess?: Excess } {
	if (attempt?.failure !== 'context-too-long') return {};
	for (const { order, pattern } of EXCESS_SHAPES) {
		const found = pattern.exec(message);
		if (found === null) continue;
		const [first, second] = [toCount(found[1]), toCount(found[2])];
		return { excess: order[0] === 'tokens' ? { tokens: first, limit: second } : { tokens: second, limit: first } };
	}
	return { excess: { tokens: null, limit: null } };
}

/** The sentence of an exclusion by the context window (`route/exclude-models.ts`). */
const EXCLUDED_BY_WINDOW = /^expected (\d+) tokens .* do not fit its context window of (\d+)/;

/**
 * How far a request is over the largest window, where nothing else keeps that model from answering: a client that shortens
 * the conversation will be answered. `null` where it would not be.
 */
function findExcess({ exclusions }: NoEligibleModelError): Excess | null {
	// how long the answer would be is a guess, from the length of the conversation too
	const others = new Set(
		exclusions
			.filter(({ reason }) => reason !== 'context-window' && reason !== 'output-limit')
			.map(({ model }) => model),
	);
	let largest: Excess | null = null;
	for (const { message, model } of exclusions) {
		const found = others.has(model) ? null : EXCLUDED_BY_WINDOW.exec(message);
		if (found == null) continue;
		const [tokens, limit] = [Number(found[1]), Number(found[2])];
		if (largest === null || limit > (largest.limit ?? 0)) largest = { tokens, limit };
	}
	return largest;
}
