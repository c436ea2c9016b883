import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import type { JsonObject } from '../shared/usage-fields.ts';

/** The same body but for the model and the limit; usage is always said in this format. */
export function spliceOpenAiResponsesRequest(text: string, _body: JsonObject, change: RequestChange): string {
	return spliceJson(text, { model: change.model, max_output_tokens: change.maxOutputTokens });
}
