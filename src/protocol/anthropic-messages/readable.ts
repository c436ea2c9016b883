import { isObject, type JsonObject } from '../../util/index.ts';
import { changeObjects } from '../shared/body-fields.ts';
import { addLeftOut, type EventReader } from '../shared/caller-format.ts';

const EVENTS = 'message_start content_block_start content_block_delta content_block_stop message_delta message_stop';
const KNOWN_EVENTS: ReadonlySet<unknown> = new Set([...EVENTS.split(' '), 'ping', 'error']);
const BLOCKS = 'text thinking redacted_thinking compaction tool_use server_tool_use mcp_tool_use mcp_tool_result';
const RESULTS =
	'web_fetch web_search code_execution bash_code_execution text_editor_code_execution tool_search advisor';
const KNOWN_BLOCKS: ReadonlySet<unknown> = new Set([
	...BLOCKS.split(' '),
	...RESULTS.split(' ').map((name) => `${name}_tool_result`),
]);
const DELTAS = 'text_delta thinking_delta signature_delta input_json_delta citations_delta compaction_delta';
const KNOWN_DELTAS: ReadonlySet<unknown> = new Set(DELTAS.split(' '));

const COUNTS = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/** A usage that the library reads: `required` is there; what is no number counts 0 and is named. `null`: it is one already. */
function repairUsage(usage: unknown, required: (typeof COUNTS)[number]): JsonObject | null {
	const told = isObject(usage) ? usage : {};
	const unreadable = COUNTS.filter((name) => !['number', 'undefined'].includes(typeof (told[name] ?? undefined)));
	if (unreadable.length === 0 && typeof told[required] === 'number') return null;
	const zeros = Object.fromEntries(unreadable.map((name) => [name, 0]));
	const readable = { ...told, [required]: told[required] ?? 0, ...zeros };
	return unreadable.length === 0 ? readable : { ...readable, unreadable };
}

/** Texts with which a block begins: by the API's rule they come as deltas, and libraries look for them there only. */
function splitBlockStart(event: JsonObject, block: JsonObject): readonly JsonObject[] {
	const { text, thinking, type } = block;
	const { index } = event;
	if (type === 'text' && typeof text === 'string' && text !== '') {
		const delta = { type: 'content_block_delta', index, delta: { type: 'text_delta', text } };
		return [{ ...event, content_block: { ...block, text: '' } }, delta];
	}
	if (type === 'thinking' && typeof thinking === 'string' && thinking !== '') {
		const delta = { type: 'content_block_delta', index, delta: { type: 'thinking_delta', thinking } };
		return [{ ...event, content_block: { ...block, thinking: '' } }, delta];
	}
	return [event];
}

/** A whole message without blocks of new kinds. */
export function toReadableMessage(body: JsonObject, leftOut: Set<string>): JsonObject {
	const content = changeObjects(body['content'], (block) => {
		if (KNOWN_BLOCKS.has(block['type'])) return block;
		addLeftOut(leftOut, block['type']);
		return null;
	});
	return content === undefined ? body : { ...body, content };
}

/** Changes the events of a message's stream; blocks and events of new kinds are left out, as the API asks of clients. */
export class AnthropicEventReader implements EventReader {
	/** Indices of the blocks that are left out; as many as a message has blocks. */
	readonly #unknownBlocks = new Set<unknown>();
	/** The message has its stop reason, and not its last event. */
	#lacksStop = false;
	readonly #leftOut: Set<string>;

	constructor(leftOut: Set<string>) {
		this.#leftOut = leftOut;
	}

	read(event: JsonObject): readonly JsonObject[] {
		const { content_block: block, delta, index, type } = event;
		if (isObject(event['error'])) return [{ ...event, type: 'error' }];
		if (!KNOWN_EVENTS.has(type)) return [];
		if (type === 'message_stop') this.#lacksStop = false;
		if (type === 'message_start' || type === 'message_delta') return [this.#readMessage(event)];
		if (type === 'content_block_start' && isObject(block)) {
			if (KNOWN_BLOCKS.has(block['type'])) return splitBlockStart(event, block);
			this.#unknownBlocks.add(index);
			addLeftOut(this.#leftOut, block['type']);
		}
		if (this.#unknownBlocks.has(index)) return [];
		if (!isObject(delta) || KNOWN_DELTAS.has(delta['type'])) return [event];
		addLeftOut(this.#leftOut, delta['type']);
		return [];
	}

	/** The event that begins or ends the message. */
	#readMessage(event: JsonObject): JsonObject {
		const { delta, message, type } = event;
		if (type === 'message_start' && isObject(message)) {
			const usage = repairUsage(message['usage'], 'input_tokens');
			return usage === null ? event : { ...event, message: { ...message, usage } };
		}
		if (type === 'message_delta') {
			this.#lacksStop ||= isObject(delta) && typeof delta['stop_reason'] === 'string';
			const usage = repairUsage(event['usage'], 'output_tokens');
			return usage === null ? event : { ...event, usage };
		}
		return event;
	}

	end(): readonly JsonObject[] {
		return this.#lacksStop ? [{ type: 'message_stop' }] : [];
	}
}
