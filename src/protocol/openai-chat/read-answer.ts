import type { AnswerReading } from '../shared/caller-format.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { readFinishWord } from './finish-reasons.ts';
import { hasOutput } from './read-chunk.ts';
import { readOpenAiChatUsage } from './read-usage.ts';

/** Reasoning alone is no answer. */
const REASONING = ['reasoning_content', 'reasoning'];

/** What a whole chat completion says of itself. @throws InvalidInputError for figures that cannot be */
export function readOpenAiChatAnswer(body: JsonObject): AnswerReading {
	const choices = objectsIn(body['choices']);
	const messages = choices.map(({ message }) => message).filter(isObject);
	const reasons = choices.map((choice) => readFinishWord(choice['finish_reason']));
	const refused = messages.some(({ refusal }) => typeof refusal === 'string' && refusal !== '');
	return {
		finishReason: reasons.find((reason) => reason !== null) ?? null,
		hasOutput: messages.some((message) => hasOutput(message, REASONING)),
		isRefusal: refused || reasons.includes('content-filter'),
		usage: isObject(body['usage']) ? readOpenAiChatUsage(body['usage'], body['service_tier']) : null,
	};
}
