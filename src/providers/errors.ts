import { isRouterError, ProviderCallError } from '../errors/index.ts';
import { isObject, redactSecrets, SYSTEM_CLOCK } from '../util/index.ts';
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
function codeOf(error: unknown): string | null {
	const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
	return typeof inner === 'object' && inner !== null && 'code' in inner ? String(inner.code) : null;
}

/** The failure of a call that got no response, or whose response broke off: key and address stay out of the message. */
export function createConnectionError(target: UpstreamTarget, cause: unknown): ProviderCallError {
	const code = codeOf(cause);
	const { model, provider } = target;
	const details = { provider, model, status: null, errorType: code, retryAfterMs: null, requestId: null };
	return new ProviderCallError(
		`${provider} could not be reached${code === null ? '' : ` (${code})`}. Check the network and the base URL.`,
		details,
		{ cause },
	);
}

/** A response that holds no answer, whatever its status says: a failure of the server. `what` follows the provider's name. */
export function createInvalidAnswerError(
	target: UpstreamTarget,
	what: string,
	given: { status?: number; requestId?: string | null } = {},
): ProviderCallError {
	const { redact = (text: string) => text, model, provider } = target;
	return new ProviderCallError(`${provider} ${redact(what)}.`, {
		provider,
		model,
		status: given.status ?? 502,
		errorType: 'invalid_response',
		retryAfterMs: null,
		requestId: given.requestId ?? null,
	});
}

/** A provider that sends its caller elsewhere: nobody follows, so that key and prompt go nowhere else. */
export function createRedirectError(target: UpstreamTarget, status: number): ProviderCallError {
	return createInvalidAnswerError(target, `answered ${status} with a redirect, which is never followed`);
}

/** A provider that refuses to answer for its content policy. */
export function createRefusalError({ model, provider }: UpstreamTarget): ProviderCallError {
	const details = { provider, model, status: 400, errorType: 'content_filter', retryAfterMs: null, requestId: null };
	return new ProviderCallError(`${provider} refused to answer for its content policy (${model}).`, details);
}

/** Characters of a provider's message that are kept, and that are looked through for secrets: a secret cut in two is not found. */
const MAX_MESSAGE = 300;
const MAX_SEARCHED = 20_000;

/** Reads a response's header, whichever client it came with. */
export interface HeaderReader {
	get(name: string): string | null;
}

function parse(text: string): Record<string, unknown> {
	try {
		const body: unknown = JSON.parse(text);
		const error = isObject(body) ? body['error'] : undefined;
		return isObject(error) ? error : isObject(body) ? body : {};
	} catch {
		// An error page that is not JSON tells nothing but its status.
		return {};
	}
}

function textOf(...values: unknown[]): string | null {
	return values.find((value): value is string => typeof value === 'string' && value !== '') ?? null;
}

/** Google says how long to wait inside the body. */
function bodyDelay(text: string): number | null {
	const seconds = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(text.slice(0, 20_000))?.[1];
	return seconds === undefined ? null : Number(seconds) * 1000;
}

function retryAfter(headers: HeaderReader, text: string): number | null {
	const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN);
	if (Number.isFinite(milliseconds)) return Math.max(0, milliseconds);
	const value = headers.get('retry-after');
	if (value === null) return bodyDelay(text);
	const seconds = Number(value);
	const delay = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - SYSTEM_CLOCK.now();
	return Number.isNaN(delay) ? null : Math.max(0, delay);
}

/** A provider's error response as our error; its message without secrets and of bounded length. */
export function parseErrorResponse(
	response: { status: number; headers: HeaderReader },
	text: string,
	call: UpstreamTarget,
): ProviderCallError {
	const { redact = (text: string) => text } = call;
	const clean = (said: string | null) => (said === null ? null : redactSecrets(redact(said.slice(0, MAX_SEARCHED))));
	const error = parse(text);
	const errorType = clean(textOf(error['type'], error['code'], error['status']));
	const message = clean(textOf(error['message'])) ?? 'no message';
	return new ProviderCallError(
		`${call.provider} answered ${response.status}${errorType === null ? '' : ` ${errorType}`}: ${message.slice(0, MAX_MESSAGE)}`,
		{
			provider: call.provider,
			model: call.model,
			status: response.status,
			errorType: clean(textOf(error['code'], errorType)),
			retryAfterMs: retryAfter(response.headers, text),
			requestId: clean(response.headers.get('request-id') ?? response.headers.get('x-request-id')),
		},
	);
}

/** What is wrong with the body of an answer that was no failure by its status; `null` when it is JSON, with an error in it. */
function describeUnreadable(body: string, contentType: string | null): string | null {
	if (body.trim() === '') return 'with nothing in it';
	try {
		JSON.parse(body);
		return null;
	} catch {
		return `with something that is not JSON (${(contentType ?? 'no content type').slice(0, 60)})`;
	}
}

/** An error of the AI SDK's provider packages as ours; an abort and our own errors pass through as they are. */
export function convertSdkError(error: unknown, target: UpstreamTarget): unknown {
	if (isRouterError(error) || (error instanceof Error && error.name === 'AbortError')) return error;
	// The SDK wraps what a retry ended with.
	const last = error instanceof Error && 'lastError' in error ? error.lastError : error;
	const { statusCode: status, responseHeaders, responseBody } = isObject(last) ? last : {};
	// Without a status the call never got a response, or the response broke off.
	if (typeof status !== 'number') return createConnectionError(target, last);
	const headers = new Map(Object.entries(responseHeaders ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
	const reader = { get: (name: string) => (headers.has(name) ? String(headers.get(name)) : null) };
	const body = String(responseBody ?? '');
	if (status >= 400) return parseErrorResponse({ status, headers: reader }, body, target);
	const unreadable = describeUnreadable(body, reader.get('content-type'));
	if (unreadable !== null) return createInvalidAnswerError(target, `answered ${status} ${unreadable}`);
	return parseErrorResponse({ status: 502, headers: reader }, body, target);
}
