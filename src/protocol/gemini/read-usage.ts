import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, UsageFields, usageOf, usesOf } from '../shared/usage-fields.ts';

/** Kinds of tokens that some models bill at rates of their own, by the list that counts them. */
const OWN_RATES = { promptTokensDetails: ['AUDIO'], candidatesTokensDetails: ['AUDIO', 'IMAGE'] } as const;

/** Kinds of tokens with rates of their own, so that they stay visible. */
function kindsWithOwnRates(fields: UsageFields): Record<string, unknown> {
	const found: Record<string, unknown> = {};
	for (const [list, kinds] of Object.entries(OWN_RATES)) {
		for (const { modality, tokenCount } of objectsIn(fields.take(list))) {
			if (kinds.some((kind) => kind === modality) && tokenCount !== 0) found[`${list}.${modality}`] = tokenCount;
		}
	}
	return found;
}

/** Searches that candidates were grounded on. */
export function groundingSearches(candidates: unknown): number {
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
	const traffic = serviceTierOf('trafficType', fields.take('trafficType'));
	const service = serviceTierOf('serviceTier', fields.take('serviceTier'));
	return usageOf(
		{
			inputTokens: fields.without('promptTokenCount', prompt, cached) + fields.count('toolUsePromptTokenCount'),
			cacheReadTokens: cached,
			outputTokens: fields.count('candidatesTokenCount'),
			reasoningTokens: fields.count('thoughtsTokenCount'),
			...usesOf({ webSearch }),
			...traffic.tier,
			...service.tier,
		},
		{ ...fields.unknown(), ...ownRates, ...traffic.unknown, ...service.unknown },
	);
}
