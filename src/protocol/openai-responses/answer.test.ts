import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { formatSse, SseParser } from '../shared/sse.ts';
import { openAiResponsesFormat } from './index.ts';

function recorded(name: string): Buffer {
	const file = new URL(`../../../test/fixtures/openai-streams/${name}.responses.jsonl`, import.meta.url);
	const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
	return Buffer.from(lines.map((line) => formatSse(line, JSON.parse(line).type)).join(''));
}

/** A stream with reasoning, text and a call, as this package writes it. */
function written(): Buffer {
	const encoder = openAiResponsesFormat.createStreamEncoder({
		id: '1',
		model: 'm',
		createdAt: 0,
		wantsUsage: true,
		request: {},
	});
	const usage = {
		inputTokens: { total: 9, noCache: 9, cacheRead: 0, cacheWrite: 0 },
		outputTokens: { total: 8, text: 6, reasoning: 2 },
	};
	const text = [
		encoder.push({ type: 'reasoning-delta', id: 'r', delta: 'hm' }),
		encoder.push({ type: 'reasoning-end', id: 'r' }),
		encoder.push({ type: 'text-delta', id: 't', delta: 'Hello ' }),
		encoder.push({ type: 'text-delta', id: 't', delta: '👋' }),
		encoder.push({ type: 'tool-input-start', id: 'c', toolName: 'f' }),
		encoder.push({ type: 'tool-input-delta', id: 'c', delta: '{"a":' }),
		encoder.push({ type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"a":1}' }),
		encoder.push({ type: 'finish', finishReason: { unified: 'tool-calls', raw: undefined }, usage }),
	].join('');
	return Buffer.from(text);
}

const counts = {
	inputTokens: 3,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 4,
	reasoningTokens: 0,
};

function watch(chunks: readonly Buffer[]) {
	const frames = new SseParser();
	const watcher = openAiResponsesFormat.createStreamWatcher({ wantsUsage: true });
	const readings = chunks
		.flatMap((chunk) => frames.push(chunk))
		.map((frame) => {
			const { kind, isForwarded } = watcher.read(frame);
			return { kind, isForwarded, isComplete: watcher.isComplete };
		});
	return { watcher, readings, kinds: readings.map(({ kind }) => kind) };
}

const kindsOf = (text: string) => watch([Buffer.from(text)]).kinds;

describe('a stream of response events that is passed through is understood', () => {
	it('reads a compatible server that says little beside its deltas', () => {
		const { watcher, kinds } = watch([recorded('tool-call')]);
		expect(kinds.slice(0, 2)).toEqual(['start-up', 'start-up']);
		expect(new Set(kinds.slice(2, 12))).toEqual(new Set(['output']));
		expect(kinds.at(-1)).toBe('end');
		expect(watcher).toMatchObject({ isComplete: true, finishReason: 'tool-calls' });
		expect(watcher.usage.usage()).toMatchObject({ inputTokens: 45, outputTokens: 18 });
	});

	it('sees that OpenAI ran out of quota before any output', () => {
		const { watcher, kinds } = watch([recorded('quota')]);
		expect(kinds).toEqual(['start-up', 'start-up', 'error', 'error']);
		expect(watcher.isComplete).toBe(false);
	});

	it('reads the same however the bytes are cut', () => {
		const bytes = written();
		const whole = watch([bytes]).readings;
		fc.assert(
			fc.property(fc.array(fc.nat(bytes.length), { maxLength: 20 }), (places) => {
				const cuts = [0, ...places.sort((a, b) => a - b), bytes.length];
				const parts = cuts.slice(1).map((end, at) => Buffer.from(bytes.subarray(cuts[at], end)));
				expect(watch(parts).readings).toEqual(whole);
			}),
			{ numRuns: 200 },
		);
	});

	it('takes an answer that stands in its last event only for output', () => {
		const response = {
			status: 'completed',
			output: [{ type: 'message', content: [{ type: 'output_text', text: 'hi' }] }],
		};
		expect(kindsOf(formatSse({ type: 'response.completed', response }))).toEqual(['output']);
		expect(kindsOf(formatSse({ type: 'response.completed', response: { output: [] } }))).toEqual(['end']);
	});

	it.each([
		['data: {"type":"response.output_text.del\n\n', 'malformed'],
		['data: <html>\n\n', 'malformed'],
		['data: {"hello":1}\n\n', 'other'],
		['data: {"error":{"message":"overloaded"}}\n\n', 'error'],
		['event: error\ndata: {"message":"no"}\n\n', 'error'],
		['data: {"type":"response.failed","response":{"status":"failed"}}\n\n', 'error'],
		['data: {"type":"response.output_text.delta","delta":""}\n\n', 'start-up'],
		[': keep-alive\n\n', 'other'],
		['data: [DONE]\n\n', 'done'],
	])('reads %j as %s', (text, kind) => {
		expect(kindsOf(text)).toEqual([kind]);
	});

	it('ends early at any event so that the official client sees what came, and why it ended', async () => {
		const frames = new SseParser().push(written());
		for (let end = 1; end < frames.length; end += 1) {
			const came = frames.slice(0, end).map(({ raw }) => raw);
			const { watcher } = watch(came);
			const text = `${Buffer.concat(came).toString()}${watcher.endEarly('length', counts)}`;
			const fetch = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
			const client = new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1/v1', fetch });
			const final = await client.responses.stream({ model: 'm', input: 'hi' }).finalResponse();
			expect(final).toMatchObject({
				status: 'incomplete',
				incomplete_details: { reason: 'max_output_tokens' },
				usage: { total_tokens: 7 },
			});
			const said = came.map((raw) => /"delta":"(Hello |👋)"/.exec(raw.toString())?.[1] ?? '').join('');
			expect(final.output_text).toBe(said);
			const numbers = [...text.matchAll(/"sequence_number":(\d+)/g)].map((match) => Number(match[1]));
			expect(numbers).toEqual(numbers.map((_, index) => index));
		}
		expect(watch(frames.map(({ raw }) => raw)).watcher.endEarly('length', counts)).toBe('');
	});
});
