import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { UsageFields, usageOf } from '../shared/usage-fields.ts';

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
	const isBeside = reasoning > 0 && fields.take('total_tokens') === prompt + completion + reasoning;
	// text and pictures have the rates of their whole, and predictions are output; sound has rates of its own
	promptDetails.ignore('text_tokens', 'image_tokens');
	completionDetails.ignore('text_tokens', 'accepted_prediction_tokens', 'rejected_prediction_tokens');
	const { tier, unknown } = serviceTierOf('service_tier', serviceTier);
	return usageOf(
		{
			inputTokens: fields.without('prompt_tokens', prompt, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: isBeside ? completion : fields.without('completion_tokens', completion, reasoning),
			reasoningTokens: reasoning,
			...tier,
		},
		{ ...fields.unknown(), ...promptDetails.unknownParts(), ...completionDetails.unknownParts(), ...unknown },
	);
}
