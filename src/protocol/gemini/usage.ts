import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn } from '../shared/json.ts';
import {
	createStreamUsageReader,
	createUsage,
	fromNeutralUsage,
	parseServiceTier,
	type StreamUsageReader,
	toPerUse,
	UsageFields,
} from '../shared/usage.ts';

/** Kinds of tokens that some models bill at rates of their own, by the list that counts them. */
const OWN_RATES = { promptTokensDetails: ['AUDIO'], candidatesTokensDetails: ['AUDIO', 'IMAGE'] } as const;

/** Kinds of tokens with rates of their own, so that they stay visible. */
function kindsWithOwnRates(fields: UsageFields): Record<string, unknown> {
	const found: Record<string, unknown> = {};
	for (const [list, kinds] of Object.entries(OWN_RATES)) {
		for (const { modality, tokenCount } of objectsIn(fields.get(list))) {
			if (kinds.some((kind) => kind === modality) && tokenCount !== 0) found[`${list}.${modality}`] = tokenCount;
		}
	}
	return found;
}

/** Searches that candidates were grounded on. */
export function countGroundingSearches(candidates: unknown): number {
	const grounds = objectsIn(candidates).map(({ groundingMetadata }) => groundingMetadata);
	const queries = grounds.map((ground) => (isObject(ground) ? ground['webSearchQueries'] : []));
	return queries.reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 0);
}

/**
 * `usageMetadata` of a Gemini response. `promptTokenCount` holds the cached ones; `candidatesTokenCount` leaves the
 * thoughts out; what tools returned is input. `webSearch`: searches beside it, which the response around it tells of. Source: https://ai.google.dev/api/generate-content#UsageMetadata
 * @throws InvalidInputError for figures that cannot be.
 */
export function readGeminiUsage(usage: unknown, webSearch = 0): Usage {
	const fields = new UsageFields(usage, 'usageMetadata');
	const prompt = fields.count('promptTokenCount');
	const cached = fields.count('cachedContentTokenCount');
	const ownRates = kindsWithOwnRates(fields);
	fields.ignore('totalTokenCount', 'initialPromptTokenCount', 'cacheTokensDetails', 'toolUsePromptTokensDetails');
	const traffic = parseServiceTier('trafficType', fields.get('trafficType'));
	const service = parseServiceTier('serviceTier', fields.get('serviceTier'));
	return createUsage(
		{
			inputTokens: fields.subtract('promptTokenCount', prompt, cached) + fields.count('toolUsePromptTokenCount'),
			cacheReadTokens: cached,
			outputTokens: fields.count('candidatesTokenCount'),
			reasoningTokens: fields.count('thoughtsTokenCount'),
			...toPerUse({ webSearch }),
			...traffic.tier,
			...service.tier,
		},
		{ ...fields.unknown(), ...ownRates, ...traffic.unknown, ...service.unknown },
	);
}

/** Usage of a stream of generated content: `usageMetadata` of every chunk, cumulative. Source: https://ai.google.dev/api/generate-content */
export function createGeminiUsageReader(): StreamUsageReader {
	return createStreamUsageReader({
		getUsage({ usageMetadata, candidates }) {
			if (!isObject(usageMetadata)) return null;
			const searches = countGroundingSearches(candidates);
			return searches === 0 ? usageMetadata : { ...usageMetadata, searches };
		},
		getOutputTexts({ candidates }) {
			const contents = objectsIn(candidates).map(({ content }) => (isObject(content) ? content : {}));
			const parts = contents.flatMap((content) => objectsIn(content['parts']));
			return parts.map((part) =>
				isObject(part['functionCall']) ? JSON.stringify(part['functionCall']) : part['text'],
			);
		},
		// a number, put there by usageOf
		readUsage: ({ searches, ...usage }) => readGeminiUsage(usage, (searches as number | undefined) ?? 0),
	});
}

/** A usage as Gemini says it: the prompt holds what the cache gave, the candidates leave the thoughts out. */
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

/** A neutral usage as Gemini says it; exact where Gemini itself answered. */
export function encodeGeminiNeutralUsage(usage: LanguageModelV4Usage): JsonObject {
	const { raw } = usage;
	return encodeGeminiUsage(
		fromNeutralUsage(usage, typeof raw?.['promptTokenCount'] === 'number' ? readGeminiUsage(raw) : null),
	);
}
