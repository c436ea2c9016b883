import type { RequestChange } from '../shared/caller-format.ts';
import { spliceJson } from '../shared/splice-json.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import type { JsonObject } from '../shared/usage-fields.ts';
import { hasForeignSignature, withoutForeignSignatures } from './foreign-signatures.ts';
import { geminiFields } from './spellings.ts';

/**
 * The same bytes but for the limit, in the caller's own spelling: the model stands in the address, and usage is always
 * said. Signatures of another provider's reasoning, which Google refuses, are left out.
 */
export function spliceRequest(text: string, body: JsonObject, change: RequestChange): string {
	const fields = geminiFields(body);
	const contents = objectsIn(body['contents']);
	const set = { contents: contents.some(hasForeignSignature) ? withoutForeignSignatures(contents) : undefined };
	if (change.maxOutputTokens === undefined) return spliceJson(text, set);
	const config = fields.spelling('generationConfig');
	const usual = config === 'generationConfig' ? 'maxOutputTokens' : 'max_output_tokens';
	const limit = fields.object('generationConfig')?.spelling('maxOutputTokens');
	const said = fields.object('generationConfig')?.take('maxOutputTokens');
	const name = said === undefined ? usual : (limit ?? usual);
	return spliceJson(text, set, { [config]: { [name]: change.maxOutputTokens } });
}
