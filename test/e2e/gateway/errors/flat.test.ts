import { afterEach, describe, expect, it } from 'vitest';
import {
	openScriptedGateway,
	type ScriptedGateway,
	sendEvents,
	sendJson,
} from '../../../support/scripted-providers.ts';

let opened: ScriptedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

const messages = [{ role: 'user', content: 'Say hello.' }];
const asked = { max_tokens: 99, messages };
const content = (text: string) => ({
	id: 'c',
	object: 'chat.completion.chunk',
	created: 1,
	model: 'm',
	choices: [{ index: 0, delta: { content: text }, finish_reason: null }],
});
/** A caller of each format, and a model whose provider speaks that format. */
const CALLERS = {
	chat: { path: '/v1/chat/completions', model: 'my-local', body: { ...asked } },
	messages: { path: '/v1/messages', model: 'claude-haiku-4-5', body: { ...asked } },
	responses: { path: '/v1/responses', model: 'gpt-5-mini', body: { input: 'Say hello.' } },
	gemini: {
		path: '/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse',
		model: undefined,
		body: { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] },
	},
} as const;
type Caller = keyof typeof CALLERS;

async function ask(caller: Caller, model: string | undefined = CALLERS[caller].model) {
	const { body, path } = CALLERS[caller];
	return await opened?.post(path, caller === 'gemini' ? body : { ...body, model, stream: true });
}

describe('an error that stands in a stream in a form of no provider’s reference reaches the caller in its words', () => {
	it.each<[string, object | string]>([
		['a text as error', { error: 'voice is broken' }],
		['an error without an object around it', { type: 'error', message: 'voice is broken' }],
		['the error object of vLLM', { object: 'error', message: 'voice is broken', type: 'BadRequestError', code: 400 }],
		['a line without data', '{"error":"voice is broken"}\n\n'],
		['a line without data or end', '{"object":"error","message":"voice is broken"}'],
		['the event of another format', { type: 'response.failed', response: { error: { message: 'voice is broken' } } }],
	])('%s', async (_name, event) => {
		opened = await openScriptedGateway((_call, response) => sendEvents(response, [event]));
		for (const caller of Object.keys(CALLERS) as Caller[]) {
			const own = await ask(caller);
			expect([caller, own?.text]).toEqual([caller, expect.stringContaining('voice is broken')]);
			if (caller === 'gemini') continue;
			const translated = await ask(caller, caller === 'chat' ? 'claude-haiku-4-5' : 'my-local');
			expect([caller, translated?.text]).toEqual([caller, expect.stringContaining('voice is broken')]);
		}
	});

	it.each([
		{ error: 'voice is broken' },
		{ type: 'error', message: 'voice is broken' },
		{ object: 'error', message: 'voice is broken' },
	])('after the first words, and never as a clean end: %j', async (event) => {
		opened = await openScriptedGateway((_call, response) => sendEvents(response, [content('hel'), event]));
		const own = await ask('chat');
		const translated = await ask('messages', 'my-local');
		for (const answer of [own, translated]) {
			expect(answer?.status).toBe(200);
			expect(answer?.text).toContain('voice is broken');
			expect(answer?.text).not.toMatch(/message_stop|"finish_reason":"stop"|\[DONE\]/);
		}
	});
});

it('an answer with nothing in it, which Google bills, is asked for once more at most', async () => {
	const candidates = [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL', index: 0 }];
	const usageMetadata = { promptTokenCount: 10, totalTokenCount: 10 };
	for (const caller of ['gemini', 'messages'] as const) {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, { candidates, usageMetadata }), {
			fallback: { enabled: false, maxAttempts: 3 },
		});
		const model = 'gemini-2.5-flash';
		const own = { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] };
		const path = caller === 'gemini' ? `/v1beta/models/${model}:generateContent` : '/v1/messages';
		const { status } = await opened.post(path, caller === 'gemini' ? own : { ...asked, model });
		expect([caller, status, opened.calls.length]).toEqual([caller, expect.toSatisfy((code) => code >= 500), 2]);
		await opened.close();
	}
	opened = null;
});

describe('an error whose body has no form that its format knows reaches callers in its words', () => {
	it.each<[string, unknown, string]>([
		['an object as message', { message: { detail: 'voice is broken' } }, 'voice is broken'],
		['a list', { errors: [{ message: 'voice is broken' }] }, 'voice is broken'],
		['an error in a detail', { detail: { error: 'voice is broken' } }, 'voice is broken'],
		['an error whose message is an object', { error: { message: { message: 'voice is broken' } } }, 'voice is broken'],
		['a page', '<html><body><p>voice is broken</p></body></html>', 'voice is broken'],
		['nothing', '', 'Bad Request'],
	])('%s', async (_name, body, words) => {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 400, body));
		for (const stream of [true, false]) {
			const own = await opened.post('/v1/chat/completions', { model: 'my-local', stream, ...asked });
			const translated = await opened.post('/v1/messages', { model: 'my-local', stream, ...asked });
			for (const answer of [own, translated])
				expect([answer.status, String(answer.error['message'])]).toEqual([400, expect.stringContaining(words)]);
		}
	});
});
