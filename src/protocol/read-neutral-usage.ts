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

/** The members of an answer that decide what is billed beside its usage: Google's searches, OpenAI's service tier. */
function toAnswer(raw: unknown, metadata: SharedV4ProviderMetadata): Record<string, unknown> {
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
 * known: lifetimes of cache writes, tools used, service tier. A part is never added to its whole. `metadata` is what came
 * with the answer.
 */
export function readNeutralUsage(usage: LanguageModelV4Usage, metadata: SharedV4ProviderMetadata = {}): Usage {
	const reported = usage.raw === undefined ? null : recogniseUsage(toAnswer(usage.raw, metadata));
	return fromNeutralUsage(usage, reported !== null && PROVIDER_FORMATS.has(reported.format) ? reported.usage : null);
}
