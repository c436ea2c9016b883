import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { hasForeignThinking, withoutForeignThinking } from './foreign-thinking.ts';

/**
 * The same bytes but for the model and the limit; Anthropic's streams always say their usage. A conversation that holds
 * thinking of another provider's model is sent without it, since Anthropic refuses what it did not sign.
 */
export function spliceRequest(text: string, body: JsonObject, change: RequestChange): string {
	const messages = objectsIn(body['messages']);
	return spliceJson(text, {
		model: change.model,
		max_tokens: change.maxOutputTokens,
		messages: messages.some(hasForeignThinking) ? withoutForeignThinking(messages) : undefined,
	});
}
