import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { usageOf } from './usage-fields.ts';

function countOf(value: number | undefined): number | undefined {
	return value === undefined || !Number.isFinite(value) || value < 0 ? undefined : Math.ceil(value);
}

/** What is left of a whole when its parts are taken out; a part that says more than its whole leaves nothing. */
function restOf(whole: number | undefined, ...parts: number[]): number {
	return Math.max(0, (whole ?? 0) - parts.reduce((sum, part) => sum + part, 0));
}

function readCounts({ inputTokens, outputTokens }: LanguageModelV4Usage): Usage {
	const read = countOf(inputTokens.cacheRead) ?? 0;
	const written = countOf(inputTokens.cacheWrite) ?? 0;
	const reasoning = countOf(outputTokens.reasoning) ?? 0;
	const input = countOf(inputTokens.noCache) ?? restOf(countOf(inputTokens.total), read, written);
	// Some providers call the whole output text: what is reasoning is not counted twice.
	const total = countOf(outputTokens.total);
	const text = countOf(outputTokens.text) ?? restOf(total, reasoning);
	const output = total === undefined ? text : Math.min(text, restOf(total, reasoning));
	const isSaid = [inputTokens.total, inputTokens.noCache, outputTokens.total, outputTokens.text].some(
		(count) => countOf(count) !== undefined,
	);
	return usageOf({
		inputTokens: input,
		cacheReadTokens: read,
		cacheWrite5mTokens: written,
		outputTokens: output,
		reasoningTokens: reasoning,
		...(isSaid ? {} : { isEstimated: true }),
	});
}

/**
 * The AI SDK's neutral usage in disjoint classes. `exact` is the provider's own report, read, where it is at hand: it
 * knows how long cache writes live, tools that were used and the service; what the neutral form counts beyond it (steps
 * that a provider leaves out of its totals) is kept. Without any count the usage is marked estimated.
 */
export function readNeutralCounts(usage: LanguageModelV4Usage, exact: Usage | null): Usage {
	const counts = readCounts(usage);
	if (exact === null) return counts;
	const reasoningTokens = Math.max(exact.reasoningTokens, counts.reasoningTokens);
	const output = Math.max(
		exact.outputTokens + exact.reasoningTokens,
		counts.outputTokens + counts.reasoningTokens,
		reasoningTokens,
	);
	return {
		...exact,
		inputTokens: Math.max(exact.inputTokens, counts.inputTokens),
		reasoningTokens,
		outputTokens: output - reasoningTokens,
	};
}
