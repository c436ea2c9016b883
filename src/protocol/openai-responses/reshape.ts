import type { JsonObject } from '../../util/index.ts';
import { objectsIn, toObject } from '../shared/body-fields.ts';
import { WatchedOutput } from './answer.ts';
import { EventLog } from './items.ts';

/** How the parts of an item are told: the events around each, and the member in which its text stands. */
interface PartForm {
	/** `response.<part>.added`, without a name where there are none. */
	part: string | null;
	/** `response.<text>.delta` and `.done`. */
	text: string;
	member: 'text' | 'refusal';
	index: 'content_index' | 'summary_index';
}

const PART_FORMS: Readonly<Record<string, PartForm>> = {
	output_text: { part: 'content_part', text: 'output_text', member: 'text', index: 'content_index' },
	refusal: { part: 'content_part', text: 'refusal', member: 'refusal', index: 'content_index' },
	reasoning_text: { part: 'content_part', text: 'reasoning_text', member: 'text', index: 'content_index' },
	summary_text: {
		part: 'reasoning_summary_part',
		text: 'reasoning_summary_text',
		member: 'text',
		index: 'summary_index',
	},
};

/** Items whose input comes in pieces, the events that bring it, and its member. */
const INPUTS: Readonly<Record<string, [events: string, member: string]>> = {
	function_call: ['function_call_arguments', 'arguments'],
	custom_tool_call: ['custom_tool_call_input', 'input'],
};

type Place = { item_id: unknown; output_index: number };

function logPart(log: EventLog, part: JsonObject, position: number, place: Place): void {
	const form = PART_FORMS[String(part['type'])];
	if (form === undefined) return;
	const at = { ...place, [form.index]: position };
	const text = String(part[form.member] ?? '');
	const empty = { ...part, [form.member]: '', ...('annotations' in part ? { annotations: [] } : {}) };
	log.add(`response.${form.part}.added`, { ...at, part: empty });
	if (text !== '') log.add(`response.${form.text}.delta`, { ...at, delta: text });
	for (const [annotation_index, annotation] of objectsIn(part['annotations']).entries())
		log.add('response.output_text.annotation.added', { ...at, annotation_index, annotation });
	log.add(`response.${form.text}.done`, { ...at, [form.member]: text });
	log.add(`response.${form.part}.done`, { ...at, part });
}

/** An item as it begins. */
function toBegun(item: JsonObject): JsonObject {
	const input = INPUTS[String(item['type'])]?.[1];
	const filled = ['content', 'summary'].filter((name) => Array.isArray(item[name]));
	const empty = Object.fromEntries(filled.map((name) => [name, []]));
	const status = item['status'] === undefined ? {} : { status: 'in_progress' };
	return { ...item, ...empty, ...(input === undefined ? {} : { [input]: '' }), ...status };
}

function logItem(log: EventLog, item: JsonObject, output_index: number): void {
	const place = { item_id: item['id'], output_index };
	log.add('response.output_item.added', { output_index, item: toBegun(item) });
	for (const name of ['summary', 'content'])
		for (const [position, part] of objectsIn(item[name]).entries()) logPart(log, part, position, place);
	const [events, member] = INPUTS[String(item['type'])] ?? [];
	if (member !== undefined) {
		const input = String(item[member] ?? '');
		if (input !== '') log.add(`response.${events}.delta`, { ...place, delta: input });
		log.add(`response.${events}.done`, { ...place, [member]: input });
	}
	log.add('response.output_item.done', { output_index, item });
}

/** The last events of responses that are not complete. */
const ENDS: Readonly<Record<string, string>> = {
	incomplete: 'incomplete',
	failed: 'failed',
	cancelled: 'failed',
	// in the background
	queued: 'queued',
	in_progress: 'in_progress',
};

/** A whole response as the events of a stream. */
export function splitResponse(body: JsonObject): string {
	const log = new EventLog();
	const status = ENDS[String(body['status'])] ?? 'completed';
	const response = { ...body, status: 'in_progress', incomplete_details: null, output: [], usage: null };
	log.add('response.created', { response });
	log.add('response.in_progress', { response });
	for (const [index, item] of objectsIn(body['output']).entries()) logItem(log, item, index);
	log.add(`response.${status}`, { response: { ...body, status } });
	return log.drain();
}

/** The events of a stream as one response. */
export function joinResponseEvents(events: readonly JsonObject[]): JsonObject {
	let response: JsonObject = {};
	const output = new WatchedOutput();
	for (const event of events) {
		response = { ...response, ...toObject(event['response']) };
		output.push(String(event['type']), event);
	}
	const told = objectsIn(response['output']);
	return { ...response, output: told.length > 0 ? told : output.json };
}
