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
const OVERLOADED = { error: { message: 'engine is overloaded', type: 'server_error', code: 503 } };
const RESPONSE = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [], usage: null };

describe('what the provider said in place of an answer', () => {
	it('reaches callers of every format with one status, where its stream begins with an error', async () => {
		opened = await openScriptedGateway((_call, response) => sendEvents(response, [OVERLOADED, 'data: [DONE]\n\n']));
		const asked = { model: 'my-local', stream: true, max_tokens: 9 };
		const answers = [
			await opened.post('/v1/chat/completions', { ...asked, messages }),
			await opened.post('/v1/messages', { ...asked, messages }),
			await opened.post('/v1/responses', { model: 'my-local', stream: true, input: 'Say hello.' }),
		];
		for (const answer of answers) {
			expect(answer.status).toBe(503);
			expect(answer.text).toContain('engine is overloaded');
			expect(answer.text).not.toContain('could not be reached');
		}
	});

	it('reaches the caller where JSON comes in place of a stream, with a status of success', async () => {
		const error = { message: 'quota used up', type: 'insufficient_quota', code: 'insufficient_quota' };
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, { error }));
		for (const path of ['/v1/chat/completions', '/v1/messages']) {
			const { headers, status, text } = await opened.post(path, {
				model: 'my-local',
				stream: true,
				max_tokens: 9,
				messages,
			});
			expect([path, status, headers.get('x-should-retry')]).toEqual([path, 429, 'false']);
			expect(text).toContain('quota used up');
		}
	});

	it('reaches callers of other formats where Google has an error in place of an answer', async () => {
		const error = { code: 503, message: 'in two hundred', status: 'UNAVAILABLE' };
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, { error }));
		const asked = { model: 'gemini-3.8-flash', max_tokens: 99, messages };
		const { status, text } = await opened.post('/v1/messages', asked);
		expect([status, text]).toEqual([503, expect.stringContaining('in two hundred')]);
	});

	it('reaches callers of other formats where a response fails', async () => {
		const failure = { code: 'server_error', message: 'engine exploded' };
		opened = await openScriptedGateway((_call, response) =>
			sendEvents(response, [
				{ type: 'response.created', response: { ...RESPONSE, status: 'in_progress' } },
				{ type: 'response.failed', response: { ...RESPONSE, status: 'failed', error: failure } },
			]),
		);
		const { text } = await opened.post('/v1/messages', { model: 'gpt-5-mini', stream: true, max_tokens: 99, messages });
		expect(text).toContain('engine exploded');
	});

	it('is passed on whole to clients of the provider’s format: they read members that only it has', async () => {
		const error = {
			message: 'Tool call validation failed',
			type: 'invalid_request_error',
			param: 'tools[0]',
			code: 'tool_use_failed',
			failed_generation: '<function=go>',
		};
		opened = await openScriptedGateway((_call, response) => sendJson(response, 400, { error }));
		const same = await opened.post('/v1/chat/completions', { model: 'my-local', messages });
		expect([same.status, same.body]).toEqual([400, { error }]);
		const other = await opened.post('/v1/messages', { model: 'my-local', max_tokens: 9, messages });
		expect(other.error).toMatchObject({
			type: 'invalid_request_error',
			message: 'Tool call validation failed',
			code: 'tool_use_failed',
			param: 'tools[0]',
		});
	});

	it.each([
		[{ detail: 'Unknown field: foo' }, 'Unknown field: foo'],
		[{ error: 'model is loading', code: 'loading' }, 'model is loading'],
		['Bad things were sent', 'Bad things were sent'],
	])('is told in the caller’s form where the provider has none: %j', async (body, message) => {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 400, body));
		for (const path of ['/v1/chat/completions', '/v1/messages']) {
			const { error, status } = await opened.post(path, { model: 'my-local', max_tokens: 9, messages });
			expect([path, status, error['message']]).toEqual([path, 400, message]);
		}
	});

	it('has the provider’s id where it speaks the format, else the decision’s, in the header that clients read', async () => {
		opened = await openScriptedGateway((_call, response) => {
			const error = { type: 'invalid_request_error', message: 'no' };
			sendJson(response, 400, { type: 'error', error, request_id: 'req_9' }, { 'request-id': 'req_9' });
		});
		const asked = { model: 'claude-sonnet-5', max_tokens: 9, messages };
		const same = await opened.post('/v1/messages', asked);
		expect([same.headers.get('request-id'), same.body['request_id']]).toEqual(['req_9', 'req_9']);
		const other = await opened.post('/v1/chat/completions', asked);
		expect(other.headers.get('x-request-id')).toBe(other.headers.get('x-switchyard-decision'));
		expect(other.headers.get('x-switchyard-error')).toBe('ROUTER_PROVIDER_CALL');
	});
});

describe('a conversation that no model takes', () => {
	const ASKED = [
		['/v1/chat/completions', { messages }, /maximum context length is 4096 tokens.*resulted in 5000 tokens/],
		['/v1/responses', { input: 'Say hello.' }, /maximum context length is 4096/],
		['/v1/messages', { max_tokens: 9, messages }, /^prompt is too long: 5000 tokens > 4096 maximum/],
		[
			'/v1beta/models/my-local:generateContent',
			{ contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] },
			/^The input token count \(5000\) exceeds the maximum number of tokens allowed \(4096\)/,
		],
	] as const;

	it.each(ASKED)('is shortened by clients of %s, for they are told it in its words', async (path, body, message) => {
		const said = "This model's maximum context length is 4096 tokens. However, your messages resulted in 5000 tokens.";
		opened = await openScriptedGateway((_call, response) =>
			sendJson(response, 400, { object: 'error', message: said, type: 'BadRequestError', param: null, code: 400 }),
		);
		for (const stream of path.includes('v1beta') ? [undefined] : [true, false]) {
			const answer = await opened.post(path, { model: 'my-local', stream, ...body });
			expect(answer.status).toBe(400);
			expect(answer.error['message']).toMatch(message);
			if (!path.startsWith('/v1beta') && path !== '/v1/messages')
				expect(answer.error).toMatchObject({ code: 'context_length_exceeded', type: 'invalid_request_error' });
			expect(answer.headers.get('x-should-retry')).toBe('false');
		}
	});

	it('is told likewise where the gateway knows before it asks', async () => {
		opened = await openScriptedGateway((_call, response) => sendJson(response, 200, {}));
		const long = [{ role: 'user', content: 'word '.repeat(120_000) }];
		const chat = await opened.post('/v1/chat/completions', { model: 'my-local', messages: long });
		expect([chat.status, chat.error['code']]).toEqual([400, 'context_length_exceeded']);
		const anthropic = await opened.post('/v1/messages', { model: 'my-local', max_tokens: 9, messages: long });
		expect(anthropic.error['message']).toMatch(/^prompt is too long: \d{6} tokens > 100000 maximum\n/);
		expect(opened.calls).toHaveLength(0);
	});
});
