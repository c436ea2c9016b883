import { isSealed } from '../shared/seal-metadata.ts';
import { hasSealedSignature } from '../shared/thought-signature.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

function isForeignReasoning(item: JsonObject): boolean {
	return item['type'] === 'reasoning' && isSealed(item['encrypted_content']);
}

/** True for an item with reasoning or a signature that was translated here from another format. */
export function isForeign(item: JsonObject): boolean {
	return isForeignReasoning(item) || hasSealedSignature(item);
}

/** The items without what was translated here: OpenAI refuses reasoning it did not encrypt and members it does not know. */
export function withoutForeign(items: readonly unknown[]): unknown[] {
	return items.flatMap((item) => {
		if (!isObject(item) || !isForeign(item)) return [item];
		const { extra_content: _, ...kept } = item;
		return isForeignReasoning(item) ? [] : [kept];
	});
}
