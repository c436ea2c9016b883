import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { readNeutralCounts } from '../shared/neutral-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { readGeminiUsage } from './read-usage.ts';

/** A usage as Gemini says it: the prompt holds what the cache gave, the candidates leave the thoughts out. */
export function writeUsage(usage: Usage): JsonObject {
	const { cacheReadTokens: cached, outputTokens: candidates, reasoningTokens: thoughts } = usage;
	const prompt = usage.inputTokens + cached + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
	return {
		promptTokenCount: prompt,
		candidatesTokenCount: candidates,
		totalTokenCount: prompt + candidates + thoughts,
		...(cached > 0 ? { cachedContentTokenCount: cached } : {}),
		...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
	};
}

/** A neutral usage as Gemini says it; exact where Gemini itself answered. */
export function writeNeutralUsage(usage: LanguageModelV4Usage): JsonObject {
	const { raw } = usage;
	return writeUsage(
		readNeutralCounts(usage, typeof raw?.['promptTokenCount'] === 'number' ? readGeminiUsage(raw) : null),
	);
}
