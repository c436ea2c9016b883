/**
 * Shortest prefix (tokens) that Anthropic caches, by the beginning of the model id; a mark on a shorter one does nothing
 * and costs nothing. Where sources disagree the longer one stands. Sources, read 2026-11-24:
 * https://platform.claude.com/docs/en/build-with-claude/prompt-caching (as quoted by docs.orq.ai/docs/proxy/prompt-caching,
 * clawdemy.org and dev.to/creeta/claudes-prompt-cache-fails-silently-below-1024-tokens-1ch1)
 */
const MINIMUMS: ReadonlyArray<readonly [prefix: string, tokens: number]> = [
	['claude-opus-5', 512],
	['claude-fable-5', 512],
	['claude-opus-4-8', 1024],
	['claude-opus-4-7', 4096],
	['claude-opus-4-6', 4096],
	['claude-opus-4-5', 4096],
	['claude-opus-4', 1024],
	['claude-sonnet-4-6', 2048],
	['claude-sonnet', 1024],
	['claude-3-7-sonnet', 1024],
	['claude-3-5-sonnet', 1024],
	['claude-haiku-4-5', 4096],
	['claude-3-5-haiku', 2048],
	['claude-3-haiku', 2048],
];

/** For models that are not listed: the longest of all, so that no mark is spent in vain. */
const DEFAULT_MINIMUM = 4096;

/** Shortest prefix (tokens) that is cached for the model. */
export function minimumCacheableTokens(modelId: string): number {
	return MINIMUMS.find(([prefix]) => modelId.startsWith(prefix))?.[1] ?? DEFAULT_MINIMUM;
}
