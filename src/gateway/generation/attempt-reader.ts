import { ProviderCallError } from '../../errors/index.ts';
import { type HeaderReader, parseErrorResponse, type UpstreamTarget } from '../../providers/index.ts';

/** HTTP statuses that mean what providers' error types inside streams do. */
const STATUS_OF_TYPE: Readonly<Record<string, number>> = {
	overloaded_error: 529,
	overloaded: 503,
	rate_limit_error: 429,
	rate_limit_exceeded: 429,
	invalid_request_error: 400,
	authentication_error: 401,
	permission_error: 403,
	not_found_error: 404,
	context_length_exceeded: 400,
	content_policy_violation: 400,
	content_filter: 400,
};

const NO_HEADERS = { get: () => null };

/** An error that came as an event of a stream whose status was 200. */
export function parseStreamError(data: unknown, called: UpstreamTarget): ProviderCallError {
	const told = parseErrorResponse({ status: 500, headers: NO_HEADERS }, JSON.stringify(data ?? {}), called);
	const status = statusIn(data) ?? STATUS_OF_TYPE[told.details.errorType ?? ''] ?? 500;
	const message = told.message.replace(/ answered 500/, ' reported an error in its stream');
	return new ProviderCallError(message, { ...told.details, status });
}

/** Gemini and some compatible servers name the HTTP status in the error's code. */
function statusIn(data: unknown): number | null {
	if (typeof data !== 'object' || data === null || !('error' in data)) return null;
	const { error } = data;
	const code = typeof error === 'object' && error !== null && 'code' in error ? Number(error.code) : Number.NaN;
	return Number.isInteger(code) && code >= 400 && code <= 599 ? code : null;
}

/** Headers as Node or a client library gives them, names in lower case. */
export type ReceivedHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Headers behind the reader's interface. */
export function createHeaderReader(headers: ReceivedHeaders): HeaderReader {
	return {
		get: (name) => {
			const value = headers[name];
			return Array.isArray(value) ? (value[0] ?? null) : (value ?? null);
		},
	};
}

/** The provider's id of the request. */
export function getRequestId(headers: ReceivedHeaders): string | null {
	const { get } = createHeaderReader(headers);
	return get('request-id') ?? get('x-request-id');
}
