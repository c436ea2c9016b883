import { isForeignSignature } from '../shared/foreign-reasoning.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';

/** What Google documents for calls that another model made. Source: https://ai.google.dev/gemini-api/docs/thought-signatures */
const NOT_CHECKED = 'skip_thought_signature_validator';

function signatureName(part: unknown): string | null {
	if (!isObject(part)) return null;
	return ['thoughtSignature', 'thought_signature'].find((name) => isForeignSignature(part[name])) ?? null;
}

/** A part as Google takes it; nothing for a thought that another model had. */
function cleanPart(part: unknown): unknown[] {
	const name = signatureName(part);
	if (name === null || !isObject(part)) return [part];
	if (part['thought'] === true) return [];
	const { [name]: _foreign, ...rest } = part;
	const isCall = isObject(part['functionCall']) || isObject(part['function_call']);
	return [isCall ? { ...rest, [name]: NOT_CHECKED } : rest];
}

/** True for a content that holds signatures which Google did not make and refuses. */
export function hasForeignSignature(content: JsonObject): boolean {
	return Array.isArray(content['parts']) && content['parts'].some((part) => signatureName(part) !== null);
}

/** The contents with every foreign signature replaced or left out. */
export function withoutForeignSignatures(contents: readonly JsonObject[]): JsonObject[] {
	return contents.flatMap((content) => {
		if (!Array.isArray(content['parts']) || !hasForeignSignature(content)) return [content];
		const parts = content['parts'].flatMap(cleanPart);
		return parts.length === 0 ? [] : [{ ...content, parts }];
	});
}
