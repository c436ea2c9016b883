import type { WireError } from './caller-format.ts';
import type { JsonObject } from './usage-fields.ts';

const TYPES: Readonly<Record<number, string>> = {
	401: 'authentication_error',
	402: 'insufficient_quota',
	403: 'permission_error',
	404: 'not_found_error',
	408: 'timeout_error',
	429: 'rate_limit_error',
};

/** An error as OpenAI's APIs say it. Source: https://platform.openai.com/docs/guides/error-codes */
export function openAiError({ status, message, code, param }: WireError): JsonObject {
	const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
	return { message, type, param: param ?? null, code };
}
