import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { isObject, type JsonObject, UsageFields, usageOf, usesOf } from '../shared/usage-fields.ts';

/** Of what a web search tool does, searching is billed; opening a page and looking into it are not. */
function isSearch(action: unknown): boolean {
	return !isObject(action) || action['type'] === undefined || action['type'] === 'search';
}

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
	const writtenByLife = inputDetails.nested('cache_write_tokens_details');
	const outputDetails = fields.nested('output_tokens_details');
	const reasoning = outputDetails.count('reasoning_tokens');
	fields.ignore('total_tokens');
	// the life that the price list knows; one with rates of its own stays visible
	writtenByLife.ignore('ttl_30m_tokens');
	const { tier, unknown } = serviceTierOf('service_tier', response['service_tier']);
	const items = Array.isArray(response['output']) ? response['output'].filter(isObject) : [];
	const searches = items.filter((item) => item['type'] === 'web_search_call' && isSearch(item['action']));
	const fileSearches = items.filter((item) => item['type'] === 'file_search_call');
	return usageOf(
		{
			inputTokens: fields.without('input_tokens', input, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: fields.without('output_tokens', output, reasoning),
			reasoningTokens: reasoning,
			...usesOf({ webSearch: searches.length, fileSearch: fileSearches.length }),
			...tier,
		},
		{
			...fields.unknown(),
			...inputDetails.unknownParts(),
			...writtenByLife.unknownParts(),
			...outputDetails.unknownParts(),
			...unknown,
		},
	);
}
