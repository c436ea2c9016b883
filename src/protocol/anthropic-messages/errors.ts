import type { JsonObject } from '../../util/index.ts';
import type { WireError } from '../shared/caller-format.ts';
import { formatSse } from '../shared/sse.ts';

/** Source: https://docs.claude.com/en/api/errors */
const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
	[400, 'invalid_request_error'],
	[401, 'authentication_error'],
	[402, 'billing_error'],
	[403, 'permission_error'],
	[404, 'not_found_error'],
	[408, 'timeout_error'],
	[413, 'request_too_large'],
	[429, 'rate_limit_error'],
	[503, 'overloaded_error'],
	[504, 'timeout_error'],
	[529, 'overloaded_error'],
]);
const KNOWN_TYPES: ReadonlySet<string> = new Set([...ERROR_TYPES.values(), 'api_error']);

function getErrorType({ status, code }: WireError): string {
	if (code !== null && KNOWN_TYPES.has(code)) return code;
	return ERROR_TYPES.get(status) ?? (status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error');
}

/** The body of an error answer: Anthropic's type for the status, this package's code beside it. */
export function encodeAnthropicError(error: WireError): JsonObject {
	const type = getErrorType(error);
	return {
		type: 'error',
		error: {
			type,
			message: error.message,
			...(error.code === null || error.code === type ? {} : { code: error.code }),
			...(error.param === undefined ? {} : { param: error.param }),
		},
		request_id: null,
	};
}

/** The event that ends a stream with an error. */
export function encodeAnthropicStreamError(error: WireError): string {
	return formatSse(encodeAnthropicError(error), 'error');
}
