import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects, objectsIn, toObject } from '../shared/body-fields.ts';
import { geminiFinishReasons } from './answer.ts';

/** A reason that client libraries know: any block is one for safety, and an answer that calls a tool was no failure. */
function toReadableReason({ content, finishReason }: JsonObject): unknown {
	const meaning = geminiFinishReasons.parse(finishReason);
	if (meaning === 'content-filter') return 'SAFETY';
	const hasCall = objectsIn(toObject(content)['parts']).some(({ functionCall }) => isObject(functionCall));
	return meaning === 'error' && hasCall ? 'STOP' : finishReason;
}

/** A count by modality; where it is 0, Google leaves it out. */
function toReadableCount(detail: JsonObject): JsonObject {
	return detail['tokenCount'] === undefined ? { ...detail, tokenCount: 0 } : detail;
}

function toReadableUsage(usage: JsonObject): JsonObject {
	const changed = Object.entries(usage).flatMap(([name, value]) => {
		const details = changeObjects(value, toReadableCount);
		return details === undefined ? [] : [[name, details]];
	});
	return changed.length === 0 ? usage : { ...usage, ...Object.fromEntries(changed) };
}

/** Generated content, whole or a chunk of it. */
export function toReadableContent(body: JsonObject): JsonObject {
	const { usageMetadata } = body;
	const usage = isObject(usageMetadata) ? toReadableUsage(usageMetadata) : usageMetadata;
	const candidates = changeObjects(body['candidates'], (candidate) => {
		const finishReason = toReadableReason(candidate);
		return finishReason === candidate['finishReason'] ? candidate : { ...candidate, finishReason };
	});
	if (candidates === undefined && usage === usageMetadata) return body;
	return {
		...body,
		...(candidates === undefined ? {} : { candidates }),
		...(usage === undefined ? {} : { usageMetadata: usage }),
	};
}
