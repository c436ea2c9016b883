import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { hasForeignThinking, withoutForeignThinking } from './foreign-thinking.ts';
import { spliceCacheMarks } from './splice-cache-marks.ts';

/**
 * The same bytes but for the model, the limit and marks for the cache; Anthropic's streams always say their usage. A conversation that holds
 * thinking of another provider's model is sent without it, since Anthropic refuses what it did not sign.
 */
export function spliceRequest(text: string, body: JsonObject, change: RequestChange): string {
	const all = objectsIn(body['messages']);
	const messages = all.some(hasForeignThinking) ? withoutForeignThinking(all) : undefined;
	const spliced = spliceJson(text, { model: change.model, max_tokens: change.maxOutputTokens, messages });
	if (change.cacheMarks === undefined) return spliced;
	const sent = messages === undefined ? body : { ...body, messages };
	return spliceCacheMarks(spliced, sent, change.cacheMarks(sent));
}
