import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { formatSse, SseParser } from '../shared/sse.ts';
import { openAiChatFormat } from './index.ts';

const recorded = readFileSync(
	new URL('../../../test/fixtures/openai-streams/azure-text.chat.jsonl', import.meta.url),
	'utf8',
);
const stream = Buffer.from(
	`${recorded
		.trimEnd()
		.split('\n')
		.map((line) => formatSse(line))
		.join('')}data: [DONE]\n\n`,
);
const counts = {
	inputTokens: 3,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 4,
	reasoningTokens: 0,
};

function watch(chunks: readonly Buffer[], options = { wantsUsage: false, answers: 1 }) {
	const frames = new SseParser();
	const watcher = openAiChatFormat.createStreamWatcher(options);
	const readings = chunks
		.flatMap((chunk) => frames.push(chunk))
		.map((frame) => {
			const { kind, isForwarded } = watcher.read(frame);
			return { kind, isForwarded, isComplete: watcher.isComplete };
		});
	return { watcher, readings };
}
const chunk = (choices: object[], more: object = {}) =>
	Buffer.from(formatSse({ id: 'a', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more }));

describe('a stream of chunks that is passed through is understood', () => {
	it('knows start, output, end and figures of a recorded stream, and keeps back the figures nobody asked for', () => {
		const { watcher, readings } = watch([stream]);
		expect(readings).toEqual([
			{ kind: 'start-up', isForwarded: true, isComplete: false },
			{ kind: 'start-up', isForwarded: true, isComplete: false },
			{ kind: 'output', isForwarded: true, isComplete: false },
			{ kind: 'output', isForwarded: true, isComplete: false },
			{ kind: 'end', isForwarded: true, isComplete: true },
			{ kind: 'other', isForwarded: true, isComplete: true },
			{ kind: 'usage', isForwarded: false, isComplete: true },
			{ kind: 'done', isForwarded: true, isComplete: true },
		]);
		expect(watcher.finishReason).toBe('stop');
		expect(watcher.usage.usage()).toMatchObject({ inputTokens: 15, outputTokens: 5 });
		expect(watch([stream], { wantsUsage: true, answers: 1 }).readings[6]).toMatchObject({ isForwarded: true });
	});

	it('reads the same however the bytes are cut', () => {
		const whole = watch([stream]).readings;
		fc.assert(
			fc.property(fc.array(fc.nat(stream.length), { maxLength: 20 }), (places) => {
				const cuts = [0, ...places.sort((a, b) => a - b), stream.length];
				const parts = cuts.slice(1).map((end, at) => Buffer.from(stream.subarray(cuts[at], end)));
				expect(watch(parts).readings).toEqual(whole);
			}),
			{ numRuns: 200 },
		);
	});

	it('is complete when every answer that was asked for has ended', () => {
		const ends = (index: number) => chunk([{ index, delta: {}, finish_reason: 'length' }]);
		const two = { wantsUsage: false, answers: 2 };
		expect(watch([ends(0)], two).watcher.isComplete).toBe(false);
		expect(watch([ends(0), ends(1)], two).watcher).toMatchObject({ isComplete: true, finishReason: 'length' });
	});

	it('sees output and end in one chunk, as some servers send them', () => {
		const { readings } = watch([chunk([{ index: 0, delta: { content: 'all' }, finish_reason: 'stop' }])]);
		expect(readings).toEqual([{ kind: 'output', isForwarded: true, isComplete: true }]);
	});

	it.each([
		['data: {"choices":[{"index":0,"del\n\n', 'malformed'],
		['data: <html>\n\n', 'malformed'],
		['data: {"hello":1}\n\n', 'other'],
		['data: 7\n\n', 'malformed'],
		['data: {"error":{"message":"overloaded"}}\n\n', 'error'],
		['event: error\ndata: {"message":"no"}\n\n', 'error'],
		['data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n', 'error'],
		[': keep-alive\n\n', 'other'],
	])('reads %j as %s', (text, kind) => {
		expect(watch([Buffer.from(text)]).readings.map((reading) => reading.kind)).toEqual([kind]);
	});

	it('ends early so that the official client sees a whole completion with the reason', async () => {
		const { watcher } = watch([stream.subarray(0, stream.indexOf(' World'))], { wantsUsage: true, answers: 1 });
		const text = `${stream.subarray(0, stream.indexOf('data:', stream.indexOf('"Hello"'))).toString()}${watcher.endEarly('length', counts)}`;
		const fetch = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
		const client = new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1/v1', fetch });
		const request = { model: 'm', messages: [{ role: 'user' as const, content: 'hi' }] };
		const final = await client.chat.completions.stream(request).finalChatCompletion();
		expect(final).toMatchObject({
			id: 'chatcmpl-test',
			choices: [{ finish_reason: 'length', message: { content: 'Hello' } }],
			usage: { total_tokens: 7 },
		});
	});

	it('adds nothing behind the last word of the format', () => {
		expect(watch([stream]).watcher.endEarly('length', counts)).toBe('');
	});
});
