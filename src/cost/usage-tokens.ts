import { inputTokensOf } from '../catalog/index.ts';
import type { TokenCounts, Usage } from '../contracts/index.ts';

/** Tokens of a usage as a reader counts them: all input (cached or not), all output (reasoning too). */
export function countTokens(usage: Usage): TokenCounts {
	return { input: inputTokensOf(usage), output: usage.outputTokens + usage.reasoningTokens };
}
