import type { Usage } from '../../contracts/index.ts';
import { totalTokensOf } from '../shared/total-tokens.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** A usage as a chat completion says it. */
export function encodeChatUsage(usage: Usage): JsonObject {
	const { input, cached, cacheWritten, output, reasoning } = totalTokensOf(usage);
	return {
		prompt_tokens: input,
		completion_tokens: output,
		total_tokens: input + output,
		prompt_tokens_details: { cached_tokens: cached, ...(cacheWritten > 0 ? { cache_write_tokens: cacheWritten } : {}) },
		completion_tokens_details: { reasoning_tokens: reasoning },
	};
}
