import { openMetadata } from '../shared/seal-metadata.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

function isForeign(block: unknown): boolean {
	if (!isObject(block) || block['type'] !== 'thinking') return false;
	const signature = block['signature'];
	return typeof signature !== 'string' || signature === '' || openMetadata(signature) !== null;
}

/** True for a message that holds thinking which Anthropic's models did not make and refuse. */
export function hasForeignThinking(message: JsonObject): boolean {
	return Array.isArray(message['content']) && message['content'].some(isForeign);
}

/** The messages without foreign thinking; one that holds nothing else is left out. */
export function withoutForeignThinking(messages: readonly unknown[]): unknown[] {
	return messages.flatMap((message) => {
		if (!isObject(message) || !Array.isArray(message['content']) || !hasForeignThinking(message)) return [message];
		const content = message['content'].filter((block) => !isForeign(block));
		return content.length === 0 ? [] : [{ ...message, content }];
	});
}
