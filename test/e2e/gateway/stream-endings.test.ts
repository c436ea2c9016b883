import { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMeaning } from '../../support/recordings/answer-meaning.ts';
import {
	CHAT_USAGE,
	chunk,
	completion,
	content,
	DONE,
	message,
	messageEvents,
	response,
	stream,
	whole,
} from '../../support/recordings/answers.ts';
import type { CallerFormatName } from '../../support/recordings/caller-requests.ts';
import { openReplayGateway, type ReplayGateway } from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
beforeAll(async () => {
	gateway = await openReplayGateway();
});
afterAll(() => gateway.close());

async function readDecision(headers: Headers): Promise<{ attempts: unknown[]; ledger: unknown[] }> {
	const answer = await fetch(`${gateway.url}/v1/decisions/${headers.get('x-switchyard-decision')}`);
	return JSON.parse(await answer.text());
}

describe('a Gemini stream', () => {
	it.each([
		['in its own format', stream('gemini', [content([{ text: 'Hel' }]), content([{ text: 'lo' }], 'STOP')])],
		['translated', stream('openai-chat', [chunk({ content: 'Hel' }), chunk({ content: 'lo' }, 'stop'), DONE])],
	])('%s is read to its end by Google’s own package', async (_name, answer) => {
		const received = await gateway.ask('gemini', answer);
		expect(received.comment).toBe('');
		const headers = { 'content-type': 'text/event-stream' };
		const body = received.bytes;
		const fetch = async () => new Response(new Uint8Array(body), { headers });
		const client = new GoogleGenAI({ apiKey: 'x', httpOptions: { fetch } });
		let text = '';
		for await (const part of await client.models.generateContentStream({ model: 'gemini-3-pro', contents: 'hi' }))
			text += part.text ?? '';
		expect(text).toBe('Hello');
	});

	it('tells its cost under its decision: it has no comment that could', async () => {
		const answer = stream('gemini', [content([{ text: 'Hello' }], 'STOP')]);
		const { headers } = await gateway.ask('gemini', answer);
		expect(await readDecision(headers)).toMatchObject({
			ledger: [{ usage: { inputTokens: 1000 } }],
			attempts: [{ outcome: 'success' }],
		});
	});
});

describe('a stream in another format', () => {
	it('ends with a comment that tells its cost', async () => {
		const events = [chunk({ content: 'Hello' }), chunk({}, 'stop', { usage: CHAT_USAGE }), DONE];
		const { comment } = await gateway.ask('openai-chat', stream('openai-chat', events));
		expect(comment).toMatch(/^: switchyard decision=\S+ model=openai-chat attempts=1 cost=0\.0017\d+\n\n$/);
	});
});

const CALLERS: readonly CallerFormatName[] = ['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini'];

describe('a chat stream that ends with [DONE] but without a finish reason', () => {
	const answer = stream('openai-chat', [
		chunk({ content: 'All of it.' }),
		chunk({}, null, { usage: CHAT_USAGE }),
		DONE,
	]);

	it('is the answer where its usage is told: passed on as it came, charged as told, and noted', async () => {
		const { bytes, headers } = await gateway.ask('openai-chat', answer);
		expect(bytes.toString()).toBe(answer.bytes.toString());
		const { attempts, ledger } = await readDecision(headers);
		expect(attempts).toMatchObject([{ outcome: 'success', message: 'The provider gave no finish reason.' }]);
		expect(ledger).toMatchObject([{ usage: { inputTokens: 1000, outputTokens: 100 } }]);
	});

	it.each(CALLERS.slice(0, 1).concat(CALLERS.slice(2)))('ends translated to %s as any answer ends', async (caller) => {
		const { bytes } = await gateway.ask(caller, answer);
		expect(readMeaning(caller, true, bytes)).toMatchObject({
			text: 'All of it.',
			end: expect.any(String),
			error: null,
		});
	});

	it('looks whole to no client where nothing says that it is: no [DONE] comes before the error', async () => {
		const { bytes } = await gateway.ask('openai-chat', stream('openai-chat', [chunk({ content: 'Half of' }), DONE]));
		expect(bytes.toString()).toContain('"error"');
		expect(bytes.toString()).not.toContain('[DONE]');
	});

	it('is asked for again where answers are held until they are whole', async () => {
		const patient = await openReplayGateway({ maxAttempts: 2 });
		const headers = { 'x-switchyard-commit': 'whole-answer' };
		for (const caller of ['openai-chat'] as const)
			expect(await patient.ask(caller, answer, { headers })).toMatchObject({ calls: 2 });
		await patient.close();
	});
});

describe('an answer that ends with a legal reason, without any text', () => {
	it.each([
		['of Anthropic after a tool’s result', message([])],
		['of Anthropic at a stop sequence', message([], { stop_reason: 'stop_sequence', stop_sequence: 'END' })],
		['of Anthropic at its limit', message([], { stop_reason: 'max_tokens' })],
		['of Anthropic that refuses', message([], { stop_reason: 'refusal' })],
	])('%s is paid once and passed on, whole and streamed, in every format', async (_name, body) => {
		const { stop_reason: reason = null } = body as { stop_reason?: string };
		const answers = [whole('anthropic-messages', body), stream('anthropic-messages', messageEvents([], reason))];
		for (const answer of answers)
			for (const caller of CALLERS) expect(await gateway.ask(caller, answer)).toMatchObject({ status: 200, calls: 1 });
	});

	it.each([
		['a chat completion', 'openai-chat', completion({ content: '' })],
		['a chat completion of reasoning only', 'openai-chat', completion({ content: null, reasoning_content: 'Hm.' })],
		['a response', 'openai-responses', response([])],
		['generated content', 'gemini', content([], 'STOP')],
	] as const)('%s is paid once and passed on', async (_name, format, body) => {
		for (const caller of CALLERS) {
			if (format === 'openai-responses' && caller === 'openai-chat') continue;
			expect(await gateway.ask(caller, whole(format, body))).toMatchObject({ status: 200, calls: 1 });
		}
	});
});

describe('an answer that calls a tool though its finish reason is stop', () => {
	const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":1}' } };
	it.each([
		['whole', whole('openai-chat', completion({ content: null, tool_calls: [call] }))],
		['streamed', stream('openai-chat', [chunk({ tool_calls: [call] }), chunk({}, 'stop'), DONE])],
	])('%s tells clients of Anthropic to run it', async (_name, answer) => {
		const { bytes } = await gateway.ask('anthropic-messages', answer, { tools: ['f'] });
		expect(readMeaning('anthropic-messages', answer.isStream, bytes)).toMatchObject({
			calls: [{ name: 'f', input: { x: 1 } }],
			end: 'tool-calls',
		});
	});
});
