import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn } from './usage.ts';

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
export function unsealMetadata(sealed: unknown): SharedV4ProviderMetadata | null {
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

/** Reasoning of a provider whose format is not the caller's, as a caller keeps it between turns. */
export interface ForeignReasoning {
	text: string;
	/** What its maker signed it with. */
	metadata: SharedV4ProviderMetadata;
}

const MARK = 'switchyard:';
/** How base64 of the mark begins. */
const SIGN = 'c3dpdGNoeWFy';

/** A signature in base64, as Google's libraries expect, that a caller hands back with the conversation; reasoning that nobody signed is left out. */
export function encodeForeignSignature(reasoning: readonly ForeignReasoning[]): string {
	const sealed = reasoning.flatMap(({ text, metadata }) => {
		const seal = sealMetadata(metadata);
		return seal === null ? [] : [{ text, seal }];
	});
	return Buffer.from(MARK + JSON.stringify(sealed), 'utf8').toString('base64');
}

/** True for a signature that this package made. */
export function isForeignSignature(signature: unknown): signature is string {
	return typeof signature === 'string' && signature.startsWith(SIGN);
}

/** The reasoning behind a signature; `null` for one that this package did not make or that was changed. */
export function decodeForeignSignature(signature: unknown): ForeignReasoning[] | null {
	if (!isForeignSignature(signature)) return null;
	try {
		const said: unknown = JSON.parse(Buffer.from(signature, 'base64').toString('utf8').slice(MARK.length));
		return objectsIn(said).flatMap(({ text, seal }) => {
			const metadata = unsealMetadata(seal);
			return metadata === null ? [] : [{ text: typeof text === 'string' ? text : '', metadata }];
		});
	} catch (error) {
		if (error instanceof SyntaxError) return null;
		throw error;
	}
}

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
	const opened = unsealMetadata(sealed);
	if (opened !== null) return { providerOptions: opened };
	const thoughtSignature = isObject(google) ? google['thought_signature'] : undefined;
	if (typeof thoughtSignature !== 'string') return {};
	return { providerOptions: { google: { thoughtSignature }, googleVertex: { thoughtSignature } } };
}
