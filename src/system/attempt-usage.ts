import { type ModelCatalog, resolveLatency } from '../catalog/index.ts';
import {
	type Attempt,
	CHARACTERS_PER_TOKEN,
	type FailureKind,
	type TaskDescriptor,
	type Usage,
} from '../contracts/index.ts';
import { findUsage } from '../protocol/index.ts';
import type { AttemptHooks } from './options.ts';

/** Failures during which the provider may have worked, and billed it, without reporting usage. */
const MAY_BE_BILLED: ReadonlySet<FailureKind> = new Set(['timeout', 'aborted', 'stream-interrupted']);

/** What usage is resolved with. */
export interface UsageContext<Value> {
	descriptor: TaskDescriptor;
	catalog: ModelCatalog;
	hooks: AttemptHooks<Value>;
}

/** The usage to book for an attempt: metered by the caller, else reported, else estimated; `null` when nothing was billed. */
export function resolveAttemptUsage<Value>(
	attempt: Attempt,
	result: { value: Value } | { error: unknown },
	context: UsageContext<Value>,
): Usage | null {
	const { descriptor, hooks } = context;
	if ('value' in result) return hooks.usageOf?.(result.value) ?? resolveAnswerUsage(result.value, descriptor);
	const metered = hooks.meterFailure?.(attempt, result.error) ?? 'unknown';
	if (metered === 'unknown') return estimateFailureUsage(attempt, result.error, context);
	return metered === 'not-billed' ? null : metered;
}

function resolveAnswerUsage(value: unknown, descriptor: TaskDescriptor): Usage {
	const result = parseExecutorResult(value);
	const expected = { input: descriptor.estimatedInputTokens, output: descriptor.estimatedOutputTokens };
	return result.usage ?? estimateUsage(result, expected);
}

/**
 * Usage that the error itself reports is believed. An attempt that was interrupted is estimated: the whole input, and the
 * output that the model's usual speed yields in the time it had.
 */
function estimateFailureUsage(
	attempt: Attempt,
	error: unknown,
	{ descriptor, catalog }: { descriptor: TaskDescriptor; catalog: ModelCatalog },
): Usage | null {
	const usage = typeof error === 'string' ? null : parseExecutorResult(error).usage;
	if (usage !== null) return usage;
	if (attempt.failure === undefined || !MAY_BE_BILLED.has(attempt.failure) || attempt.wasSent === false) return null;
	const profile = catalog.get(attempt.model);
	const { ttftMs, outputTokensPerSecond } = resolveLatency(profile);
	const outputMs = Math.max(0, attempt.durationMs - ttftMs);
	const output = Math.min(profile.maxOutputTokens, (outputMs / 1000) * outputTokensPerSecond);
	return estimateUsage({ usage: null, textLength: null }, { input: descriptor.estimatedInputTokens, output });
}

/** What an executor's value reports of the tokens it took. */
interface ExecutorResult {
	/** `null` when the value reports none. */
	usage: Usage | null;
	/** Characters of the answer's text, when it is a text. */
	textLength: number | null;
	/** Why the usage that it reports is not believed. @default null */
	refused?: string | null;
}

/** Looks for usage in whatever an executor returned: a text, `{ output, usage }`, or a provider SDK's response. */
function parseExecutorResult(value: unknown): ExecutorResult {
	if (typeof value === 'string') return { usage: null, textLength: value.length };
	const { recognised, refused } = findUsage(value);
	const output = typeof value === 'object' && value !== null && 'output' in value ? value.output : undefined;
	return { usage: recognised?.usage ?? null, textLength: typeof output === 'string' ? output.length : null, refused };
}

/** Usage where none was reported: expected input; output by the length of the text, else expected; marked as estimated. */
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
		...(typeof result.refused === 'string' && { unknownFields: { refusedUsage: result.refused } }),
	};
}
