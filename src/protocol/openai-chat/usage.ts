import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import {
	createStreamUsageReader,
	createUsage,
	objectsIn,
	parseServiceTier,
	type StreamUsageReader,
	toTotalTokens,
	UsageFields,
} from '../shared/usage.ts';

/**
 * `usage` of an OpenAI chat completion. `prompt_tokens` holds the cached ones, `completion_tokens` the reasoning,
 * unless the total counts it beside them.
 * Source: https://platform.openai.com/docs/api-reference/chat/object
 * The completion's own `service_tier` says which service was billed. Sound has rates of its own: it stays visible.
 * @throws InvalidInputError for figures that cannot be.
 */
export function readOpenAiChatUsage(usage: unknown, serviceTier?: unknown): Usage {
	const fields = new UsageFields(usage);
	const prompt = fields.count('prompt_tokens');
	const completion = fields.count('completion_tokens');
	const promptDetails = fields.nested('prompt_tokens_details');
	const cached = promptDetails.count('cached_tokens');
	const written = promptDetails.count('cache_write_tokens');
	const completionDetails = fields.nested('completion_tokens_details');
	const reasoning = completionDetails.count('reasoning_tokens');
	// some servers (xAI) count the reasoning beside: then their total does too
	const isBeside = reasoning > 0 && fields.get('total_tokens') === prompt + completion + reasoning;
	// text and pictures have the rates of their whole, and predictions are output; sound has rates of its own
	promptDetails.ignore('text_tokens', 'image_tokens');
	completionDetails.ignore('text_tokens', 'accepted_prediction_tokens', 'rejected_prediction_tokens');
	const { tier, unknown } = parseServiceTier('service_tier', serviceTier);
	return createUsage(
		{
			inputTokens: fields.subtract('prompt_tokens', prompt, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: isBeside ? completion : fields.subtract('completion_tokens', completion, reasoning),
			reasoningTokens: reasoning,
			...tier,
		},
		{ ...fields.unknown(), ...promptDetails.unknownParts(), ...completionDetails.unknownParts(), ...unknown },
	);
}

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
		getUsage: ({ usage, service_tier: tier }) => (isObject(usage) ? { ...usage, service_tier: tier } : null),
		getOutputTexts: ({ choices }) => objectsIn(choices).flatMap(outputOfDelta),
		readUsage: ({ service_tier: tier, ...usage }) => readOpenAiChatUsage(usage, tier),
	});
}

/** A usage as a chat completion says it. */
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
