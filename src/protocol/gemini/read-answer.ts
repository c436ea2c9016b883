import type { AnswerReading } from '../shared/caller-format.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { isPromptBlocked, readCandidates } from './read-candidates.ts';
import { groundingSearches, readGeminiUsage } from './read-usage.ts';

/** Reads a whole answer that is passed through. @throws InvalidInputError for figures that cannot be */
export function readAnswer(body: JsonObject): AnswerReading {
	const candidates = readCandidates(body);
	const reason = candidates.find(({ finishReason }) => finishReason !== null)?.finishReason ?? null;
	const finishReason = isPromptBlocked(body) ? 'content-filter' : reason;
	const isRefusal = finishReason === 'content-filter';
	const { usageMetadata: usage } = body;
	return {
		finishReason,
		hasOutput: isRefusal || candidates.some(({ hasOutput }) => hasOutput),
		isRefusal,
		usage: isObject(usage) ? readGeminiUsage(usage, groundingSearches(body['candidates'])) : null,
	};
}
