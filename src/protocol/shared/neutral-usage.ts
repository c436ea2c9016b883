import type { JSONObject, LanguageModelV4Usage } from '@ai-sdk/provider';
import { countInputTokens, countOutputTokens, type Usage } from '../../contracts/index.ts';
import { isObject } from '../../util/index.ts';
import { createUsage } from './usage.ts';

/** Tokens as OpenAI's APIs count them: the input includes the cached tokens, the output the reasoning. */
interface TotalTokens {
	input: number;
	cached: number;
	cacheWritten: number;
	output: number;
	reasoning: number;
}

/** Totals of a usage whose classes are disjoint. */
export function toTotalTokens(usage: Usage): TotalTokens {
	const cacheWritten = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
	return {
		input: usage.inputTokens + usage.cacheReadTokens + cacheWritten,
		cached: usage.cacheReadTokens,
		cacheWritten,
		output: usage.outputTokens + usage.reasoningTokens,
		reasoning: usage.reasoningTokens,
	};
}

function toCount(value: number | undefined): number | undefined {
	return value === undefined || !Number.isFinite(value) || value < 0 ? undefined : Math.ceil(value);
}

/** A whole without its parts; 0 where they are more than the whole. */
function subtractParts(whole: number | undefined, ...parts: number[]): number {
	return Math.max(0, (whole ?? 0) - parts.reduce((sum, part) => sum + part, 0));
}

function readCounts({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
	const read = toCount(inputTokens.cacheRead) ?? 0;
	const written = toCount(inputTokens.cacheWrite) ?? 0;
	const reasoning = toCount(outputTokens.reasoning) ?? 0;
	const input = toCount(inputTokens.noCache) ?? subtractParts(toCount(inputTokens.total), read, written);
	// some providers count the whole output as text: reasoning is not counted twice
	const total = toCount(outputTokens.total);
	const text = toCount(outputTokens.text) ?? subtractParts(total, reasoning);
	const output = total === undefined ? text : Math.min(text, subtractParts(total, reasoning));
	const hasCounts = [inputTokens.total, inputTokens.noCache, outputTokens.total, outputTokens.text].some(
		(count) => toCount(count) !== undefined,
	);
	return createUsage({
		inputTokens: input,
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: output,
		reasoningTokens: reasoning,
		...(hasCounts ? {} : { isEstimated: true }),
	});
}

/**
 * The AI SDK's neutral usage in disjoint classes. `exact` is the provider's own report where it is at hand: it knows the
 * lifetime of cache writes, the tools that were used and the service tier. Where the neutral form counts more (steps that
 * a provider leaves out of its totals) its count is kept. Without any count the usage is marked estimated.
 */
export function fromNeutralUsage(usage: LanguageModelV4Usage, exact: Usage | null = null): Usage {
	if (isOwnUsage(usage.raw)) return usage.raw;
	const counts = readCounts(usage);
	if (exact === null) return counts;
	const reasoningTokens = Math.max(exact.reasoningTokens, counts.reasoningTokens);
	const output = Math.max(countOutputTokens(exact), countOutputTokens(counts), reasoningTokens);
	// compared by their totals: which class a token is in, the exact one knows
	const missingInput = Math.max(0, (toCount(usage.inputTokens.total) ?? 0) - countInputTokens(exact));
	return {
		...exact,
		inputTokens: exact.inputTokens + missingInput,
		reasoningTokens,
		outputTokens: output - reasoningTokens,
	};
}

/** Whether a neutral usage was made of one of this package, which is in `raw`. */
function isOwnUsage(raw: unknown): raw is Usage & JSONObject {
	return isObject(raw) && typeof raw['cacheWrite1hTokens'] === 'number';
}

/** A usage in the neutral form, for the encoders; `fromNeutralUsage` gives it back as it was. */
export function toNeutralUsage(usage: Usage): LanguageModelV4Usage {
	const { cached, cacheWritten, input, output } = toTotalTokens(usage);
	return {
		inputTokens: { total: input, noCache: usage.inputTokens, cacheRead: cached, cacheWrite: cacheWritten },
		outputTokens: { total: output, text: usage.outputTokens, reasoning: usage.reasoningTokens },
		// counts, names and what came out of JSON
		raw: { ...usage } as JSONObject,
	};
}
