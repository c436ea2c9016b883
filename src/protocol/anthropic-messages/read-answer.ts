import type { AnswerReading } from '../shared/caller-format.ts';
import { objectsIn } from '../shared/stream-usage.ts';
import { isObject, type JsonObject } from '../shared/usage-fields.ts';
import { readAnthropicUsage } from './read-usage.ts';
import { readStopReason } from './stop-reasons.ts';

function saysSomething(block: JsonObject): boolean {
	const texts = [block['text'], block['thinking']];
	return typeof block['type'] === 'string' && texts.every((text) => text !== '');
}

/** Reads a whole message that is passed through. @throws InvalidInputError for figures that cannot be */
export function readAnswer(body: JsonObject): AnswerReading {
	const isRefusal = body['stop_reason'] === 'refusal';
	return {
		finishReason: readStopReason(body['stop_reason']),
		hasOutput: isRefusal || objectsIn(body['content']).some(saysSomething),
		isRefusal,
		usage: isObject(body['usage']) ? readAnthropicUsage(body['usage']) : null,
	};
}
