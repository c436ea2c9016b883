import { afterEach, describe, expect, it } from 'vitest';
import {
	CHAT_ANSWER,
	openScriptedGateway,
	type ScriptedGateway,
	sendJson,
} from '../../../support/scripted-providers.ts';

let opened: ScriptedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

const PDF = { type: 'document', source: { type: 'url', url: 'https://example.com/a.pdf' } };
const MESSAGE_WAY = 'messages[0].content[0].source';

async function askWith(model: string, block: object, more: object = {}) {
	const messages = [{ role: 'user', content: [block, { type: 'text', text: 'What is this?' }] }];
	return await opened?.post('/v1/messages', { model, max_tokens: 99, messages, ...more });
}

describe('a caller whose request the model’s format has no place for', () => {
	it.each([
		['a PDF by its address', 'my-local', PDF, MESSAGE_WAY],
		[
			'a file of another provider',
			'gpt-5-mini',
			{ type: 'image', source: { type: 'file', file_id: 'file_1' } },
			MESSAGE_WAY,
		],
		[
			'a film',
			'gpt-5-mini',
			{ type: 'document', source: { type: 'base64', media_type: 'video/mp4', data: 'AAAA' } },
			MESSAGE_WAY,
		],
	])('reads which field it is, and is not told that the network is down: %s', async (_what, model, block, path) => {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, CHAT_ANSWER));
		const answer = await askWith(model, block);
		expect(answer?.status).toBe(400);
		expect(answer?.error['message']).toContain(path);
		expect(answer?.error['param']).toBe(path);
		expect(answer?.text).not.toContain('could not be reached');
		expect(opened.calls).toHaveLength(0);
	});

	it('reads it in a stream of each format, with the path as the caller spells it', async () => {
		const config = { budget: { perRequestLimit: 100 } };
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, CHAT_ANSWER), config);
		const data = Buffer.from('RIFFxxxxWAVE').toString('base64');
		const chat = await opened.post('/v1/chat/completions', {
			model: 'claude-sonnet-5',
			stream: true,
			messages: [
				{ role: 'user', content: 'Listen.' },
				{ role: 'user', content: [{ type: 'input_audio', input_audio: { data, format: 'wav' } }] },
			],
		});
		expect(chat.status).toBe(400);
		expect(chat.error).toMatchObject({
			type: 'invalid_request_error',
			code: 'unsupported_request',
			param: 'messages[1].content[0].input_audio',
		});
		const gemini = await opened.post('/v1beta/models/claude-sonnet-5:streamGenerateContent?alt=sse', {
			contents: [{ role: 'user', parts: [{ text: 'See.' }, { inlineData: { mimeType: 'video/mp4', data } }] }],
		});
		expect(gemini.status).toBe(400);
		expect(gemini.error['message']).toContain('contents[0].parts[1].inlineData');
		expect(opened.calls).toHaveLength(0);
	});

	it('waits for no retries, and is answered by a model that has a place for it', async () => {
		const config = { fallback: { enabled: true, maxAttempts: 3 }, fallbacks: { 'gpt-5-mini': ['haiku'] } };
		opened = await openScriptedGateway((call, response) => {
			expect(call.path).toBe('/v1/messages');
			const content = [{ type: 'text', text: 'a paper' }];
			const usage = { input_tokens: 10, output_tokens: 2 };
			const more = { stop_reason: 'end_turn', stop_sequence: null, usage };
			sendJson(response, 200, { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content, ...more });
		}, config);
		const began = performance.now();
		const answer = await askWith('gpt-5-mini', { type: 'document', source: { type: 'file', file_id: 'file_1' } });
		expect(answer?.status).toBe(200);
		expect(answer?.headers.get('x-switchyard-model')).toContain('haiku');
		expect(performance.now() - began).toBeLessThan(1000);
	});

	it('does not make the model look ill: its circuit stays closed for others', async () => {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, CHAT_ANSWER));
		for (let count = 0; count < 6; count += 1) expect((await askWith('my-local', PDF))?.status).toBe(400);
		const text = await askWith('my-local', { type: 'text', text: 'Only words.' });
		expect(text?.status).toBe(200);
	});
});
