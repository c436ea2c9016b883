import { type ModelCatalog, resolveLatency } from '../catalog/index.ts';
import type { Attempt, FailureKind, TaskDescriptor, Usage } from '../contracts/index.ts';
import { estimateUsage, readResult } from './read-result.ts';

/** Failures in whose course the provider may have worked, and billed it, without our hearing how much. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set(['timeout', 'aborted', 'stream-interrupted']);
/** A call that ended sooner (milliseconds) was never sent. */
const SHORTEST_CALL_MS = 1;

/** The usage to book for an answer: what it says, else an estimate marked as such. */
export function usageOfAnswer(value: unknown, descriptor: TaskDescriptor): Usage {
	const read = readResult(value);
	const expected = { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens };
	return read.usage ?? estimateUsage(read, expected);
}

/**
 * The usage to book for an attempt that failed; `null` when nothing was billed. What the error itself says of usage
 * is believed. An attempt that was cut is metered: the whole input, and the output that the model's usual speed
 * yields in the time it had, marked as estimated.
 */
export function usageOfFailure(
	attempt: Attempt,
	error: unknown,
	task: { descriptor: TaskDescriptor; catalog: ModelCatalog },
): Usage | null {
	const { usage } = typeof error === 'string' ? { usage: null } : readResult(error);
	if (usage !== null) return usage;
	if (attempt.failure === undefined || !MAY_BE_BILLED.has(attempt.failure)) return null;
	if (attempt.durationMs < SHORTEST_CALL_MS) return null;
	const { descriptor, catalog } = task;
	const profile = catalog.get(attempt.model);
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const writingMs = Math.max(0, attempt.durationMs - ttftMs);
	const output = Math.min(profile.maxOutputTokens, (writingMs / 1000) * outputTokensPerSecond);
	return estimateUsage({ usage: null, textLength: null }, { input: descriptor.estimatedInputTokens, output });
}
