import { isSealed } from '../shared/seal-metadata.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { hasSealedSignature } from '../shared/thought-signature.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

function isTranslated({ reasoning_details: details }: JsonObject): boolean {
	return objectsIn(details).some(({ signature }) => isSealed(signature));
}

/** True for a message with reasoning or signatures that were translated here from another format. */
export function hasForeignReasoning(message: JsonObject): boolean {
	return isTranslated(message) || objectsIn(message['tool_calls']).some(hasSealedSignature);
}

function withoutSeal(call: unknown): unknown {
	if (!isObject(call) || !hasSealedSignature(call)) return call;
	const { extra_content: _, ...kept } = call;
	return kept;
}

/**
 * The messages without what was translated here: many servers of this format refuse members they do not know, and none
 * can read another's reasoning. What a server of this format said itself stays: some refuse a conversation without it.
 */
export function withoutForeignReasoning(messages: readonly unknown[]): unknown[] {
	return messages.map((message) => {
		if (!isObject(message) || !hasForeignReasoning(message)) return message;
		const { reasoning_content: content, reasoning_details: details, tool_calls: calls, ...kept } = message;
		return {
			...kept,
			...(isTranslated(message) ? {} : { reasoning_content: content, reasoning_details: details }),
			...(Array.isArray(calls) ? { tool_calls: calls.map(withoutSeal) } : {}),
		};
	});
}
