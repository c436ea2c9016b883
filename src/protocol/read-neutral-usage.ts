import type { LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { Usage } from '../contracts/index.ts';
import { recogniseUsage, type UsageFormat } from './recognise-usage.ts';
import { fromNeutralUsage } from './shared/usage.ts';

/** Shapes that providers send; others in `raw` (Bedrock's counts) look like totals and are not. */
const PROVIDER_FORMATS: ReadonlySet<UsageFormat> = new Set([
	'anthropic-messages',
	'openai-chat',
	'openai-responses',
	'gemini',
]);

/** The answer around a usage, as far as it tells what is billed: searches that Google made, the service OpenAI gave. */
function answerAround(raw: unknown, metadata: SharedV4ProviderMetadata): Record<string, unknown> {
	const google = metadata['google'] ?? metadata['googleVertex'] ?? metadata['vertex'];
	const service = metadata['openai']?.['serviceTier'] ?? metadata['azure']?.['serviceTier'];
	return {
		usage: raw,
		candidates: [{ groundingMetadata: google?.['groundingMetadata'] }],
		...(service === undefined ? {} : { service_tier: service }),
	};
}

/**
 * The AI SDK's usage in this package's disjoint classes; the provider's own report in `raw` is used where its shape is
 * known: lives of cache writes, tools used, service. A part is never added to its whole. `metadata` is what came with
 * the answer.
 */
export function readNeutralUsage(usage: LanguageModelV4Usage, metadata: SharedV4ProviderMetadata = {}): Usage {
	const own = usage.raw === undefined ? null : recogniseUsage(answerAround(usage.raw, metadata));
	return fromNeutralUsage(usage, own !== null && PROVIDER_FORMATS.has(own.format) ? own.usage : null);
}
