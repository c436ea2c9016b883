import type { WireError } from '../shared/caller-format.ts';
import { openAiError } from '../shared/openai-error.ts';
import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** The body of an error answer. */
export function encodeResponsesError(error: WireError): JsonObject {
	return { error: openAiError(error) };
}

/**
 * The events that end a stream with an error, as OpenAI sends them: `error`, at which its clients throw, then
 * `response.failed` for those that wait for the response.
 */
export function encodeResponsesStreamError(error: WireError): string {
	const { message, type, param, code } = openAiError(error);
	const told = { type: 'error', code: code ?? type, message, param, error: { type, code, message, param } };
	const failed = { object: 'response', status: 'failed', output: [], error: { code: code ?? type, message } };
	return formatSse(told, 'error') + formatSse({ type: 'response.failed', response: failed }, 'response.failed');
}
