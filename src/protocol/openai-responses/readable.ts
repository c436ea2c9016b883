import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects, objectsIn } from '../shared/body-fields.ts';

/** Item types of which client libraries insist on more than some servers send; they run such tools themselves. */
const SERVER_ITEMS: Readonly<Record<string, (item: JsonObject) => boolean>> = {
	code_interpreter_call: ({ code, container_id: container }) => code !== undefined && typeof container === 'string',
};

/** A part of a message's content with the annotations that some servers leave out. */
function toReadablePart(part: JsonObject): JsonObject {
	return part['type'] === 'output_text' && !Array.isArray(part['annotations']) ? { ...part, annotations: [] } : part;
}

/** An item. Reasoning that stands in its content is read as its summary; `null` for one that no client library reads. */
function toReadableItem(item: JsonObject): JsonObject | null {
	const { content, summary, type } = item;
	if (SERVER_ITEMS[String(type)]?.(item) === false) return null;
	if (type === 'message') {
		const changed = changeObjects(content, toReadablePart);
		return changed === undefined ? item : { ...item, content: changed };
	}
	const texts = objectsIn(content).filter(({ text }) => typeof text === 'string' && text !== '');
	const isSummarized = objectsIn(summary).length > 0;
	if (type !== 'reasoning' || isSummarized || texts.length === 0) return item;
	return { ...item, summary: texts.map(({ text }) => ({ type: 'summary_text', text })) };
}

/** A whole response, or the one of an event. */
export function toReadableResponse(response: JsonObject): JsonObject {
	const output = changeObjects(response['output'], toReadableItem);
	const isDated = typeof response['created_at'] === 'number';
	if (output === undefined && isDated) return response;
	return { ...response, ...(output === undefined ? {} : { output }), ...(isDated ? {} : { created_at: 0 }) };
}

/** Events of reasoning that is told in full, and the ones that tell of a summary in the same words. */
const REASONING_EVENTS: Readonly<Record<string, string>> = {
	'response.reasoning_text.delta': 'response.reasoning_summary_text.delta',
	'response.reasoning_text.done': 'response.reasoning_summary_text.done',
};

/** An event of a stream. */
export function toReadableResponseEvent(event: JsonObject): JsonObject {
	const { content_index: index, item, part, response, type } = event;
	const named = REASONING_EVENTS[String(type)];
	// one summary: the parts of a reasoning's content follow each other
	if (named !== undefined) return { ...event, type: named, summary_index: 0, content_index: index };
	if (isObject(response)) return { ...event, response: toReadableResponse(response) };
	if (isObject(part)) return { ...event, part: toReadablePart(part) };
	return isObject(item) && item['type'] === 'message' ? { ...event, item: toReadableItem(item) } : event;
}
