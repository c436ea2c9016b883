import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { Usage } from '../contracts/index.ts';
import { recogniseUsage, type UsageFormat } from './recognise-usage.ts';
import { readNeutralCounts } from './shared/neutral-usage.ts';

/** Shapes that providers send; others in `raw` (Bedrock's counts) look like totals and are not. */
const PROVIDER_FORMATS: ReadonlySet<UsageFormat> = new Set([
	'anthropic-messages',
	'openai-chat',
	'openai-responses',
	'gemini',
]);

/**
 * The AI SDK's usage in this package's disjoint classes; the provider's own report in `raw` is used where its shape is
 * known: lives of cache writes, tools used, service. A part is never added to its whole.
 */
export function readNeutralUsage(usage: LanguageModelV4Usage): Usage {
	const raw = recogniseUsage(usage.raw);
	return readNeutralCounts(usage, raw !== null && PROVIDER_FORMATS.has(raw.format) ? raw.usage : null);
}
