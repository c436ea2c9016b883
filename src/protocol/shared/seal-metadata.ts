import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from './usage-fields.ts';

const PREFIX = 'switchyard.';

/** What providers sign reasoning with, by provider: nothing else goes into a seal, and nothing else comes out of one. An item's id alone signs nothing. */
const SIGNATURES: Readonly<Record<string, readonly string[]>> = {
	anthropic: ['signature', 'redactedData'],
	google: ['thoughtSignature'],
	googleVertex: ['thoughtSignature'],
	vertex: ['thoughtSignature'],
	amazonBedrock: ['signature', 'redactedContent', 'redactedData'],
	bedrock: ['signature', 'redactedContent', 'redactedData'],
	openai: ['itemId', 'reasoningEncryptedContent'],
	azure: ['itemId', 'reasoningEncryptedContent'],
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
 * Signatures of a provider as one text, for formats that have a place for opaque text only; without any it still marks
 * what was translated here. Callers hand it back with the conversation: `openMetadata` gives it to the provider that
 * signed, and what is sealed is kept from providers that would refuse it.
 */
export function sealMetadata(metadata: SharedV4ProviderMetadata | undefined): string {
	const signed = signaturesIn(metadata ?? {});
	const isSigned = Object.keys(signed).length > 0;
	return PREFIX + (isSigned ? Buffer.from(JSON.stringify(signed)).toString('base64url') : '');
}

/** True for a text that `sealMetadata` made. */
export function isSealed(text: unknown): boolean {
	return typeof text === 'string' && text.startsWith(PREFIX);
}

/** True for a signature, sealed or as its provider wrote it: only the model that made it can read it. */
export function isSignature(text: unknown): boolean {
	return typeof text === 'string' && text !== '' && text !== PREFIX;
}

/** What `sealMetadata` sealed; `null` for any other text and for a seal with nothing in it. */
export function openMetadata(sealed: unknown): SharedV4ProviderMetadata | null {
	if (typeof sealed !== 'string' || !isSealed(sealed) || !isSignature(sealed)) return null;
	try {
		const opened: unknown = JSON.parse(Buffer.from(sealed.slice(PREFIX.length), 'base64url').toString('utf8'));
		return isObject(opened) ? signaturesIn(opened) : null;
	} catch (error) {
		// not ours after all: the caller's text, which means nothing here
		if (error instanceof SyntaxError) return null;
		throw error;
	}
}
