import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { createStreamUsageReader, type StreamUsageReader, toPerUse, UsageFields } from '../shared/usage.ts';

/** Modalities that some models bill at rates of their own, by the list that counts them. */
const OWN_RATES = { promptTokensDetails: ['AUDIO'], candidatesTokensDetails: ['AUDIO', 'IMAGE'] } as const;

/** Tokens with rates of their own, which stay visible as unknown. */
function readOwnRates(fields: UsageFields): Record<string, unknown> {
	const counts = Object.entries(OWN_RATES).flatMap(([list, modalities]) =>
		objectsIn(fields.get(list))
			.filter(({ modality, tokenCount }) => modalities.some((each) => each === modality) && Number(tokenCount) > 0)
			.map(({ modality, tokenCount }) => [`${list}.${modality}`, tokenCount]),
	);
	return Object.fromEntries(counts);
}

/** Searches that candidates were grounded on. */
export function countGroundingSearches(candidates: unknown): number {
	const queries = objectsIn(candidates).flatMap((candidate) => {
		const list = toObject(candidate['groundingMetadata'])['webSearchQueries'];
		return Array.isArray(list) ? list : [];
	});
	return queries.length;
}

/**
 * `usageMetadata` of a Gemini response. `promptTokenCount` holds the cached ones; `candidatesTokenCount` leaves the
 * thoughts out; what tools returned is input. `webSearch`: searches, which the response around the usage counts.
 * Source: https://ai.google.dev/api/generate-content#UsageMetadata
 */
export function readGeminiUsage(usage: unknown, webSearch = 0): Usage {
	const fields = new UsageFields(usage, 'usageMetadata');
	const prompt = fields.count('promptTokenCount');
	const cached = fields.count('cachedContentTokenCount');
	const ownRates = readOwnRates(fields);
	fields.ignore('totalTokenCount', 'initialPromptTokenCount', 'cacheTokensDetails', 'toolUsePromptTokensDetails');
	return fields.toUsage(
		{
			inputTokens: fields.subtract(prompt, cached) + fields.count('toolUsePromptTokenCount'),
			cacheReadTokens: cached,
			outputTokens: fields.count('candidatesTokenCount'),
			reasoningTokens: fields.count('thoughtsTokenCount'),
			...toPerUse({ webSearch }),
			...fields.serviceTier('trafficType'),
			...fields.serviceTier('serviceTier'),
		},
		ownRates,
	);
}

/** Texts of output in the candidates of an answer, or of a chunk of one. */
export function getCandidateTexts(candidates: unknown): unknown[] {
	const parts = objectsIn(candidates).flatMap(({ content }) => objectsIn(toObject(content)['parts']));
	return parts.map(({ executableCode, functionCall, text }) =>
		isObject(functionCall) ? JSON.stringify(functionCall['args']) : (toObject(executableCode)['code'] ?? text),
	);
}

/**
 * Usage of a stream of generated content: `usageMetadata` of every chunk, cumulative.
 * Source: https://ai.google.dev/api/generate-content
 */
export function createGeminiUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage({ usageMetadata, candidates }) {
			if (!isObject(usageMetadata)) return null;
			const searches = countGroundingSearches(candidates);
			return searches === 0 ? usageMetadata : { ...usageMetadata, searches };
		},
		getOutputTexts: ({ candidates }) => getCandidateTexts(candidates),
		// a number, put there by getUsage
		readUsage: ({ searches, ...usage }) => readGeminiUsage(usage, (searches as number | undefined) ?? 0),
	});
}

/** A usage as `usageMetadata`: the prompt includes cached tokens, the candidates leave the thoughts out. */
export function encodeGeminiUsage(usage: Usage): JsonObject {
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
