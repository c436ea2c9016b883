import type { LanguageModelV4Usage, SharedV4ProviderMetadata } from '@ai-sdk/provider';
import type { Usage, WireFormatName } from '../contracts/index.ts';
import { createAnthropicUsageReader } from './anthropic-messages/index.ts';
import { createGeminiUsageReader } from './gemini/index.ts';
import { createOpenAiChatUsageReader } from './openai-chat/index.ts';
import { createOpenAiResponsesUsageReader } from './openai-responses/index.ts';
import { findUsage, type UsageFormat } from './recognise-usage.ts';
import { fromNeutralUsage } from './shared/neutral-usage.ts';
import type { StreamUsageReader } from './shared/usage.ts';

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
 * with the answer. Where the format and the answer itself are known, the format reads it.
 */
export function readNeutralUsage(usage: LanguageModelV4Usage, metadata: SharedV4ProviderMetadata = {}): Usage {
	const reported = usage.raw === undefined ? null : findUsage(toAnswer(usage.raw, metadata));
	return fromNeutralUsage(usage, reported !== null && PROVIDER_FORMATS.has(reported.format) ? reported.usage : null);
}

const STREAM_READERS: Readonly<Record<WireFormatName, () => StreamUsageReader>> = {
	'anthropic-messages': createAnthropicUsageReader,
	'openai-chat': createOpenAiChatUsageReader,
	'openai-responses': createOpenAiResponsesUsageReader,
	gemini: createGeminiUsageReader,
};

/** Reads usage from the events of a stream in a format. */
export function createUsageReader(format: WireFormatName): StreamUsageReader {
	return STREAM_READERS[format]();
}
