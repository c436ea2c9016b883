import type { Usage } from '../../contracts/index.ts';
import { serviceTierOf } from '../shared/service-tier.ts';
import { UsageFields, usageOf } from '../shared/usage-fields.ts';

/**
 * `usageMetadata` of a Gemini response. `promptTokenCount` holds the cached ones; `candidatesTokenCount` leaves the
 * thoughts out; what tools returned is input. Source: https://ai.google.dev/api/generate-content#UsageMetadata
 * @throws InvalidInputError for figures that cannot be.
 */
export function readGeminiUsage(usage: unknown): Usage {
	const fields = new UsageFields(usage, 'usageMetadata');
	const prompt = fields.count('promptTokenCount');
	const cached = fields.count('cachedContentTokenCount');
	fields.ignore(
		'totalTokenCount',
		'promptTokensDetails',
		'cacheTokensDetails',
		'candidatesTokensDetails',
		'toolUsePromptTokensDetails',
	);
	const traffic = serviceTierOf('trafficType', fields.take('trafficType'));
	const service = serviceTierOf('serviceTier', fields.take('serviceTier'));
	return usageOf(
		{
			inputTokens: fields.without('promptTokenCount', prompt, cached) + fields.count('toolUsePromptTokenCount'),
			cacheReadTokens: cached,
			outputTokens: fields.count('candidatesTokenCount'),
			reasoningTokens: fields.count('thoughtsTokenCount'),
			...traffic.tier,
			...service.tier,
		},
		{ ...fields.unknown(), ...traffic.unknown, ...service.unknown },
	);
}
