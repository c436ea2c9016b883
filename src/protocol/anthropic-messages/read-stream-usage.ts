import { createStreamUsageReader, type StreamUsageReader } from '../shared/stream-usage.ts';
import { isObject } from '../shared/usage-fields.ts';
import { readAnthropicUsage } from './read-usage.ts';

/**
 * Usage of a stream of messages: the input in `message_start`, the output so far in each `message_delta`, cumulative.
 * Source: https://docs.claude.com/en/docs/build-with-claude/streaming
 */
export function createAnthropicUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		usageOf({ type, message, usage }) {
			if (type === 'message_start' && isObject(message) && isObject(message['usage'])) return message['usage'];
			return type === 'message_delta' && isObject(usage) ? usage : null;
		},
		outputOf({ delta }) {
			return isObject(delta) ? [delta['text'], delta['thinking'], delta['partial_json']] : [];
		},
		read: readAnthropicUsage,
	});
}
