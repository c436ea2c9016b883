import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listRecordings } from '../../test/support/recordings/list-recordings.ts';
import { type WireFormatName, ZERO_USAGE } from '../contracts/index.ts';
import { CALLER_FORMATS } from './caller-formats.ts';
import { SseParser } from './shared/sse.ts';
import { StreamReader } from './shared/stream-reader.ts';

const FORMATS = Object.keys(CALLER_FORMATS) as WireFormatName[];

/** Everything that is read of a stream: what is passed on, what is metered, and how it ends wherever it is cut. */
interface Reading {
	passed: string;
	text: string;
	tokens: number;
	/** What the gateway does with each event. */
	kinds: string[];
	states: unknown[];
}

function createReader(format: WireFormatName): StreamReader {
	return new StreamReader(() => CALLER_FORMATS[format].createStreamWatcher({ wantsUsage: true, answers: 1 }));
}

function stateOf({ watcher }: StreamReader): unknown {
	const { failure, finishReason, isComplete, responseId, usage } = watcher;
	return { failure, finishReason, isComplete, responseId, usage: usage.usage(), characters: usage.outputCharacters };
}

/** `takes`: what is like the event before is read at once. */
function read(
	format: WireFormatName,
	pieces: readonly Buffer[],
	{ takes, maxBytes = Number.POSITIVE_INFINITY }: { takes: boolean; maxBytes?: number },
): Reading & { repeated: number } {
	const reader = createReader(format);
	const reading: Reading & { repeated: number } = {
		passed: '',
		text: '',
		tokens: 0,
		kinds: [],
		states: [],
		repeated: 0,
	};
	const readFrame = (frame: ReturnType<StreamReader['next']>) => {
		if (frame === null) return false;
		const { isForwarded, kind } = reader.read(frame);
		const { text, tokens } = reader.watcher.usage.takeOutput();
		reading.kinds.push(`${kind} ${isForwarded}`);
		reading.passed += frame.raw.toString('latin1');
		reading.text += text;
		reading.tokens += tokens;
		return true;
	};
	for (const piece of pieces) {
		reader.feed(piece);
		do {
			const repeated = takes ? reader.takeRepeated(maxBytes) : null;
			if (repeated === null) continue;
			reading.passed += repeated.raw.toString('latin1');
			reading.text += repeated.text;
			const count = new SseParser().push(repeated.raw).length;
			reading.repeated += count;
			reading.kinds.push(...Array.from({ length: count }, () => 'output true'));
		} while (readFrame(reader.next()));
		reading.states.push(stateOf(reader));
	}
	readFrame(reader.flush());
	reading.states.push(stateOf(reader), reader.watcher.endEarly('length', { ...ZERO_USAGE, outputTokens: 7 }));
	return reading;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
	const borders = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
	return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

/** Checks that both ways of reading give the same; returns how many events were not parsed. */
function compare(format: WireFormatName, pieces: readonly Buffer[], maxBytes?: number): number {
	const { repeated, ...found } = read(format, pieces, { takes: true, ...(maxBytes === undefined ? {} : { maxBytes }) });
	const { repeated: _, ...expected } = read(format, pieces, { takes: false });
	expect(found).toEqual(expected);
	return repeated;
}

type Event = [name: string | null, data: object | string];
type Say = (text: string, count: number) => Event;

const chunk = (choice: object, more: object = {}): Event => [
	null,
	{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, ...choice }], ...more },
];
const block = (type: string, more: object): Event => [type, { type, index: 0, ...more }];
const part = (text: string, more: object = {}): Event => [
	null,
	{ candidates: [{ content: { parts: [{ text }], role: 'model' }, index: 0 }], modelVersion: 'm', ...more },
];
const responses = (type: string, more: object, sequence_number = 1): Event => [
	type,
	{ type, sequence_number, output_index: 0, ...more },
];
const delta = (type: string, text: string, count: number) =>
	responses(type, { item_id: 'i', content_index: 0, delta: text, obfuscation: 'xy'.repeat(1 + (count % 3)) }, count);

/** How the events of a format say a text. */
const SAYINGS: Readonly<Record<WireFormatName, readonly Say[]>> = {
	'openai-chat': [
		(content) => chunk({ delta: { content }, finish_reason: null }),
		(content, created) =>
			chunk({ delta: { content, role: 'assistant' } }, { created, usage: null, obfuscation: 'abc' }),
		(content, count) => chunk({ delta: { content } }, { usage: { prompt_tokens: 5, completion_tokens: count } }),
		(reasoning) => chunk({ delta: { reasoning, reasoning_details: [{ type: 'reasoning.text', text: reasoning }] } }),
		(reasoning_content) => chunk({ delta: { content: null, reasoning_content } }),
		(input) => chunk({ delta: { tool_calls: [{ index: 0, function: { arguments: input } }] } }),
		(input) => chunk({ delta: { tool_calls: [{ index: 0, function: { name: 'f', arguments: input } }] } }),
		(content) => chunk({ index: 1, delta: { content } }),
	],
	'anthropic-messages': [
		(text) => block('content_block_delta', { delta: { type: 'text_delta', text } }),
		(thinking) => block('content_block_delta', { delta: { type: 'thinking_delta', thinking } }),
		(partial_json) => block('content_block_delta', { delta: { type: 'input_json_delta', partial_json } }),
		(text) => block('content_block_start', { content_block: { type: 'text', text } }),
		(signature) => block('content_block_delta', { delta: { type: 'signature_delta', signature } }),
	],
	'openai-responses': [
		(text, count) => delta('response.output_text.delta', text, count),
		(text, count) => delta('response.function_call_arguments.delta', text, count),
		(text, count) => delta('response.reasoning_summary_text.delta', text, count),
		(text) => responses('response.output_text.done', { text }),
	],
	gemini: [
		(text) => part(text),
		(text, count) => part(text, { usageMetadata: { promptTokenCount: 5, candidatesTokenCount: count } }),
		(text) => [null, { candidates: [{ content: { parts: [{ text, thought: true }, { text }] } }] }],
	],
};

/** What stands between them, or ends the answer. */
const OTHERS: Readonly<Record<WireFormatName, readonly Event[]>> = {
	'openai-chat': [
		chunk({ delta: { role: 'assistant', content: '' } }),
		chunk({ delta: { content: 'x' } }, { id: 'c2', model: 'other' }),
		chunk({ delta: { tool_calls: [{ index: 0, id: 't', function: { name: 'f', arguments: '' } }] } }),
		chunk({ delta: {}, finish_reason: 'stop' }),
		chunk({ delta: { content: 'end' }, finish_reason: 'length' }),
		[null, { id: 'c1', choices: [], usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 } }],
		[null, { error: { message: 'no', type: 'server_error' } }],
		[null, '[DONE]'],
	],
	'anthropic-messages': [
		['message_start', { type: 'message_start', message: { usage: { input_tokens: 9, output_tokens: 1 } } }],
		block('content_block_start', { content_block: { type: 'tool_use', id: 't', name: 'f', input: {} } }),
		block('content_block_stop', {}),
		['ping', { type: 'ping' }],
		['message_delta', { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 4 } }],
		['message_stop', { type: 'message_stop' }],
		['error', { type: 'error', error: { type: 'overloaded_error', message: 'no' } }],
	],
	'openai-responses': [
		responses('response.created', { response: { id: 'resp_1', status: 'in_progress', output: [] } }),
		responses('response.output_item.added', { item: { type: 'message', id: 'i', content: [] } }),
		responses('response.output_item.added', { output_index: 1, item: { type: 'function_call', name: 'f' } }),
		responses('response.output_item.done', { item: { type: 'message', id: 'i', content: [{ text: 'done' }] } }),
		responses('response.completed', {
			response: { status: 'completed', usage: { input_tokens: 2, output_tokens: 3 } },
		}),
		['error', { type: 'error', message: 'no' }],
	],
	gemini: [
		part('', { usageMetadata: { promptTokenCount: 1, thoughtsTokenCount: 2, trafficType: 'ON_DEMAND' } }),
		[null, { candidates: [{ content: { parts: [{ functionCall: { name: 'f', args: { text: 'x' } } }] } }] }],
		[null, { candidates: [{ content: { parts: [{ text: 'end' }] }, finishReason: 'STOP', index: 0 }] }],
		[null, { error: { code: 503, message: 'no', status: 'UNAVAILABLE' } }],
	],
};

function reverseKeys(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(reverseKeys);
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(
		Object.entries(value)
			.toReversed()
			.map(([name, member]) => [name, reverseKeys(member)]),
	);
}

/** How a server writes its events. */
const styles = fc.record({
	lineEnd: fc.constantFrom('\n', '\n', '\r\n', '\r'),
	isReversed: fc.boolean(),
	isAscii: fc.boolean(),
	space: fc.constantFrom('', ' '),
	padding: fc.nat({ max: 3 }),
	hasNames: fc.boolean(),
	hasMark: fc.boolean(),
});
type Style = typeof styles extends fc.Arbitrary<infer Value> ? Value : never;

function write([name, data]: Event, style: Style, index: number): string {
	const { hasNames, isAscii, isReversed, lineEnd, padding, space } = style;
	let json = typeof data === 'string' ? data : JSON.stringify(isReversed ? reverseKeys(data) : data);
	if (space !== '') json = json.replace(/":/g, '": ').replace(/,"/g, ', "');
	if (isAscii) json = json.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
	if (json.endsWith('}}')) json = `${json.slice(0, -1)}${' '.repeat((padding * index) % 5)}}`;
	const event = name === null || !hasNames ? '' : `event:${space}${name}${lineEnd}`;
	return `${event}data:${space}${json}${lineEnd}${lineEnd}`;
}

const texts = fc.oneof(
	fc.string({ maxLength: 12 }),
	fc.string({ unit: 'grapheme', maxLength: 8 }),
	fc.string({ unit: 'binary', maxLength: 4 }),
	fc.constantFrom('\n', '"', '\\', '\t{"a": "b"}\r\n', '[DONE]', '\ud800', '\uFEFF', '~0~', '}', '  '),
);

/** A stretch of events that say one text after the other in the same way, and what stands behind it. */
const stretches = fc.record({
	saying: fc.nat(),
	said: fc.array(texts, { minLength: 1, maxLength: 6 }),
	other: fc.option(fc.nat()),
});

const streams = fc.record({ style: styles, stretches: fc.array(stretches, { minLength: 1, maxLength: 5 }) });

function writeStream(
	format: WireFormatName,
	{ style, stretches: list }: { style: Style; stretches: { saying: number; said: string[]; other: number | null }[] },
): Buffer {
	let index = 0;
	let stream = style.hasMark ? '\uFEFF' : '';
	for (const { other, said, saying } of list) {
		const say = SAYINGS[format][saying % SAYINGS[format].length];
		for (const text of said) {
			index += 1;
			if (say !== undefined) stream += write(say(text, index), style, index);
		}
		const between = other === null ? undefined : OTHERS[format][other % OTHERS[format].length];
		if (between !== undefined) stream += write(between, style, index);
	}
	return Buffer.from(stream);
}

/** What a byte is replaced by: structure of JSON and of lines, and bytes that are no UTF-8. */
const BYTES = Buffer.from('"\\{}[]:,0 \n\rx\u0001\u00e9');

describe.each(FORMATS)('a stream of %s', (format) => {
	it('is passed on, metered and ended the same as if each event were parsed, wherever it is cut', () => {
		let repeated = 0;
		fc.assert(
			fc.property(
				streams,
				fc.array(fc.nat(), { maxLength: 12 }),
				fc.option(fc.nat({ max: 40 })),
				(stream, places, maxBytes) => {
					repeated += compare(format, cut(writeStream(format, stream), places), maxBytes ?? undefined);
				},
			),
			{ numRuns: 400 },
		);
		expect(repeated).toBeGreaterThan(100);
	});

	it('is read the same when any of its bytes are others', () => {
		const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: BYTES.length - 1 })), { minLength: 1, maxLength: 3 });
		fc.assert(
			fc.property(streams, changes, (stream, changed) => {
				const bytes = writeStream(format, stream);
				for (const [place, byte] of changed) bytes[place % bytes.length] = BYTES[byte] ?? 0;
				compare(format, [bytes]);
			}),
			{ numRuns: 400 },
		);
	});
});

const recordings = listRecordings().filter(({ isStream, status }) => isStream && status < 400);

it.skipIf(recordings.length === 0)(
	'a recorded stream is passed on, metered and ended the same as if each event were parsed, and most need not be',
	() => {
		let [events, repeated] = [0, 0];
		for (const { bytes, format } of recordings) {
			if (format === 'bedrock-converse') continue;
			events += new SseParser().push(bytes).length;
			repeated += compare(format, [bytes]);
			compare(
				format,
				cut(
					bytes,
					Array.from({ length: 12 }, (_, index) => index * 104_729),
				),
				40,
			);
		}
		expect(repeated / events).toBeGreaterThan(0.7);
	},
	60_000,
);
