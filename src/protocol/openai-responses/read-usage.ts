import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { isObject, type JsonObject, UsageFields, usageOf, usesOf } from '../shared/usage-fields.ts';

/**
 * `usage` of an OpenAI response. `input_tokens` holds the cached ones, `output_tokens` the reasoning.
 * Source: https://platform.openai.com/docs/api-reference/responses/object
 * The response around it says which service was billed, and which tools that are billed per use were called.
 * @throws InvalidInputError for figures that cannot be.
 */
export function readOpenAiResponsesUsage(usage: unknown, response: JsonObject = {}): Usage {
	const fields = new UsageFields(usage);
	const input = fields.count('input_tokens');
	const output = fields.count('output_tokens');
	const inputDetails = fields.nested('input_tokens_details');
	const cached = inputDetails.count('cached_tokens');
	const written = inputDetails.count('cache_write_tokens');
	const reasoning = fields.nested('output_tokens_details').count('reasoning_tokens');
	fields.ignore('total_tokens');
	const { tier, unknown } = serviceTierOf('service_tier', response['service_tier']);
	const items = Array.isArray(response['output']) ? response['output'].filter(isObject) : [];
	const countOf = (type: string): number => items.filter((item) => item['type'] === type).length;
	return usageOf(
		{
			inputTokens: fields.without('input_tokens', input, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: fields.without('output_tokens', output, reasoning),
			reasoningTokens: reasoning,
			...usesOf({ webSearch: countOf('web_search_call'), fileSearch: countOf('file_search_call') }),
			...tier,
		},
		{ ...fields.unknown(), ...unknown },
	);
}
