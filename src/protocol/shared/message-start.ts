import type { LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { isObject, type JsonObject } from './usage-fields.ts';

/**
 * What the AI SDK passes on of the start of an Anthropic message, as a part of its own: the usage known so far. It is no
 * content. `null` for any other part.
 */
export function readMessageStart(part: LanguageModelV4StreamPart): { usage: JsonObject } | null {
	if (part.type !== 'custom' || part.kind !== 'anthropic.message_start') return null;
	const usage = part.providerMetadata?.['anthropic']?.['usage'];
	return { usage: isObject(usage) ? usage : {} };
}
