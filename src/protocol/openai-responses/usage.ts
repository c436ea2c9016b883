import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import {
	createStreamUsageReader,
	createUsage,
	parseServiceTier,
	type StreamUsageReader,
	toPerUse,
	toTotalTokens,
	UsageFields,
} from '../shared/usage.ts';

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
	const { tier, unknown } = parseServiceTier('service_tier', response['service_tier']);
	const items = Array.isArray(response['output']) ? response['output'].filter(isObject) : [];
	const searches = items.filter((item) => item['type'] === 'web_search_call' && isSearch(item['action']));
	const fileSearches = items.filter((item) => item['type'] === 'file_search_call');
	return createUsage(
		{
			inputTokens: fields.subtract('input_tokens', input, cached + written),
			cacheReadTokens: cached,
			cacheWrite5mTokens: written,
			outputTokens: fields.subtract('output_tokens', output, reasoning),
			reasoningTokens: reasoning,
			...toPerUse({ webSearch: searches.length, fileSearch: fileSearches.length }),
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

/** Events that carry the response as it ended. */
const ENDS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * Usage of a stream of response events: in the response of the event that ends it, with its service tier and its tool
 * calls. Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createOpenAiResponsesUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage({ type, response }) {
			if (!ENDS.has(type) || !isObject(response) || !isObject(response['usage'])) return null;
			const { usage, ...around } = response;
			return { usage, around };
		},
		getOutputTexts({ type, delta }) {
			return typeof type === 'string' && type.endsWith('.delta') ? [delta] : [];
		},
		// both were put there by usageOf
		readUsage: ({ usage, around }) => readOpenAiResponsesUsage(usage, around as JsonObject),
	});
}

/** A usage as a response says it. */
export function encodeOpenAiResponsesUsage(usage: Usage): JsonObject {
	const { input, cached, cacheWritten, output, reasoning } = toTotalTokens(usage);
	return {
		input_tokens: input,
		input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWritten },
		output_tokens: output,
		output_tokens_details: { reasoning_tokens: reasoning },
		total_tokens: input + output,
	};
}
