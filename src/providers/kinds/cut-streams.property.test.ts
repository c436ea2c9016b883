import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogle } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../../contracts/index.ts';
import { CALLER_FORMATS, type SseFrame, SseParser } from '../../protocol/index.ts';
import type { JsonObject } from '../../util/index.ts';
import { withReadableAnswers } from './readable-fetch.ts';

const SAID = 'été 懒狗 😀 naïve\u2028end';

/** An event of a stream: its name, and what it says. */
type Event = [name: string | null, data: JsonObject | '[DONE]'];

const named = (events: readonly JsonObject[]): Event[] => events.map((event) => [String(event['type']), event]);
const chunk = (delta: object, finish_reason: string | null = null) => ({
	id: 'c',
	object: 'chat.completion.chunk',
	created: 1,
	model: 'm',
	choices: [{ index: 0, delta, finish_reason }],
});
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] };
const item = { type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' };
const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm' };
const usage = { input_tokens: 10, output_tokens: 5 };
const done = { ...item, content: [{ type: 'output_text', text: SAID, annotations: [] }] };

const STREAMS: Readonly<Record<WireFormatName, Event[]>> = {
	'anthropic-messages': named([
		{ type: 'message_start', message: { ...message, stop_reason: null, stop_sequence: null, usage } },
		{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
		{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: SAID } },
		{ type: 'content_block_stop', index: 0 },
		{ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
		{ type: 'message_stop' },
	]),
	'openai-chat': [
		[null, chunk({ role: 'assistant', content: '' })],
		[null, chunk({ content: SAID })],
		[null, chunk({}, 'stop')],
		[null, { ...chunk({}), choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } }],
		[null, '[DONE]'],
	],
	'openai-responses': named([
		{ type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
		{ type: 'response.output_item.added', output_index: 0, item: { ...item, content: [] } },
		{ type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: SAID },
		{ type: 'response.output_item.done', output_index: 0, item: done },
		{ type: 'response.completed', response: { ...response, status: 'completed', output: [done], usage } },
	]),
	gemini: [
		[null, { candidates: [{ index: 0, content: { role: 'model', parts: [{ text: SAID }] } }] }],
		[
			null,
			{
				candidates: [{ index: 0, content: { role: 'model', parts: [] }, finishReason: 'STOP' }],
				usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 },
			},
		],
	],
};

const MODELS: Readonly<Record<WireFormatName, (library: { apiKey: string; fetch: typeof fetch }) => LanguageModelV4>> =
	{
		'anthropic-messages': (library) => createAnthropic(library).languageModel('claude-haiku-4-5'),
		'openai-chat': (library) =>
			createOpenAICompatible({ name: 'x', baseURL: 'http://x', ...library }).languageModel('m'),
		'openai-responses': (library) => createOpenAI(library).responses('gpt-5'),
		gemini: (library) => createGoogle(library).languageModel('gemini-3-pro'),
	};

const ENDINGS = ['\n', '\r\n', '\r'] as const;

/** The text of a stream; each line ends as the next of `endings` says. */
function write(events: readonly Event[], endings: readonly string[], hasMark: boolean): Buffer {
	let text = hasMark ? '\uFEFF' : '';
	let count = 0;
	const end = (line: string): void => {
		const ending = endings[count % endings.length] ?? '\n';
		count += 1;
		// behind a CR an LF would belong to it
		text += line + (line === '' && ending === '\n' && text.endsWith('\r') ? '\r' : ending);
	};
	for (const [name, data] of events) {
		if (name !== null) end(`event: ${name}`);
		end(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}`);
		end('');
	}
	return Buffer.from(text);
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
	const borders = [0, ...places.map((place) => place % bytes.length).sort((a, b) => a - b), bytes.length];
	return borders.slice(1).map((border, index) => bytes.subarray(borders[index], border));
}

/** What passes through in the same format. */
function watch(format: WireFormatName, pieces: readonly Buffer[]) {
	const parser = new SseParser();
	const watcher = CALLER_FORMATS[format].createStreamWatcher({ wantsUsage: true });
	const frames: SseFrame[] = pieces.flatMap((piece) => parser.push(piece));
	const last = parser.flush();
	if (last !== null) frames.push(last);
	const kinds = frames.filter(({ data }) => data !== null).map((frame) => watcher.read(frame).kind);
	const { finishReason, isComplete } = watcher;
	const passed = Buffer.concat(frames.map(({ raw }) => raw)).toString('hex');
	return { kinds, finishReason, isComplete, usage: watcher.usage.usage(), passed };
}

/** What a client library reads, for a translation. */
async function translate(format: WireFormatName, pieces: readonly Buffer[]): Promise<LanguageModelV4StreamPart[]> {
	const headers = { 'content-type': 'text/event-stream' };
	const answer = async () => new Response(ReadableStream.from(pieces), { headers });
	const model = MODELS[format]({ apiKey: 'key', fetch: withReadableAnswers(answer, format) });
	const { stream } = await model.doStream({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }] });
	const parts: LanguageModelV4StreamPart[] = [];
	for await (const part of stream) parts.push(part);
	return parts;
}

const cuts = fc.record({
	endings: fc.array(fc.constantFrom(...ENDINGS), { minLength: 1, maxLength: 7 }),
	hasMark: fc.boolean(),
	places: fc.array(fc.nat(), { maxLength: 40 }),
});

describe.each(Object.keys(STREAMS) as WireFormatName[])('a stream of %s', (format) => {
	const events = STREAMS[format];
	const plain = [write(events, ['\n'], false)];

	it('reads the same wherever it is cut and however its lines end, and passes byte for byte', () => {
		const { passed: _, ...expected } = watch(format, plain);
		expect(expected).toMatchObject({ isComplete: true, finishReason: 'stop' });
		fc.assert(
			fc.property(cuts, ({ endings, hasMark, places }) => {
				const bytes = write(events, endings, hasMark);
				expect(watch(format, cut(bytes, places))).toEqual({ ...expected, passed: bytes.toString('hex') });
			}),
		);
	});

	it('is translated the same', async () => {
		const expected = await translate(format, plain);
		const text = expected.map((part) => (part.type === 'text-delta' ? part.delta : '')).join('');
		expect([text, expected.at(-1)?.type]).toEqual([SAID, 'finish']);
		await fc.assert(
			fc.asyncProperty(cuts, async ({ endings, hasMark, places }) => {
				expect(await translate(format, cut(write(events, endings, hasMark), places))).toEqual(expected);
			}),
			{ numRuns: 60 },
		);
	});

	it('is translated the same where it comes byte by byte', async () => {
		const bytes = write(events, ENDINGS, true);
		const pieces = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
		expect(await translate(format, pieces)).toEqual(await translate(format, plain));
	});
});
