import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isSealed, isSignature, openMetadata, sealMetadata } from './seal-metadata.ts';
import { isObject, type JsonObject } from './usage-fields.ts';

/** What a provider signed a tool call with (Gemini does), as a member of the call; nothing where it did not. */
export function encodeThoughtSignature(metadata: SharedV4ProviderMetadata | undefined): JsonObject {
	const sealed = sealMetadata(metadata);
	return isSignature(sealed) ? { extra_content: { switchyard: sealed } } : {};
}

function extraOf(call: JsonObject): JsonObject {
	return isObject(call['extra_content']) ? call['extra_content'] : {};
}

/** True for a tool call that was signed here. */
export function hasSealedSignature(call: JsonObject): boolean {
	return isSealed(extraOf(call)['switchyard']);
}

/**
 * The signature read back from a tool call, also from where Gemini's own OpenAI-compatible API puts it.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function decodeThoughtSignature(call: JsonObject): { providerOptions?: SharedV4ProviderMetadata } {
	const { switchyard: sealed, google } = extraOf(call);
	const opened = openMetadata(sealed);
	if (opened !== null) return { providerOptions: opened };
	const thoughtSignature = isObject(google) ? google['thought_signature'] : undefined;
	if (typeof thoughtSignature !== 'string') return {};
	return { providerOptions: { google: { thoughtSignature }, googleVertex: { thoughtSignature } } };
}
