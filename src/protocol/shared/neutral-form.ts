import type { LanguageModelV4FinishReason, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import type { FinishReason } from '../../contracts/index.ts';
import { isObject, type JsonObject } from '../../util/index.ts';

/** The AI SDK's finish reason in this package's words; an answer that was cut off is an error. */
export function toFinishReason({ unified }: LanguageModelV4FinishReason): FinishReason {
	return unified === 'interrupted' ? 'error' : unified;
}

/**
 * What the AI SDK passes on of the start of an Anthropic message, as a part of its own: the usage known so far. It is no
 * content. `null` for any other part.
 */
export function parseMessageStart(part: LanguageModelV4StreamPart): { usage: JsonObject } | null {
	if (part.type !== 'custom' || part.kind !== 'anthropic.message_start') return null;
	const usage = part.providerMetadata?.['anthropic']?.['usage'];
	return { usage: isObject(usage) ? usage : {} };
}

/** The input of a tool call as an object; what is no JSON object stands under `rawInvalidInput`, as the AI SDK has it. */
export function parseToolInput(text: string): JsonObject {
	if (text.trim() === '') return {};
	try {
		const input: unknown = JSON.parse(text);
		return isObject(input) ? input : { rawInvalidInput: input };
	} catch (error) {
		if (error instanceof SyntaxError) return { rawInvalidInput: text };
		throw error;
	}
}

type Defined<Value> = { [Name in keyof Value]?: Exclude<Value[Name], undefined> };

/** The same members but for those that are `undefined`. */
export function withoutUndefined<Value extends object>(value: Value): Defined<Value> {
	// what is left out is undefined
	return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<Value>;
}
