import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { toTotalTokens } from '../shared/neutral-usage.ts';
import { type OpenAiUsageNames, readOpenAiUsage } from '../shared/openai.ts';
import { createStreamUsageReader, type StreamUsageReader, TOOL_CALL_TOKENS, toPerUse } from '../shared/usage.ts';

const NAMES: OpenAiUsageNames = { input: 'input_tokens', output: 'output_tokens' };

/** Of what a web search tool does, searching is billed; opening a page and looking into it are not. */
function isSearch(action: unknown): boolean {
	const type = toObject(action)['type'];
	return type === undefined || type === 'search';
}

/**
 * `usage` of a response. The response around it says which service was billed, and which tools that are billed per use
 * were called. Source: https://platform.openai.com/docs/api-reference/responses/object
 */
export function readOpenAiResponsesUsage(usage: unknown, response: JsonObject = {}): Usage {
	const items = objectsIn(response['output']);
	const searches = items.filter(({ type, action }) => type === 'web_search_call' && isSearch(action));
	const fileSearches = items.filter(({ type }) => type === 'file_search_call');
	const perUse = toPerUse({ webSearch: searches.length, fileSearch: fileSearches.length });
	return readOpenAiUsage(usage, NAMES, { serviceTier: response['service_tier'], perUse });
}

/** Events that carry the response as it ended. */
const FINAL_EVENTS: ReadonlySet<unknown> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

/**
 * Usage of a stream of events: in the response of the event that ends it, with its service tier and its tool calls.
 * Source: https://platform.openai.com/docs/api-reference/responses-streaming
 */
export function createOpenAiResponsesUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage({ type, response }) {
			if (!FINAL_EVENTS.has(type) || !isObject(response) || !isObject(response['usage'])) return null;
			const { usage, ...around } = response;
			return { usage, around };
		},
		getOutputTexts: ({ type, delta }) => (String(type).endsWith('.delta') ? [delta] : []),
		getOtherTokens: ({ type, item }) =>
			type === 'response.output_item.added' && String(toObject(item)['type']).endsWith('_call') ? TOOL_CALL_TOKENS : 0,
		readUsage: ({ usage, around }) => readOpenAiResponsesUsage(usage, toObject(around)),
	});
}

/** A usage as `usage` of a response. */
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
