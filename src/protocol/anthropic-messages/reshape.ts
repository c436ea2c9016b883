import { isObject, type JsonObject } from '../../util/index.ts';
import { objectsIn, parseExactJson, toObject } from '../shared/body-fields.ts';
import { formatSse } from '../shared/sse.ts';

/** The start of a block, and the deltas that bring what is in it; a block without deltas comes whole with its start. */
function splitBlock(block: JsonObject): { start: JsonObject; deltas: JsonObject[] } {
	const { citations, input, signature, text, thinking, type } = block;
	switch (type) {
		case 'text':
			return {
				start: { ...block, text: '', ...(Array.isArray(citations) ? { citations: [] } : {}) },
				deltas: [
					...objectsIn(citations).map((citation) => ({ type: 'citations_delta', citation })),
					{ type: 'text_delta', text },
				],
			};
		case 'thinking':
			return {
				start: { ...block, thinking: '', signature: '' },
				deltas: [
					{ type: 'thinking_delta', thinking },
					{ type: 'signature_delta', signature },
				],
			};
		case 'compaction':
			return { start: { type }, deltas: [{ type: 'compaction_delta', content: block['content'] }] };
		default:
			if (!isObject(input)) return { start: block, deltas: [] };
			return {
				start: { ...block, input: {} },
				deltas: [{ type: 'input_json_delta', partial_json: JSON.stringify(input) }],
			};
	}
}

/** A whole message as the events of a stream. */
export function splitMessage(body: JsonObject): string {
	const { container, content, context_management, stop_details, stop_reason, stop_sequence = null, usage } = body;
	const begun = { ...toObject(usage), output_tokens: 0 };
	const message = { ...body, content: [], stop_reason: null, stop_sequence: null, usage: begun };
	const blocks = objectsIn(content).flatMap((block, index) => {
		const { deltas, start } = splitBlock(block);
		return [
			{ type: 'content_block_start', index, content_block: start },
			...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
			{ type: 'content_block_stop', index },
		];
	});
	const delta = { stop_reason, stop_sequence, stop_details, container };
	const events = [
		{ type: 'message_start', message },
		...blocks,
		{ type: 'message_delta', delta, usage, context_management },
		{ type: 'message_stop' },
	];
	return events.map((event) => formatSse(event, event.type)).join('');
}

type Block = Record<string, unknown>;

/** Members that deltas bring in pieces, by the kind of delta. */
const TEXTS: Readonly<Record<string, string>> = {
	text_delta: 'text',
	thinking_delta: 'thinking',
	signature_delta: 'signature',
	compaction_delta: 'content',
};

/** What one block of a stream becomes. */
class JoinedBlock {
	readonly #block: Block;
	#input = '';

	constructor(start: JsonObject) {
		this.#block = { ...start };
	}

	add(delta: JsonObject): void {
		const name = TEXTS[String(delta['type'])];
		if (name !== undefined) this.#block[name] = `${String(this.#block[name] ?? '')}${String(delta[name] ?? '')}`;
		else if (delta['type'] === 'input_json_delta') this.#input += String(delta['partial_json'] ?? '');
		else if (delta['type'] === 'citations_delta')
			this.#block['citations'] = [...objectsIn(this.#block['citations']), delta['citation']];
	}

	get json(): JsonObject {
		// an input that the model's limit has cut is none
		const input = this.#input === '' ? undefined : parseExactJson(this.#input);
		return isObject(input) ? { ...this.#block, input } : this.#block;
	}
}

/** The events of a stream as one message. */
export function joinMessageEvents(events: readonly JsonObject[]): JsonObject {
	let message: JsonObject = {};
	const blocks = new Map<unknown, JoinedBlock>();
	for (const { content_block: start, delta, index, message: begun, type, usage, ...more } of events) {
		if (type === 'message_start') message = { ...toObject(begun) };
		else if (type === 'content_block_start') blocks.set(index, new JoinedBlock(toObject(start)));
		else if (type === 'content_block_delta') blocks.get(index)?.add(toObject(delta));
		else if (type === 'message_delta') {
			const told = Object.entries(toObject(usage)).filter(([, count]) => count !== null);
			const all = { ...toObject(message['usage']), ...Object.fromEntries(told) };
			message = { ...message, ...toObject(delta), ...more, usage: all };
		}
	}
	return { ...message, content: [...blocks.values()].map(({ json }) => json) };
}
