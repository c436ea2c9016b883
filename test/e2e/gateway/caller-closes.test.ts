import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/open-test-gateway.ts';
import { formatEvent, openScriptedGateway, type ScriptedGateway } from '../../support/scripted-providers.ts';

/** Milliseconds between a provider's last event and the end of its response: longer than it takes a caller to close. */
const LATE_END_MS = 80;

const CHUNK = { id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm' };
const CHAT_EVENTS = [
	{ ...CHUNK, choices: [{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }] },
	{ ...CHUNK, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
	{ ...CHUNK, choices: [], usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 } },
	'data: [DONE]\n\n',
];
const MESSAGE_EVENTS = [
	{
		type: 'message_start',
		message: { id: 'm', type: 'message', role: 'assistant', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
	},
	{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
	{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
	{ type: 'content_block_stop', index: 0 },
	{ type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 3 } },
	{ type: 'message_stop' },
];

let gateway: ScriptedGateway;
beforeAll(async () => {
	gateway = await openScriptedGateway(({ body, path }, response) => {
		response.writeHead(200, { 'content-type': 'text/event-stream' });
		const [events, beginning] = path === '/v1/messages' ? [MESSAGE_EVENTS, 3] : [CHAT_EVENTS, 1];
		const isBroken = JSON.stringify(body).includes('break');
		response.write((isBroken ? events.slice(0, beginning) : events).map(formatEvent).join(''));
		setTimeout(() => (isBroken ? response.destroy() : response.end()), LATE_END_MS);
	});
});
afterAll(() => gateway.close());

/** Closes the connection as soon as what was read says `last`; the decision's id. */
function readUntil(path: string, body: object, last: string): Promise<string> {
	const { promise, reject, resolve } = Promise.withResolvers<string>();
	const sent = request(gateway.url + path, { method: 'POST', headers: { 'content-type': 'application/json' } });
	sent.on('error', reject).on('response', (response) => {
		let text = '';
		response.on('data', (chunk) => {
			text += chunk;
			if (!text.includes(last)) return;
			response.destroy();
			resolve(String(response.headers['x-switchyard-decision']));
		});
	});
	sent.end(JSON.stringify({ ...body, stream: true, max_tokens: 100 }));
	return promise;
}

/** Series of requests whose labels have all of these words, once there are any. */
async function waitForRequests(...words: string[]): Promise<void> {
	const isCounted = async () => (await readCounters('switchyard_requests_total', ...words)).length > 0;
	await until(isCounted, `requests are counted as ${words.join(' ')}`);
}

/** The counters whose series have all of these words. */
async function readCounters(...words: string[]): Promise<string[]> {
	const text = await (await fetch(`${gateway.url}/metrics`)).text();
	return text.split('\n').filter((line) => !line.startsWith('#') && words.every((word) => line.includes(word)));
}

async function readDecision(id: string): Promise<unknown> {
	const read = async () =>
		(await (await fetch(`${gateway.url}/v1/decisions/${id}`)).json()) as { attempts: unknown[]; ledger: unknown[] };
	await until(async () => (await read()).ledger.length > 0, 'the call is charged');
	return await read();
}

const messages = (content: string) => [{ role: 'user', content }];

describe('a caller that closes its connection as soon as it has the whole answer', () => {
	it.each([
		['chat', '/v1/chat/completions', { model: 'my-local' }, '[DONE]', 'openai-chat'],
		['messages', '/v1/messages', { model: 'haiku' }, 'event: message_stop', 'anthropic-messages'],
	])('is charged what the provider reports, and is no aborted request: %s', async (_name, path, body, last, format) => {
		const id = await readUntil(path, { ...body, messages: messages('Say hello') }, last);
		expect(await readDecision(id)).toMatchObject({
			attempts: [{ outcome: 'success' }],
			ledger: [{ usage: { inputTokens: 5, outputTokens: 3 } }],
		});
		await waitForRequests(format);
		expect(await readCounters('switchyard_requests_total', format)).toEqual([
			`switchyard_requests_total{route="generate",format="${format}",status="2xx"} 1`,
		]);
	});
});

describe('what is counted as aborted or broken', () => {
	it('is a caller that leaves in the middle', async () => {
		const ask = { model: 'my-local', messages: messages('Say hello and break') };
		await readDecision(await readUntil('/v1/chat/completions', ask, 'Hello'));
		await waitForRequests('openai-chat', 'aborted');
		expect(await readCounters('switchyard_attempts_total', 'my-local', '"aborted"} 1')).toHaveLength(1);
	});

	it('is a stream that its provider broke: its status was 200, and it is no success', async () => {
		const ask = { model: 'haiku', max_tokens: 100, stream: true, messages: messages('break') };
		const { status, text } = await gateway.post('/v1/messages', ask);
		expect([status, text.includes('event: error')]).toEqual([200, true]);
		await waitForRequests('anthropic-messages', '"broken"} 1');
		expect(await readCounters('switchyard_attempts_total', 'haiku', '"stream-interrupted"} 1')).toHaveLength(1);
	});
});
