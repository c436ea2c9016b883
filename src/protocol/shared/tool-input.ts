import { isObject, type JsonObject } from './usage-fields.ts';

/** The input of a tool call as an object; what is no JSON object stands under `rawInvalidInput`, as the AI SDK has it. */
export function readToolInput(text: string): JsonObject {
	if (text.trim() === '') return {};
	try {
		const input: unknown = JSON.parse(text);
		return isObject(input) ? input : { rawInvalidInput: input };
	} catch (error) {
		if (error instanceof SyntaxError) return { rawInvalidInput: text };
		throw error;
	}
}
