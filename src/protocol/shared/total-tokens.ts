import type { Usage } from '../../contracts/index.ts';

/** Tokens as OpenAI's APIs count them: parts are inside their whole. */
export interface TotalTokens {
	input: number;
	cached: number;
	cacheWritten: number;
	output: number;
	reasoning: number;
}

/** Totals of a usage whose classes are disjoint. */
export function totalTokensOf(usage: Usage): TotalTokens {
	const cacheWritten = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
	return {
		input: usage.inputTokens + usage.cacheReadTokens + cacheWritten,
		cached: usage.cacheReadTokens,
		cacheWritten,
		output: usage.outputTokens + usage.reasoningTokens,
		reasoning: usage.reasoningTokens,
	};
}
