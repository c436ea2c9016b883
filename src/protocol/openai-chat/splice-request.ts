import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { hasForeignReasoning, withoutForeignReasoning } from './foreign-reasoning.ts';
import { LIMIT_FIELDS } from './read-request.ts';

/**
 * The same body but for the model, the limit (in the field that the caller used) and the wish for usage; without reasoning
 * that was translated here from another format.
 */
export function spliceOpenAiChatRequest(text: string, body: JsonObject, change: RequestChange): string {
	const said = LIMIT_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
	const limits = said.length > 0 ? said : LIMIT_FIELDS.slice(0, 1);
	const options = isObject(body['stream_options']) ? body['stream_options'] : {};
	const asks = change.includeUsage === true && options['include_usage'] !== true;
	const { messages } = body;
	const isForeign = objectsIn(messages).some(hasForeignReasoning);
	return spliceJson(
		text,
		{
			model: change.model,
			messages: isForeign && Array.isArray(messages) ? withoutForeignReasoning(messages) : undefined,
			...Object.fromEntries(limits.map((name) => [name, change.maxOutputTokens])),
		},
		asks ? { stream_options: { include_usage: true } } : {},
	);
}
