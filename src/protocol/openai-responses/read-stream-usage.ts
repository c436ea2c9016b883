import { createStreamUsageReader, type StreamUsageReader } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { readOpenAiResponsesUsage } from './read-usage.ts';

/** Events that carry the response as it ended. */
const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * Usage of a stream of response events: in the response of the event that ends it, with its service tier and its tool
 * calls. Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createOpenAiResponsesUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		usageOf({ type, response }) {
			if (!ENDS.has(type) || !isObject(response) || !isObject(response['usage'])) return null;
			const { usage, ...around } = response;
			return { usage, around };
		},
		outputOf({ type, delta }) {
			return typeof type === 'string' && type.endsWith('.delta') ? [delta] : [];
		},
		// both were put there by usageOf
		read: ({ usage, around }) => readOpenAiResponsesUsage(usage, around as JsonObject),
	});
}
