import type { WireError } from '../shared/caller-format.ts';
import { openAiError } from '../shared/openai-error.ts';
import { formatSse } from '../shared/sse-frames.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** The body of an error answer. */
export function encodeChatError(error: WireError): JsonObject {
	return { error: openAiError(error) };
}

/** The event at which clients throw; no `[DONE]` follows it. */
export function encodeChatStreamError(error: WireError): string {
	return formatSse(encodeChatError(error));
}
