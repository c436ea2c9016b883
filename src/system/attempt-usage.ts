import { type ModelCatalog, resolveLatency } from '../catalog/index.ts';
import {
	type Attempt,
	CHARACTERS_PER_TOKEN,
	type FailureKind,
	type TaskDescriptor,
	type Usage,
} from '../contracts/index.ts';
import { findUsage } from '../protocol/index.ts';

/** Failures in whose course the provider may have worked, and billed it, without our hearing how much. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set(['timeout', 'aborted', 'stream-interrupted']);

/** The usage to book for an answer: what it says, else an estimate marked as such. */
export function resolveAnswerUsage(value: unknown, descriptor: TaskDescriptor): Usage {
	const read = parseExecutorResult(value);
	const expected = { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens };
	return read.usage ?? estimateUsage(read, expected);
}

/**
 * The usage to book for an attempt that failed; `null` when nothing was billed. What the error itself says of usage
 * is believed. An attempt that was cut is metered: the whole input, and the output that the model's usual speed
 * yields in the time it had, marked as estimated.
 */
export function estimateFailureUsage(
	attempt: Attempt,
	error: unknown,
	task: { descriptor: TaskDescriptor; catalog: ModelCatalog },
): Usage | null {
	const { usage } = typeof error === 'string' ? { usage: null } : parseExecutorResult(error);
	if (usage !== null) return usage;
	if (attempt.failure === undefined || !MAY_BE_BILLED.has(attempt.failure)) return null;
	if (attempt.wasSent === false) return null;
	const { descriptor, catalog } = task;
	const profile = catalog.get(attempt.model);
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const writingMs = Math.max(0, attempt.durationMs - ttftMs);
	const output = Math.min(profile.maxOutputTokens, (writingMs / 1000) * outputTokensPerSecond);
	return estimateUsage({ usage: null, textLength: null }, { input: descriptor.estimatedInputTokens, output });
}

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
function parseExecutorResult(value: unknown): ExecutorResult {
	if (typeof value === 'string') return { usage: null, textLength: value.length };
	const { recognised, refused } = findUsage(value);
	const output = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
	return { usage: recognised?.usage ?? null, textLength: typeof output === 'string' ? output.length : null, refused };
}

/** The usage to book when the executor did not say: expected input, metered or expected output; marked estimated. */
function estimateUsage(result: ExecutorResult, expected: { input: number; output: number }): Usage {
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
