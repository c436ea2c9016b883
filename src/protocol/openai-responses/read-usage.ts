import type { Usage } from '../../contracts/index.ts';
import { UsageFields, usageOf } from '../shared/usage-fields.ts';

/**
 * `usage` of an OpenAI response. `input_tokens` holds the cached ones, `output_tokens` the reasoning.
 * Source: https://platform.openai.com/docs/api-reference/responses/object
 * @throws InvalidInputError for figures that cannot be.
 */
export function readOpenAiResponsesUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage);
	const input = fields.count('input_tokens');
	const output = fields.count('output_tokens');
	const inputDetails = fields.nested('input_tokens_details');
	const cached = inputDetails.count('cached_tokens');
	const written = inputDetails.count('cache_write_tokens');
	const reasoning = fields.nested('output_tokens_details').count('reasoning_tokens');
	fields.ignore('total_tokens');
	return usageOf(
		{
			inputTokens: fields.without('input_tokens', input, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: fields.without('output_tokens', output, reasoning),
			reasoningTokens: reasoning,
		},
		fields.unknown(),
	);
}
