import type { AnswerReading } from '../shared/caller-format.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { isFilled, readEndReason } from './end-reasons.ts';
import { readOpenAiResponsesUsage } from './read-usage.ts';

/** What a whole response says of itself. @throws InvalidInputError for figures that cannot be */
export function readOpenAiResponsesAnswer(body: JsonObject): AnswerReading {
	const output = objectsIn(body['output']);
	const finishReason = readEndReason(body);
	const refused = output.some(({ content }) => objectsIn(content).some(({ type }) => type === 'refusal'));
	return {
		finishReason,
		hasOutput: output.some(isFilled),
		isRefusal: refused || finishReason === 'content-filter',
		usage: isObject(body['usage']) ? readOpenAiResponsesUsage(body['usage'], body) : null,
	};
}
