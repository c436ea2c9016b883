import type { TokenCounts, Usage } from '../contracts/index.ts';

/** Tokens of a usage as a reader counts them: all input (cached or not), all output (reasoning too). */
export function countTokens(usage: Usage): TokenCounts {
	return {
		input: usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
		output: usage.outputTokens + usage.reasoningTokens,
	};
}
