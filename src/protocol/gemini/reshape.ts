import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { formatSse } from '../shared/sse.ts';

/** Generated content as a stream: one chunk. */
export function splitGeneratedContent(body: JsonObject): string {
	return formatSse(body);
}

function isPlainText(part: JsonObject): boolean {
	return typeof part['text'] === 'string' && Object.keys(part).every((name) => name === 'text' || name === 'thought');
}

/** Adds a part; a text that goes on, and is not signed, becomes one with what was before. */
function addPart(parts: JsonObject[], part: JsonObject): void {
	const last = parts.at(-1);
	const goesOn = last !== undefined && isPlainText(last) && isPlainText(part) && last['thought'] === part['thought'];
	if (goesOn) parts[parts.length - 1] = { ...last, text: `${String(last['text'])}${String(part['text'])}` };
	else parts.push(part);
}

/** The chunks of a stream as one answer. */
export function joinContentChunks(chunks: readonly JsonObject[]): JsonObject {
	let body: JsonObject = {};
	const joined = new Map<unknown, { candidate: JsonObject; parts: JsonObject[] }>();
	for (const { candidates, ...more } of chunks) {
		const usage = { ...toObject(body['usageMetadata']), ...toObject(more['usageMetadata']) };
		body = { ...body, ...more, ...(isObject(more['usageMetadata']) ? { usageMetadata: usage } : {}) };
		for (const { content, ...candidate } of objectsIn(candidates)) {
			const { index = 0 } = candidate;
			const known = joined.get(index) ?? { candidate: {}, parts: [] };
			joined.set(index, { ...known, candidate: { ...known.candidate, ...candidate } });
			for (const part of objectsIn(toObject(content)['parts'])) addPart(known.parts, part);
		}
	}
	const whole = [...joined.values()].map(({ candidate, parts }) => ({
		...(parts.length === 0 ? {} : { content: { parts, role: 'model' } }),
		...candidate,
	}));
	return joined.size === 0 ? body : { candidates: whole, ...body };
}
