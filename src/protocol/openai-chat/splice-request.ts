import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { LIMIT_FIELDS } from './read-request.ts';

/** The same body but for the model, the limit (in the field that the caller used) and the wish for usage. */
export function spliceOpenAiChatRequest(text: string, body: JsonObject, change: RequestChange): string {
	const said = LIMIT_FIELDS.filter((name) => body[name] !== undefined && body[name] !== null);
	const limits = said.length > 0 ? said : LIMIT_FIELDS.slice(0, 1);
	const options = isObject(body['stream_options']) ? body['stream_options'] : {};
	const asks = change.includeUsage === true && options['include_usage'] !== true;
	return spliceJson(
		text,
		{ model: change.model, ...Object.fromEntries(limits.map((name) => [name, change.maxOutputTokens])) },
		asks ? { stream_options: { include_usage: true } } : {},
	);
}
