import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
	CHAT_ANSWER,
	formatEvent,
	openScriptedGateway,
	type ScriptedGateway,
} from '../../../support/scripted-providers.ts';

let opened: ScriptedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

const messages = [{ role: 'user', content: 'Say hello.' }];
const chunk = (delta: object, finish: string | null = null) => ({
	id: 'c',
	object: 'chat.completion.chunk',
	created: 1,
	model: 'm',
	choices: [{ index: 0, delta, finish_reason: finish }],
});
const STREAM = [...'hello'].map((letter) => chunk({ content: letter }));
const EVENTS = [...STREAM, chunk({}, 'stop'), 'data: [DONE]\n\n'].map(formatEvent).join('');

/** A provider that packs what it was asked to send unpacked. */
async function openPacking(encoding: string, status: number, body: string, pack: (body: string) => Buffer) {
	opened = await openScriptedGateway((call, response) => {
		const isStream = call.body['stream'] === true && status === 200;
		const contentType = isStream ? 'text/event-stream' : 'application/json';
		response.writeHead(status, { 'content-type': contentType, 'content-encoding': encoding });
		const bytes = pack(body);
		response.write(bytes.subarray(0, 20));
		response.end(bytes.subarray(20));
	});
	return opened;
}

describe('an answer that comes packed is read like any other', () => {
	it.each([
		['gzip', gzipSync],
		['br', brotliCompressSync],
		['deflate', deflateSync],
	] as const)(
		'%s: whole, as a stream, and as an error, in the caller’s format and in another',
		async (encoding, pack) => {
			for (const path of ['/v1/chat/completions', '/v1/messages']) {
				const asked = { model: 'my-local', max_tokens: 99, messages };
				const whole = await openPacking(encoding, 200, JSON.stringify(CHAT_ANSWER), pack);
				expect((await whole.post(path, asked)).text).toContain('"hi"');
				await whole.close();
				const streamed = await openPacking(encoding, 200, EVENTS, pack);
				const { status, text } = await streamed.post(path, { ...asked, stream: true });
				expect([status, text.match(/"(?:content|text)":"[helo]"/g)?.length]).toEqual([200, 5]);
				await streamed.close();
				const failing = await openPacking(encoding, 400, '{"error":{"message":"no such voice"}}', pack);
				for (const stream of [true, false]) {
					const { error } = await failing.post(path, { ...asked, stream });
					expect(error['message']).toBe('no such voice');
				}
				await failing.close();
			}
		},
	);

	it('one that is not packed as it says is a failure, not an answer', async () => {
		const lying = await openPacking('gzip', 200, JSON.stringify(CHAT_ANSWER), Buffer.from);
		const { status } = await lying.post('/v1/chat/completions', { model: 'my-local', messages });
		expect(status).toBe(502);
		const cut = (body: string) => gzipSync(body).subarray(0, 60);
		await lying.close();
		const broken = await openPacking('gzip', 200, JSON.stringify(CHAT_ANSWER), cut);
		expect((await broken.post('/v1/chat/completions', { model: 'my-local', messages })).status).toBe(502);
	});
});
