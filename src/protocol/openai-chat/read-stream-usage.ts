import { createStreamUsageReader, objectsIn, type StreamUsageReader } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { readOpenAiChatUsage } from './read-usage.ts';

function outputOfDelta({ delta }: JsonObject): unknown[] {
	if (!isObject(delta)) return [];
	const calls = objectsIn(delta['tool_calls']).map((call) => (isObject(call['function']) ? call['function'] : {}));
	return [delta['content'], delta['refusal'], delta['reasoning_content'], ...calls.map((call) => call['arguments'])];
}

/**
 * Usage of a stream of chat completion chunks: in the last one, where `stream_options.include_usage` asks for it; some
 * compatible servers say it in every chunk, cumulative. The service tier stands beside it.
 * Source: https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function createOpenAiChatUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		usageOf: ({ usage, service_tier: tier }) => (isObject(usage) ? { ...usage, service_tier: tier } : null),
		outputOf: ({ choices }) => objectsIn(choices).flatMap(outputOfDelta),
		read: ({ service_tier: tier, ...usage }) => readOpenAiChatUsage(usage, tier),
	});
}
