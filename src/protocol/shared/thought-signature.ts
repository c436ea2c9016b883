import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from './usage-fields.ts';

/**
 * Gemini's signature of a tool call in the place that Gemini's own OpenAI-compatible API gives it.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function encodeThoughtSignature(metadata: SharedV4ProviderMetadata | undefined): JsonObject {
	const signature = metadata?.['google']?.['thoughtSignature'] ?? metadata?.['vertex']?.['thoughtSignature'];
	return typeof signature === 'string' ? { extra_content: { google: { thought_signature: signature } } } : {};
}

/** The same signature, read back from a tool call. */
export function decodeThoughtSignature(call: JsonObject): { providerOptions?: SharedV4ProviderMetadata } {
	const extra = isObject(call['extra_content']) ? call['extra_content']['google'] : undefined;
	const thoughtSignature = isObject(extra) ? extra['thought_signature'] : undefined;
	if (typeof thoughtSignature !== 'string') return {};
	return { providerOptions: { google: { thoughtSignature }, vertex: { thoughtSignature } } };
}
