import { GoogleGenAI } from '@google/genai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT_USAGE, chunk, content, DONE, stream } from '../../support/recordings/answers.ts';
import { openReplayGateway, type ReplayGateway } from '../../support/recordings/replay-gateway.ts';

let gateway: ReplayGateway;
beforeAll(async () => {
	gateway = await openReplayGateway();
});
afterAll(() => gateway.close());

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
		const url = `${gateway.url}/v1/decisions/${headers.get('x-switchyard-decision')}`;
		const told = await (await fetch(url)).json();
		expect(told).toMatchObject({ ledger: [{ usage: { inputTokens: 1000 } }], attempts: [{ outcome: 'success' }] });
	});
});

describe('a stream in another format', () => {
	it('ends with a comment that tells its cost', async () => {
		const events = [chunk({ content: 'Hello' }), chunk({}, 'stop', { usage: CHAT_USAGE }), DONE];
		const { comment } = await gateway.ask('openai-chat', stream('openai-chat', events));
		expect(comment).toMatch(/^: switchyard decision=\S+ model=openai-chat attempts=1 cost=0\.0017\d+\n\n$/);
	});
});
