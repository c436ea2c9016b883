import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { SEAL_PREFIX } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, parseJson, toObject } from './body-fields.ts';
import { type JsonEdit, type JsonPath, removeMembers } from './json-splice.ts';

/**
 * The members with which each provider signs reasoning: nothing else goes into a seal, and nothing else comes out of one.
 * An item's id alone signs nothing.
 */
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

function pickSignatures(metadata: JsonObject): SharedV4ProviderMetadata {
	const picked: SharedV4ProviderMetadata = {};
	for (const [provider, names] of Object.entries(SIGNATURES)) {
		const members = toObject(metadata[provider]);
		const signed = names.flatMap((name) => {
			const value = members[name];
			return typeof value === 'string' ? [[name, value] as const] : [];
		});
		if (signed.some(([name]) => name !== 'itemId')) picked[provider] = Object.fromEntries(signed);
	}
	return picked;
}

/**
 * Signatures of a provider as one text, for formats that carry opaque text only; without any it still marks what was
 * translated here. Callers send it back with the conversation: `unsealMetadata` restores it for the provider that signed,
 * and it is kept from providers that would refuse it.
 */
export function sealMetadata(metadata: SharedV4ProviderMetadata | undefined): string {
	const signed = pickSignatures(metadata ?? {});
	const isSigned = Object.keys(signed).length > 0;
	return SEAL_PREFIX + (isSigned ? Buffer.from(JSON.stringify(signed)).toString('base64url') : '');
}

/** True for a text that `sealMetadata` made. */
export function isSealed(text: unknown): boolean {
	return typeof text === 'string' && text.startsWith(SEAL_PREFIX);
}

/** True for a signature, sealed or as its provider wrote it: only the model that made it can read it. */
export function isSignature(text: unknown): boolean {
	return typeof text === 'string' && text !== '' && text !== SEAL_PREFIX;
}

/** The metadata that `sealMetadata` sealed; `null` for any other text and for an empty seal. */
export function unsealMetadata(sealed: unknown): SharedV4ProviderMetadata | null {
	if (typeof sealed !== 'string' || !isSealed(sealed) || !isSignature(sealed)) return null;
	// what is no JSON is a text of the caller's, which means nothing here
	const opened = parseJson(Buffer.from(sealed.slice(SEAL_PREFIX.length), 'base64url').toString('utf8'));
	return isObject(opened) ? pickSignatures(opened) : null;
}

/** Reasoning of a provider whose format is not the caller's, as a caller keeps it between turns. */
export interface ForeignReasoning {
	text: string;
	/** Where its provider's signatures are. */
	metadata: SharedV4ProviderMetadata;
}

const FOREIGN_PREFIX = 'switchyard:';
/** How the base64 of the prefix begins. */
const FOREIGN_PREFIX_BASE64 = 'c3dpdGNoeWFy';

/** A signature in base64, as Google's libraries expect, that a caller hands back with the conversation. */
export function encodeForeignSignature(reasoning: readonly ForeignReasoning[]): string {
	const sealed = reasoning.map(({ text, metadata }) => ({ text, seal: sealMetadata(metadata) }));
	return Buffer.from(FOREIGN_PREFIX + JSON.stringify(sealed), 'utf8').toString('base64');
}

/** True for a signature that `encodeForeignSignature` made. */
export function isForeignSignature(signature: unknown): signature is string {
	return typeof signature === 'string' && signature.startsWith(FOREIGN_PREFIX_BASE64);
}

/** The signed reasoning behind a signature; `null` for one that this package did not make or that was changed. */
export function decodeForeignSignature(signature: unknown): ForeignReasoning[] | null {
	if (!isForeignSignature(signature)) return null;
	const text = Buffer.from(signature, 'base64').toString('utf8').slice(FOREIGN_PREFIX.length);
	const sealed = parseJson(text);
	if (sealed === undefined) return null;
	return objectsIn(sealed).flatMap(({ text: thought, seal }) => {
		const metadata = unsealMetadata(seal);
		return metadata === null ? [] : [{ text: typeof thought === 'string' ? thought : '', metadata }];
	});
}

/** A provider's signature of a tool call (Gemini signs them), as a member of the call; nothing where there is none. */
export function encodeThoughtSignature(metadata: SharedV4ProviderMetadata | undefined): JsonObject {
	const sealed = sealMetadata(metadata);
	return isSignature(sealed) ? { extra_content: { switchyard: sealed } } : {};
}

/** The edit that takes a signature which was sealed here off the call at a path; none where it has none. */
export function removeSealedSignature(path: JsonPath, extra: unknown): JsonEdit[] {
	return isSealed(toObject(extra)['switchyard']) ? [removeMembers(path, new Set(['extra_content']))] : [];
}

/**
 * The signature read back from a tool call, also from where Gemini's own OpenAI-compatible API puts it.
 * Source: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
export function decodeThoughtSignature(call: JsonObject): { providerOptions?: SharedV4ProviderMetadata } {
	const { switchyard: sealed, google } = toObject(call['extra_content']);
	const opened = unsealMetadata(sealed);
	if (opened !== null) return { providerOptions: opened };
	const thoughtSignature = toObject(google)['thought_signature'];
	if (typeof thoughtSignature !== 'string') return {};
	return { providerOptions: { google: { thoughtSignature }, googleVertex: { thoughtSignature } } };
}
