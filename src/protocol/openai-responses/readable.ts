import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects, objectsIn, toObject } from '../shared/body-fields.ts';
import { addLeftOut, type EventReader } from '../shared/caller-format.ts';

const CALLS =
	'function custom_tool web_search file_search code_interpreter image_generation computer local_shell shell';
const MORE_CALLS = 'apply_patch tool_search mcp';
const OTHERS = 'message reasoning compaction shell_call_output tool_search_output mcp_list_tools mcp_approval_request';
/** Types of items that client libraries read: of any other they refuse the whole answer. */
const KNOWN_ITEMS: ReadonlySet<unknown> = new Set([
	...[...CALLS.split(' '), ...MORE_CALLS.split(' ')].map((name) => `${name}_call`),
	...OTHERS.split(' '),
]);

/** Code that a server other than OpenAI's ran is told without what client libraries insist on. */
function isReadableItem({ code, container_id: container, type }: JsonObject): boolean {
	return (
		KNOWN_ITEMS.has(type) && (type !== 'code_interpreter_call' || (code !== undefined && typeof container === 'string'))
	);
}

/** A source of the whole text, where the server does not say of which part (xAI). */
function toReadableAnnotation(annotation: JsonObject, text: unknown): JsonObject {
	const { start_index: start, type, url } = annotation;
	if (type !== 'url_citation' || start !== undefined) return annotation;
	return { start_index: 0, end_index: String(text ?? '').length, title: url, ...annotation };
}

/** A part of a message's content with the annotations that some servers leave out. */
function toReadablePart(part: JsonObject): JsonObject {
	const { annotations, text, type } = part;
	if (type !== 'output_text') return part;
	if (!Array.isArray(annotations)) return { ...part, annotations: [] };
	const changed = changeObjects(annotations, (annotation) => toReadableAnnotation(annotation, text));
	return changed === undefined ? part : { ...part, annotations: changed };
}

/** An item. Reasoning that stands in its content is read as its summary; `null` for one that no client library reads. */
function toReadableItem(item: JsonObject, leftOut: Set<string>): JsonObject | null {
	const { content, summary, type } = item;
	if (!isReadableItem(item)) {
		addLeftOut(leftOut, type);
		return null;
	}
	if (type === 'function_call' && item['arguments'] === 'null')
		return toReadableItem({ ...item, arguments: '{}' }, leftOut);
	// some servers name the item in another way
	if (type === 'function_call' && item['id'] === undefined) return { ...item, id: item['item_id'] ?? item['call_id'] };
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
export function toReadableResponse(response: JsonObject, leftOut: Set<string>): JsonObject {
	const output = changeObjects(response['output'], (item) => toReadableItem(item, leftOut));
	const isDated = typeof response['created_at'] === 'number';
	// incomplete, and not said why: not even then it is complete
	const isExplained =
		response['status'] !== 'incomplete' || typeof toObject(response['incomplete_details'])['reason'] === 'string';
	if (output === undefined && isDated && isExplained) return response;
	return {
		...response,
		...(output === undefined ? {} : { output }),
		...(isDated ? {} : { created_at: 0 }),
		...(isExplained ? {} : { incomplete_details: { reason: 'max_output_tokens' } }),
	};
}

/** Events of reasoning that is told in full, and the ones that tell of a summary in the same words. */
const REASONING_EVENTS: Readonly<Record<string, string>> = {
	'response.reasoning_text.delta': 'response.reasoning_summary_text.delta',
	'response.reasoning_text.done': 'response.reasoning_summary_text.done',
};

/** An event of a stream; `null` for one about an item that no client library reads. */
function toReadableEvent(event: JsonObject, leftOut: Set<string>): JsonObject | null {
	const { content_index: index, item, part, response, type } = event;
	const named = REASONING_EVENTS[String(type)];
	// one summary: the parts of a reasoning's content follow each other
	if (named !== undefined) return { ...event, type: named, summary_index: 0, content_index: index };
	if (isObject(response)) return { ...event, response: toReadableResponse(response, leftOut) };
	if (type === 'response.function_call_arguments.done' && event['arguments'] === 'null')
		return { ...event, arguments: '{}' };
	if (isObject(part)) return { ...event, part: toReadablePart(part) };
	if (!isObject(item)) return event;
	const readable = item['type'] === 'reasoning' ? item : toReadableItem(item, leftOut);
	return readable === null ? null : readable === item ? event : { ...event, item: readable };
}

/** Items that client libraries read piece by piece, and what stands in them before the first. */
const PIECEWISE: Readonly<Record<string, JsonObject>> = { message: { content: [] }, function_call: { arguments: '' } };

/** The pieces of a message that came as a whole. */
function listPieces({ content, id }: JsonObject, output_index: unknown): JsonObject[] {
	return objectsIn(content).flatMap(({ refusal, text }, content_index) => {
		const at = { item_id: id, output_index, content_index };
		if (typeof text === 'string') return [{ type: 'response.output_text.delta', ...at, delta: text }];
		return typeof refusal === 'string' ? [{ type: 'response.refusal.delta', ...at, delta: refusal }] : [];
	});
}

/**
 * Changes the events of a response. Some servers send items when they are done only, or the whole output with the last
 * event: client libraries read neither.
 */
export class ResponseEventReader implements EventReader {
	/** Whether pieces of an item have come, by its index; as many as a response has items. */
	readonly #begun = new Map<unknown, boolean>();
	readonly #leftOut: Set<string>;

	constructor(leftOut: Set<string>) {
		this.#leftOut = leftOut;
	}

	read(event: JsonObject): readonly JsonObject[] {
		const { item, output_index: index = 0, response, type } = event;
		const readable = toReadableEvent(event, this.#leftOut);
		if (readable === null) return [];
		if (type === 'response.output_item.added') this.#begun.set(index, false);
		else if (String(type).endsWith('.delta')) return [this.#readPiece(readable, index)];
		else if (type === 'response.output_item.done' && isObject(item)) return this.#complete(readable, index);
		else if ((type === 'response.completed' || type === 'response.incomplete') && this.#begun.size === 0)
			return [...this.#addItems(toObject(response)['output']), readable];
		return [readable];
	}

	end(): readonly JsonObject[] {
		return [];
	}

	/** A piece of an item; `null` in place of a call's input is none, and within one a value. */
	#readPiece(event: JsonObject, index: unknown): JsonObject {
		const isFirst = this.#begun.get(index) !== true;
		this.#begun.set(index, true);
		const isNull = event['type'] === 'response.function_call_arguments.delta' && event['delta'] === 'null';
		return isNull && isFirst ? { ...event, delta: '{}' } : event;
	}

	#addItems(output: unknown): JsonObject[] {
		return objectsIn(output).flatMap((item, index) => {
			const done = toReadableEvent({ type: 'response.output_item.done', output_index: index, item }, this.#leftOut);
			return done === null ? [] : this.#complete(done, index);
		});
	}

	/** An item that is done, with what has not come before. */
	#complete(done: JsonObject, index: unknown): JsonObject[] {
		const item = toObject(done['item']);
		const start = PIECEWISE[String(item['type'])];
		const begun = this.#begun.get(index);
		this.#begun.set(index, true);
		if (start === undefined) return [done];
		const added = { type: 'response.output_item.added', output_index: index, item: { ...item, ...start } };
		return [...(begun === undefined ? [added] : []), ...(begun === true ? [] : listPieces(item, index)), done];
	}
}
