import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { readAnthropicUsage } from './read-usage.ts';

/** A usage as a message says it: `input_tokens` without what the cache gave or took, thinking inside `output_tokens`. */
export function writeUsage(usage: Usage): JsonObject {
	const { cacheWrite5mTokens, cacheWrite1hTokens, reasoningTokens, perUse = {} } = usage;
	const uses = { web_search_requests: perUse['webSearch'] ?? 0, web_fetch_requests: perUse['webFetch'] ?? 0 };
	return {
		input_tokens: usage.inputTokens,
		cache_creation_input_tokens: cacheWrite5mTokens + cacheWrite1hTokens,
		cache_read_input_tokens: usage.cacheReadTokens,
		cache_creation: {
			ephemeral_5m_input_tokens: cacheWrite5mTokens,
			ephemeral_1h_input_tokens: cacheWrite1hTokens,
		},
		output_tokens: usage.outputTokens + reasoningTokens,
		output_tokens_details: reasoningTokens > 0 ? { thinking_tokens: reasoningTokens } : null,
		server_tool_use: uses.web_search_requests + uses.web_fetch_requests > 0 ? uses : null,
		service_tier: usage.serviceTier ?? 'standard',
		inference_geo: usage.region ?? null,
	};
}

/** A neutral usage as a message says it; exact where Anthropic itself answered. */
export function writeNeutralUsage(usage: LanguageModelV4Usage): JsonObject {
	const { raw } = usage;
	const isOwn = typeof raw?.['input_tokens'] === 'number' && raw['input_tokens_details'] === undefined;
	return writeUsage(readNeutralCounts(usage, isOwn ? readAnthropicUsage(raw) : null));
}
