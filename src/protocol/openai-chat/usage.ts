import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { toTotalTokens } from '../shared/neutral-usage.ts';
import { type OpenAiUsageNames, readOpenAiUsage } from '../shared/openai.ts';
import { createStreamUsageReader, type StreamUsageReader, TOOL_CALL_TOKENS } from '../shared/usage.ts';

/** Text and images have the rates of their whole, and predictions are output; audio has rates of its own and stays visible. */
const NAMES: OpenAiUsageNames = {
	input: 'prompt_tokens',
	output: 'completion_tokens',
	ignoredInputDetails: ['text_tokens', 'image_tokens'],
	ignoredOutputDetails: ['text_tokens', 'accepted_prediction_tokens', 'rejected_prediction_tokens'],
};

/**
 * `usage` of a chat completion; the completion's own `service_tier` says which service was billed.
 * Source: https://platform.openai.com/docs/api-reference/chat/object
 */
export function readOpenAiChatUsage(usage: unknown, serviceTier?: unknown): Usage {
	return readOpenAiUsage(usage, NAMES, { serviceTier });
}

/** Texts of output in a message, or in a delta of one. Where servers name the reasoning twice, it is the same. */
export function getMessageTexts(message: JsonObject): unknown[] {
	const { audio, content, function_call, reasoning, reasoning_content, reasoning_details, refusal } = message;
	const inputs = objectsIn(message['tool_calls']).map(
		(call) => toObject(call['function'])['arguments'] ?? toObject(call['custom'])['input'],
	);
	const thoughts = reasoning_content || reasoning || reasoning_details;
	return [content, refusal, thoughts, ...inputs, toObject(function_call)['arguments'], toObject(audio)['transcript']];
}

/** Calls that a choice begins: only then they have a name. */
function listNewCalls(choice: JsonObject): JsonObject[] {
	const { tool_calls: calls } = toObject(choice['delta']);
	return objectsIn(calls).filter((call) => typeof toObject(call['function'] ?? call['custom'])['name'] === 'string');
}

/**
 * Usage of a stream of chunks: in the last one, where `stream_options.include_usage` asks for it; some compatible servers
 * tell it in every chunk, cumulative. Source: https://platform.openai.com/docs/api-reference/chat-streaming
 */
export function createOpenAiChatUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage: ({ usage, service_tier: tier }) => (isObject(usage) ? { ...usage, service_tier: tier } : null),
		// some compatible servers send whole messages, or the bare text of older completions, as pieces
		getOutputTexts: ({ choices }) =>
			objectsIn(choices).flatMap(({ delta, message, text }) => [...getMessageTexts(toObject(delta ?? message)), text]),
		getOtherTokens: ({ choices }) => TOOL_CALL_TOKENS * objectsIn(choices).flatMap(listNewCalls).length,
		readUsage: ({ service_tier: tier, ...usage }) => readOpenAiChatUsage(usage, tier),
	});
}

/** A usage as `usage` of a chat completion. */
export function encodeOpenAiChatUsage(usage: Usage): JsonObject {
	const { input, cached, cacheWritten, output, reasoning } = toTotalTokens(usage);
	return {
		prompt_tokens: input,
		completion_tokens: output,
		total_tokens: input + output,
		prompt_tokens_details: { cached_tokens: cached, ...(cacheWritten > 0 ? { cache_write_tokens: cacheWritten } : {}) },
		completion_tokens_details: { reasoning_tokens: reasoning },
	};
}
