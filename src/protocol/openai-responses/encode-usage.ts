import type { Usage } from '../../contracts/index.ts';
import { totalTokensOf } from '../shared/total-tokens.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** A usage as a response says it. */
export function encodeResponsesUsage(usage: Usage): JsonObject {
	const { input, cached, cacheWritten, output, reasoning } = totalTokensOf(usage);
	return {
		input_tokens: input,
		input_tokens_details: { cached_tokens: cached, cache_write_tokens: cacheWritten },
		output_tokens: output,
		output_tokens_details: { reasoning_tokens: reasoning },
		total_tokens: input + output,
	};
}
