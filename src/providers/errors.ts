import { STATUS_CODES } from 'node:http';
import { ProviderCallError } from '../errors/index.ts';
import { redactSecrets, SYSTEM_CLOCK } from '../util/index.ts';
import type { Deployment } from './deployment.ts';
import { type ErrorReport, readErrorReport } from './error-report.ts';

/** Who was called. */
export interface UpstreamTarget {
	provider: string;
	/** The provider's model id. */
	model: string;
	/** Takes the deployment's own secrets out of what its provider says. @default nothing is known of them */
	redact?: (text: string) => string;
	/** It is called with the login of the caller's client. @default false */
	isCallersLogin?: boolean | undefined;
}

/** A deployment's model as errors name it. */
export function createUpstreamTarget(
	{ id, isCallersLogin, redact }: Pick<Deployment, 'redact' | 'id' | 'isCallersLogin'>,
	modelId: string,
): UpstreamTarget {
	return { provider: id, model: modelId, redact, isCallersLogin };
}

/** The network's or the client's code for what went wrong, e.g. `ECONNRESET`. */
export function getErrorCode(error: unknown): string | null {
	const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
}

/** The failure of a call that got no response, or whose response broke off: key and address stay out of the message. */
export function createConnectionError(target: UpstreamTarget, cause: unknown): ProviderCallError {
	const code = getErrorCode(cause);
	const { model, provider } = target;
	const details = { provider, model, status: null, errorType: code, retryAfterMs: null, requestId: null };
	const causes = [cause, cause instanceof Error ? cause.cause : null];
	const proxyError = causes.find((error) => error instanceof Error && error.name === 'ProxyError');
	const why = proxyError instanceof Error ? `${code}: ${proxyError.message}` : code;
	const message = `${provider} could not be reached${why === null ? '' : ` (${why})`}. Check the network and the base URL.`;
	return new ProviderCallError(message, details, { cause });
}

/** Error type of a request that a deployment's format has no place for: nothing was sent, and nothing would be changed by a retry. */
const UNCARRIED = 'unsupported_request';

/** A request of which something cannot be carried to this model. `path`: where it stands in the caller's body. */
export function createUncarriedError(
	{ model, provider }: UpstreamTarget,
	{ path, what }: { what: string; path: string | null },
	cause?: unknown,
): ProviderCallError {
	const place = path === null ? 'The request' : path;
	const message = `${place} cannot be carried to ${model} at ${provider}: ${what.replace(/[.]$/, '')}. Send it in another form, or choose a model that takes it.`;
	const report = { message, type: 'invalid_request_error', code: UNCARRIED, param: path, body: null };
	const details = { provider, model, status: 400, errorType: UNCARRIED, retryAfterMs: null, requestId: null, report };
	return new ProviderCallError(message, details, { cause });
}

/** A response that holds no answer, whatever its status says: a failure of the server. `what` follows the provider's name. */
export function createInvalidAnswerError(
	target: UpstreamTarget,
	what: string,
	{
		errorType = 'invalid_response',
		requestId = null,
		status = 502,
	}: { status?: number; requestId?: string | null; errorType?: string } = {},
): ProviderCallError {
	const { redact = (text: string) => text, model, provider } = target;
	const details = { provider, model, status, errorType, retryAfterMs: null, requestId };
	return new ProviderCallError(`${provider} ${redact(what)}.`, details);
}

/** Characters of what a provider says of an end that are told. */
const MAX_END_CHARACTERS = 300;

/**
 * An answer with nothing in it, which may be billed all the same. `what` follows the provider's name; `failure`: how it
 * names its end where that is an error.
 */
export function createEmptyAnswerError(
	target: UpstreamTarget,
	{ failure, what }: { what: string; failure?: string | null | undefined },
	requestId: string | null = null,
): ProviderCallError {
	const told = failure == null ? what : `ended its answer with ${failure.slice(0, MAX_END_CHARACTERS)}`;
	return createInvalidAnswerError(target, told, { errorType: 'empty_answer', requestId });
}

/** A provider that redirects: never followed, so that key and prompt go nowhere else. */
export function createRedirectError(target: UpstreamTarget, status: number): ProviderCallError {
	return createInvalidAnswerError(target, `answered ${status} with a redirect, which is never followed`);
}

/** A provider that refuses to answer for its content policy. */
export function createRefusalError({ model, provider }: UpstreamTarget): ProviderCallError {
	const details = { provider, model, status: 400, errorType: 'content_filter', retryAfterMs: null, requestId: null };
	return new ProviderCallError(`${provider} refused to answer for its content policy (${model}).`, details);
}

/** Characters of a provider's message that are kept, and that are searched for secrets first: one that is cut in two is not found. */
const MAX_MESSAGE_CHARACTERS = 2_000;
const MAX_SEARCHED_CHARACTERS = 64 * 1024;

/** Reads a response's header, whichever client it came with. */
export interface HeaderReader {
	get(name: string): string | null;
}

const NO_HEADERS: HeaderReader = { get: () => null };

/** Google writes how long to wait into the body. Milliseconds. */
function parseRetryDelay(text: string): number | null {
	const seconds = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(text.slice(0, MAX_SEARCHED_CHARACTERS))?.[1];
	return seconds === undefined ? null : Number(seconds) * 1000;
}

function parseRetryAfter(headers: HeaderReader, text: string): number | null {
	const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
	if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
	const value = headers.get('retry-after');
	if (value === null) return parseRetryDelay(text);
	const seconds = Number(value);
	const delay = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - SYSTEM_CLOCK.now();
	return Number.isNaN(delay) ? null : Math.max(0, delay);
}

/** How an error is read beside its text. */
interface ErrorReadingOptions {
	/** The caller speaks the provider's format, and may read the error's body as it came. @default false */
	keepsBody?: boolean;
}

/** A text, JSON or not, without secrets; also where they are written with escapes (`\u002e`, `\/`), however often they were packed. */
function cleanJson(text: string, redact: (text: string) => string): string {
	// from the first backslash of each run only: a long run is read once
	const plain = text
		.replace(/(?<!\\)\\+u00([2-7][0-9a-f])/gi, (escaped, hex: string) => {
			const character = String.fromCharCode(Number.parseInt(hex, 16));
			return /[\w.~+/=:@-]/.test(character) ? character : escaped;
		})
		.replace(/(?<!\\)\\+\//g, '/');
	const clean = redactSecrets(redact(plain));
	return clean === plain ? text : clean;
}

/** What a provider says of a failure, without secrets and of bounded length. */
function readCleanReport(text: string, redact: (text: string) => string, keepsBody: boolean): ErrorReport {
	const isWhole = text.length <= MAX_SEARCHED_CHARACTERS;
	const report = readErrorReport(cleanJson(text.slice(0, MAX_SEARCHED_CHARACTERS), redact));
	const message = report.message?.slice(0, MAX_MESSAGE_CHARACTERS) ?? null;
	return { ...report, message, body: keepsBody && isWhole ? report.body : null };
}

/** A provider's error response as our error; its message without secrets and of bounded length. */
export function parseErrorResponse(
	{ headers, status }: { status: number; headers: HeaderReader },
	text: string,
	{ isCallersLogin = false, model, provider, redact = (text: string) => text }: UpstreamTarget,
	{ keepsBody = false }: ErrorReadingOptions = {},
): ProviderCallError {
	const clean = (value: string | null) =>
		value === null ? null : redactSecrets(redact(value.slice(0, MAX_SEARCHED_CHARACTERS)));
	const { status: _, ...report } = readCleanReport(text, redact, keepsBody);
	const errorType = report.type ?? report.code;
	const answered = `${provider} answered ${status}${errorType === null ? '' : ` ${errorType}`}`;
	// some send nothing but a status
	const said = report.message ?? (text.trim() === '' && errorType === null ? STATUS_CODES[status] : undefined);
	return new ProviderCallError(`${answered}: ${said ?? 'no message'}`, {
		provider,
		model,
		status,
		errorType: report.code ?? errorType,
		retryAfterMs: parseRetryAfter(headers, text),
		requestId: clean(headers.get('request-id') ?? headers.get('x-request-id')),
		report,
		...(isCallersLogin && { isCallersLogin }),
	});
}

/** HTTP statuses that mean what providers' error types inside streams do. */
const STATUS_BY_ERROR_TYPE: Readonly<Record<string, number>> = {
	overloaded_error: 529,
	overloaded: 503,
	rate_limit_error: 429,
	rate_limit_exceeded: 429,
	insufficient_quota: 429,
	invalid_request_error: 400,
	authentication_error: 401,
	permission_error: 403,
	not_found_error: 404,
	context_length_exceeded: 400,
	content_policy_violation: 400,
	content_filter: 400,
};

/** The error of an error object in a response whose status was 200. */
export function parseStreamError(
	data: unknown,
	target: UpstreamTarget,
	options: ErrorReadingOptions = {},
): ProviderCallError {
	const text = JSON.stringify(data ?? {});
	const parsed = parseErrorResponse({ status: 500, headers: NO_HEADERS }, text, target, options);
	const { code = null, type = null } = parsed.details.report ?? {};
	const named = STATUS_BY_ERROR_TYPE[code ?? ''] ?? STATUS_BY_ERROR_TYPE[type ?? ''];
	const status = readErrorReport(text).status ?? named ?? 500;
	const message = parsed.message.replace(/ answered 500/, ' reported an error in its stream');
	return new ProviderCallError(message, { ...parsed.details, status });
}
