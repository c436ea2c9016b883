import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from './usage-fields.ts';

const PREFIX = 'switchyard.';

/** What providers sign reasoning with, by provider: nothing else goes into a seal, and nothing else comes out of one. An item's id alone signs nothing. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
	anthropic: ['signature', 'redactedData'],
	google: ['thoughtSignature'],
	vertex: ['thoughtSignature'],
	openai: ['itemId', 'reasoningEncryptedContent'],
	bedrock: ['signature', 'redactedData'],
};

function signaturesIn(metadata: JsonObject): SharedV4ProviderMetadata {
	const kept: SharedV4ProviderMetadata = {};
	for (const [provider, names] of Object.entries(SIGNATURES)) {
		const said = metadata[provider];
		if (!isObject(said)) continue;
		const signed = names.flatMap((name) => (typeof said[name] === 'string' ? [[name, said[name]] as const] : []));
		if (signed.some(([name]) => name !== 'itemId')) kept[provider] = Object.fromEntries(signed);
	}
	return kept;
}

/**
 * Signatures of a provider as one text, for formats that have a place for opaque text only; `null` when there are none.
 * Callers hand it back with the conversation, and `openMetadata` gives it to the provider that signed.
 */
export function sealMetadata(metadata: SharedV4ProviderMetadata | undefined): string | null {
	const signed = signaturesIn(metadata ?? {});
	if (Object.keys(signed).length === 0) return null;
	return PREFIX + Buffer.from(JSON.stringify(signed)).toString('base64url');
}

/** What `sealMetadata` sealed; `null` for any other text. */
export function openMetadata(sealed: unknown): SharedV4ProviderMetadata | null {
	if (typeof sealed !== 'string' || !sealed.startsWith(PREFIX)) return null;
	try {
		const opened: unknown = JSON.parse(Buffer.from(sealed.slice(PREFIX.length), 'base64url').toString('utf8'));
		return isObject(opened) ? signaturesIn(opened) : null;
	} catch {
		// not ours after all: the caller's text, which means nothing here
		return null;
	}
}
