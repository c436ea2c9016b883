import type { SharedV4ProviderMetadata } from '@ai-sdk/provider';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** Starts the signature of a thinking block that another provider's model made. */
const MARK = 'switchyard.';

/**
 * The signature under which a caller keeps reasoning that is not Anthropic's: what its maker needs to read it again.
 * Empty where the maker gave nothing.
 */
export function signForeignReasoning(metadata: SharedV4ProviderMetadata | undefined): string {
	const said = Object.entries(metadata ?? {}).filter(([, value]) => Object.keys(value).length > 0);
	return said.length === 0 ? '' : MARK + encodeURIComponent(JSON.stringify(Object.fromEntries(said)));
}

/** What the maker of foreign reasoning needs; `null` for a signature that is not ours or was changed. */
export function readForeignReasoning(signature: string): SharedV4ProviderMetadata | null {
	if (!signature.startsWith(MARK)) return null;
	try {
		const said: unknown = JSON.parse(decodeURIComponent(signature.slice(MARK.length)));
		const isMetadata = isObject(said) && Object.values(said).every(isObject);
		// every member is an object, and came out of JSON
		return isMetadata ? (said as SharedV4ProviderMetadata) : null;
	} catch (error) {
		if (error instanceof SyntaxError || error instanceof URIError) return null;
		throw error;
	}
}

function isForeign(block: unknown): boolean {
	if (!isObject(block) || block['type'] !== 'thinking') return false;
	const signature = block['signature'];
	return typeof signature !== 'string' || signature === '' || signature.startsWith(MARK);
}

/** True for a message that holds thinking which Anthropic's models did not make and refuse. */
export function hasForeignReasoning(message: JsonObject): boolean {
	return Array.isArray(message['content']) && message['content'].some(isForeign);
}

/** The messages without foreign thinking; one that holds nothing else is left out. */
export function withoutForeignReasoning(messages: readonly unknown[]): unknown[] {
	return messages.flatMap((message) => {
		if (!isObject(message) || !Array.isArray(message['content']) || !hasForeignReasoning(message)) return [message];
		const content = message['content'].filter((block) => !isForeign(block));
		return content.length === 0 ? [] : [{ ...message, content }];
	});
}
