import { isRouterError, ProviderCallError } from '../errors/index.ts';
import { isObject, type JsonObject, redactSecrets, SYSTEM_CLOCK } from '../util/index.ts';
import type { Deployment } from './deployment.ts';

/** Who was called. */
export interface UpstreamTarget {
	provider: string;
	/** The provider's model id. */
	model: string;
	/** Takes the deployment's own secrets out of what its provider says. @default nothing is known of them */
	redact?: (text: string) => string;
}

/** A deployment's model as errors name it. */
export function createUpstreamTarget(
	{ redact, id }: Pick<Deployment, 'redact' | 'id'>,
	modelId: string,
): UpstreamTarget {
	return { provider: id, model: modelId, redact };
}

/** The network's or the client's code for what went wrong, e.g. `ECONNRESET`. */
function getErrorCode(error: unknown): string | null {
	const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
}

/** The failure of a call that got no response, or whose response broke off: key and address stay out of the message. */
export function createConnectionError(target: UpstreamTarget, cause: unknown): ProviderCallError {
	const code = getErrorCode(cause);
	const { model, provider } = target;
	const details = { provider, model, status: null, errorType: code, retryAfterMs: null, requestId: null };
	const message = `${provider} could not be reached${code === null ? '' : ` (${code})`}. Check the network and the base URL.`;
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
const MAX_MESSAGE_CHARACTERS = 300;
const MAX_SEARCHED_CHARACTERS = 20_000;

/** Reads a response's header, whichever client it came with. */
export interface HeaderReader {
	get(name: string): string | null;
}

function parseErrorBody(text: string): Record<string, unknown> {
	try {
		const body: unknown = JSON.parse(text);
		const error = isObject(body) ? body['error'] : undefined;
		return isObject(error) ? error : isObject(body) ? body : {};
	} catch {
		// An error page that is not JSON has nothing but its status.
		return {};
	}
}

function firstText(...values: unknown[]): string | null {
	return values.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

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

/** A provider's error response as our error; its message without secrets and of bounded length. */
export function parseErrorResponse(
	{ headers, status }: { status: number; headers: HeaderReader },
	text: string,
	target: UpstreamTarget,
): ProviderCallError {
	const { model, provider, redact = (text: string) => text } = target;
	const clean = (value: string | null) =>
		value === null ? null : redactSecrets(redact(value.slice(0, MAX_SEARCHED_CHARACTERS)));
	const error = parseErrorBody(text);
	const errorType = clean(firstText(error['type'], error['code'], error['status']));
	const message = clean(firstText(error['message'])) ?? 'no message';
	const answered = `${provider} answered ${status}${errorType === null ? '' : ` ${errorType}`}`;
	return new ProviderCallError(`${answered}: ${message.slice(0, MAX_MESSAGE_CHARACTERS)}`, {
		provider,
		model,
		status,
		errorType: clean(firstText(error['code'], errorType)),
		retryAfterMs: parseRetryAfter(headers, text),
		requestId: clean(headers.get('request-id') ?? headers.get('x-request-id')),
	});
}

/** The error type of an answer that came, and was billed, but that its client library cannot read. */
const UNREADABLE = 'unreadable_answer';

/** Errors of the AI SDK's packages for what came and is not what they expect. */
const UNREADABLE_NAMES: ReadonlySet<unknown> = new Set([
	'AI_TypeValidationError',
	'AI_JSONParseError',
	'AI_InvalidResponseDataError',
]);

/** What is wrong with the body of an answer that was no failure by its status; `null` when there is an error in it. */
function describeUnreadable(body: string, contentType: string | null): { what: string; errorType?: string } | null {
	if (body.trim() === '') return { what: 'with nothing in it' };
	try {
		const answer: unknown = JSON.parse(body);
		const isError = isObject(answer) && (answer['error'] ?? null) !== null;
		return isError ? null : { what: 'in a form that is not the one of its API', errorType: UNREADABLE };
	} catch {
		return { what: `with something that is not JSON (${(contentType ?? 'no content type').slice(0, 60)})` };
	}
}

/** The body of an answer with a status of success that a client library has refused to read; `null` for other errors. */
export function getRefusedAnswer(error: unknown): JsonObject | null {
	if (!isObject(error) || typeof error['statusCode'] !== 'number' || error['statusCode'] >= 300) return null;
	try {
		const body: unknown = JSON.parse(String(error['responseBody'] ?? ''));
		return isObject(body) && (body['error'] ?? null) === null ? body : null;
	} catch {
		// no JSON, so no answer that could be read
		return null;
	}
}

/** An error of the AI SDK's provider packages as ours; an abort and our own errors pass through as they are. */
export function convertSdkError(error: unknown, target: UpstreamTarget): unknown {
	if (isRouterError(error) || (error instanceof Error && error.name === 'AbortError')) return error;
	// The SDK wraps what a retry ended with.
	const last = error instanceof Error && 'lastError' in error ? error.lastError : error;
	const { name, statusCode: status, responseHeaders, responseBody } = isObject(last) ? last : {};
	if (UNREADABLE_NAMES.has(name))
		return createInvalidAnswerError(target, 'answered in a form that is not the one of its API', {
			errorType: UNREADABLE,
		});
	// Without a status the call never got a response, or the response broke off.
	if (typeof status !== 'number') return createConnectionError(target, last);
	const headers = new Map(Object.entries(responseHeaders ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
	const reader = { get: (name: string) => (headers.has(name) ? String(headers.get(name)) : null) };
	const body = String(responseBody ?? '');
	if (status >= 400) return parseErrorResponse({ status, headers: reader }, body, target);
	const unreadable = describeUnreadable(body, reader.get('content-type'));
	if (unreadable === null) return parseErrorResponse({ status: 502, headers: reader }, body, target);
	const { what, ...details } = unreadable;
	return createInvalidAnswerError(target, `answered ${status} ${what}`, details);
}
