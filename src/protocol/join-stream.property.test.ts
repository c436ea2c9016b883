import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import type { JsonObject, Steps } from '../util/index.ts';
import { CALLER_FORMATS } from './caller-formats.ts';
import { joinStream, looksLikeEvents, splitWhole } from './join-stream.ts';

function run<Value>(steps: Steps<Value>): Value {
	let step = steps.next();
	while (step.done !== true) step = steps.next();
	return step.value;
}

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const name = fc.stringMatching(/^[a-z_]{1,10}$/);
const input = fc.dictionary(name, fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 2 })), {
	maxKeys: 3,
	noNullPrototype: true,
});
const calls = fc.array(fc.record({ name, input }), { maxLength: 2 });

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
const completion = fc
	.array(fc.record({ said: text, thought: fc.option(text), calls }), { minLength: 1, maxLength: 2 })
	.map((answers) => ({
		id: 'c',
		object: 'chat.completion',
		created: 1,
		model: 'm',
		choices: answers.map(({ said, thought, calls: called }, index) => ({
			index,
			message: {
				role: 'assistant',
				content: said,
				...(thought === null ? {} : { reasoning_content: thought }),
				...(called.length === 0
					? {}
					: {
							tool_calls: called.map((call, position) => ({
								id: `call_${position}`,
								type: 'function',
								function: { name: call.name, arguments: JSON.stringify(call.input) },
							})),
						}),
			},
			finish_reason: called.length > 0 ? 'tool_calls' : 'stop',
		})),
		usage,
	}));

const block = fc.oneof(
	fc.record({ type: fc.constant('text'), text }),
	fc.record({
		type: fc.constant('text'),
		text,
		citations: fc.array(fc.record({ cited_text: text }), { maxLength: 2 }),
	}),
	fc.record({ type: fc.constant('thinking'), thinking: text, signature: text }),
	fc.record({ type: fc.constant('redacted_thinking'), data: text }),
	fc.record({ type: fc.constant('tool_use'), id: fc.constant('call_1'), name, input }),
	fc.record({ type: fc.constant('hologram'), data: text }),
);
const message = fc.array(block, { minLength: 1, maxLength: 4 }).map((content) => ({
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'm',
	content,
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 10, output_tokens: 5 },
}));

const part = fc.oneof(
	fc.record({
		type: fc.constant('output_text'),
		text,
		annotations: fc.array(fc.record({ url: text }), { maxLength: 2 }),
	}),
	fc.record({ type: fc.constant('refusal'), refusal: text }),
);
const item = fc.oneof(
	fc.record({ type: fc.constant('message'), content: fc.array(part, { minLength: 1, maxLength: 2 }) }),
	fc.record({ type: fc.constant('function_call'), name, arguments: input.map((value) => JSON.stringify(value)) }),
	fc.record({
		type: fc.constant('reasoning'),
		summary: fc.array(text.map((each) => ({ type: 'summary_text', text: each }))),
	}),
	fc.record({ type: fc.constant('hologram_call'), data: text }),
);
const response = fc.array(item, { minLength: 1, maxLength: 3 }).map((output) => ({
	id: 'resp_1',
	object: 'response',
	created_at: 1,
	status: 'completed',
	incomplete_details: null,
	model: 'm',
	output: output.map((each, index) => ({ id: `item_${index}`, ...each })),
	usage: { input_tokens: 10, output_tokens: 5, total_tokens: 15 },
}));

const contentPart = fc.oneof(
	fc.record({ text }),
	fc.record({ text, thought: fc.constant(true), thoughtSignature: text }),
	fc.record({ functionCall: fc.record({ name, args: input }) }),
	fc.record({ inlineData: fc.record({ mimeType: fc.constant('image/png'), data: text }) }),
);
const generated = fc.array(contentPart, { minLength: 1, maxLength: 3 }).map((parts) => ({
	candidates: [{ content: { parts, role: 'model' }, finishReason: 'STOP', index: 0 }],
	usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
	modelVersion: 'm',
}));

/** Texts that follow each other are one for Gemini's clients, however they were cut. */
function hasTextsInARow(body: JsonObject): boolean {
	return /"text":"[^"]*"\},\{"text"/.test(JSON.stringify(body));
}

it.each<[WireFormatName, fc.Arbitrary<JsonObject>]>([
	['openai-chat', completion],
	['anthropic-messages', message],
	['openai-responses', response],
	['gemini', generated.filter((body) => !hasTextsInARow(body))],
])('an answer of %s loses nothing on its way through the other form', (format, bodies) => {
	fc.assert(
		fc.property(bodies, (body) => {
			const events = splitWhole(CALLER_FORMATS[format], body) ?? '';
			expect(looksLikeEvents(events)).toBe(true);
			expect(run(joinStream(CALLER_FORMATS[format], Buffer.from(events)))).toEqual({ kind: 'answer', body });
		}),
	);
});

it('a hostile server reaches no prototype by the names in its chunks', () => {
	const delta = '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":"yes"}},"content":"Hi"}';
	const frame = `data: {"choices":[{"index":0,"delta":${delta},"finish_reason":"stop"}]}\n\n`;
	run(joinStream(CALLER_FORMATS['openai-chat'], Buffer.from(frame + frame)));
	expect(Reflect.get({}, 'polluted')).toBeUndefined();
});
