import type { Usage } from '../contracts/index.ts';
import { findUsage } from '../protocol/index.ts';

/** What an executor's value tells of the tokens it took. */
export interface ExecutorResult {
	/** `null` when the value says nothing of usage. */
	usage: Usage | null;
	/** Characters of the answer's text, when it is a text. */
	textLength: number | null;
	/** Why the usage it does say is not believed. @default null */
	refused?: string | null;
}

/** Looks for usage in whatever an executor returned: a text, `{ output, usage }`, or a provider SDK's response. */
export function readResult(value: unknown): ExecutorResult {
	if (typeof value === 'string') return { usage: null, textLength: value.length };
	const { recognised, refused } = findUsage(value);
	const output = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
	return { usage: recognised?.usage ?? null, textLength: typeof output === 'string' ? output.length : null, refused };
}

/** Characters per token of ordinary English text and code; a common rule of thumb of providers' documentation. */
const CHARACTERS_PER_TOKEN = 4;

/** The usage to book when the executor did not say: expected input, metered or expected output; marked estimated. */
export function estimateUsage(result: ExecutorResult, expected: { input: number; output: number }): Usage {
	const output = result.textLength === null ? expected.output : Math.ceil(result.textLength / CHARACTERS_PER_TOKEN);
	return {
		inputTokens: Math.ceil(expected.input),
		cacheReadTokens: 0,
		cacheWrite5mTokens: 0,
		cacheWrite1hTokens: 0,
		outputTokens: Math.ceil(output),
		reasoningTokens: 0,
		isEstimated: true,
		// it stands beside the estimate that took its place
		...(typeof result.refused === 'string' && { unknownFields: { refusedUsage: result.refused } }),
	};
}
