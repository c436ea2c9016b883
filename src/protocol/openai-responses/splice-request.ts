import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { isForeign, withoutForeign } from './foreign-reasoning.ts';

/**
 * The same body but for the model and the limit, without reasoning that was translated here from another format. Usage is
 * always said in this format.
 */
export function spliceOpenAiResponsesRequest(text: string, body: JsonObject, change: RequestChange): string {
	const { input } = body;
	return spliceJson(text, {
		model: change.model,
		max_output_tokens: change.maxOutputTokens,
		input: Array.isArray(input) && objectsIn(input).some(isForeign) ? withoutForeign(input) : undefined,
	});
}
