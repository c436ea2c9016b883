import { isRouterError, type ProviderCallError } from '../errors/index.ts';
import { isObject, type JsonObject } from '../util/index.ts';
import {
	createConnectionError,
	createInvalidAnswerError,
	createUncarriedError,
	getErrorCode,
	parseErrorResponse,
	parseStreamError,
	type UpstreamTarget,
} from './errors.ts';

/** Characters of a library's reason that are kept. */
const MAX_REASON_CHARACTERS = 300;

/** The error type of an answer that came, and was billed, but that its client library cannot read. */
const UNREADABLE = 'unreadable_answer';

/** Errors of the AI SDK's packages for what came and is not what they expect. */
const UNREADABLE_NAMES: ReadonlySet<unknown> = new Set([
	'AI_TypeValidationError',
	'AI_JSONParseError',
	'AI_InvalidResponseDataError',
]);

/** Whether a client library says that a stream ended before its answer was complete. */
export function isEndOfStream(error: unknown): boolean {
	return isObject(error) && error['name'] === 'AI_InvalidResponseDataError' && error['data'] === undefined;
}

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

/**
 * The body of an answer with a status of success that a client library has refused to read, or failed on; `null` for other
 * errors. `received`: the answer of the call, as far as it is known.
 */
export function getRefusedAnswer(error: unknown, received = ''): JsonObject | null {
	if (!isObject(error) || isRouterError(error) || error['name'] === 'AbortError') return null;
	const { responseBody = received, statusCode = 200 } = error;
	if (Number(statusCode) >= 300) return null;
	try {
		const body: unknown = JSON.parse(String(responseBody));
		return isObject(body) && (body['error'] ?? null) === null ? body : null;
	} catch {
		// no JSON, so no answer that could be read
		return null;
	}
}

/** The error of an answer that came, and was billed, and that a client library cannot read. */
export function createUnreadableAnswerError(target: UpstreamTarget): ProviderCallError {
	return createInvalidAnswerError(target, 'answered in a form that is not the one of its API', {
		errorType: UNREADABLE,
	});
}

/** What is known of a call beside its error. */
interface SdkCall {
	/** The library has begun to send it. @default true */
	wasSent?: boolean;
	/** Finds the field of the caller's body that an error is about. `said`: the library's words. @default none is found */
	findField?: (said: string) => string | null;
}

/** Errors of the AI SDK's packages for a request that they cannot put into their provider's format. */
const UNCARRIED_NAMES: ReadonlySet<unknown> = new Set([
	'AI_UnsupportedFunctionalityError',
	'AI_InvalidPromptError',
	'AI_InvalidArgumentError',
	'AI_NoSuchProviderReferenceError',
	'AI_DownloadError',
	'ZodError',
]);

/** Whether the library failed at converting the request: nothing of it has reached the provider, and nothing would. */
function isUncarried(error: unknown, wasSent: boolean): error is Error {
	if (!(error instanceof Error) || error.name === 'AI_APICallError' || getErrorCode(error) !== null) return false;
	return !wasSent || UNCARRIED_NAMES.has(error.name);
}

/** An error of the AI SDK's provider packages as ours; an abort and our own errors pass through as they are. */
export function convertSdkError(
	error: unknown,
	target: UpstreamTarget,
	{ findField = () => null, wasSent = true }: SdkCall = {},
): unknown {
	if (isRouterError(error) || (error instanceof Error && error.name === 'AbortError')) return error;
	// The SDK wraps what a retry ended with.
	const last = error instanceof Error && 'lastError' in error ? error.lastError : error;
	if (isUncarried(last, wasSent)) {
		const what = last.message.slice(0, MAX_REASON_CHARACTERS);
		return createUncarriedError(target, { what, path: findField(what) }, last);
	}
	const { name, statusCode: status, responseHeaders, responseBody } = isObject(last) ? last : {};
	if (UNREADABLE_NAMES.has(name)) return createUnreadableAnswerError(target);
	// What a provider reports inside its stream is passed on as it stands, and is no error object.
	if (last !== null && last !== undefined && !(last instanceof Error)) return parseStreamError({ error: last }, target);
	// Without a status the call never got a response, or the response broke off.
	if (typeof status !== 'number') return createConnectionError(target, last);
	const headers = new Map(Object.entries(responseHeaders ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
	const reader = { get: (name: string) => (headers.has(name) ? String(headers.get(name)) : null) };
	const body = String(responseBody ?? '');
	if (status >= 400) return parseErrorResponse({ status, headers: reader }, body, target);
	const unreadable = describeUnreadable(body, reader.get('content-type'));
	if (unreadable === null) return parseStreamError(JSON.parse(body), target);
	const { what, ...details } = unreadable;
	return createInvalidAnswerError(target, `answered ${status} ${what}`, details);
}
