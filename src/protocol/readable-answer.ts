import type { WireFormatName } from '../contracts/index.ts';
import type { JsonObject } from '../util/index.ts';
import { AnthropicEventReader, toReadableMessage } from './anthropic-messages/index.ts';
import { toReadableContent } from './gemini/index.ts';
import { ChatEventReader, toReadableCompletion } from './openai-chat/index.ts';
import { ResponseEventReader, toReadableResponse } from './openai-responses/index.ts';
import type { EventReader } from './shared/caller-format.ts';

/**
 * A whole answer with what client libraries refuse, or read past, put in the form that they read. The answer itself where
 * nothing has to be changed. `leftOut` gets the kinds of content that no client library reads.
 */
export function toReadableAnswer(format: WireFormatName, body: JsonObject, leftOut: Set<string>): JsonObject {
	if (format === 'openai-chat') return toReadableCompletion(body);
	if (format === 'openai-responses') return toReadableResponse(body, leftOut);
	return format === 'gemini' ? toReadableContent(body) : toReadableMessage(body, leftOut);
}

/** Reads the events of one stream in a format. `leftOut`: as of a whole answer. */
export function createEventReader(format: WireFormatName, leftOut: Set<string>): EventReader {
	if (format === 'anthropic-messages') return new AnthropicEventReader(leftOut);
	if (format === 'openai-chat') return new ChatEventReader();
	if (format === 'openai-responses') return new ResponseEventReader(leftOut);
	return { read: (event) => [toReadableContent(event)], end: () => [] };
}
