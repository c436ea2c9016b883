import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSecurityGateway, PROVIDER_KEY, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { answerJson, goodAnswer } from '../../../support/provider-witness.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let gateway: SecurityGateway;

beforeAll(async () => {
	gateway = await openSecurityGateway();
});
afterEach(() => {
	gateway.witness.requests.length = 0;
	gateway.witness.answer = (response, request) => answerJson(response, goodAnswer(request));
});
afterAll(() => gateway.close());

const HOSTILE: Readonly<Record<string, string>> = {
	authorization: 'Bearer callers-own-secret',
	cookie: 'session=callers-cookie',
	'proxy-authorization': 'Basic Y2FsbGVy',
	'x-forwarded-for': '10.1.2.3',
	'x-forwarded-host': 'evil.example',
	'x-real-ip': '10.1.2.3',
	forwarded: 'host=evil.example',
	via: '1.1 evil',
	referer: 'https://intranet.example/secret-page',
	'user-agent': 'caller-agent/1',
	'openai-organization': 'org-callers',
	'openai-project': 'proj-callers',
	'x-portkey-custom-host': 'http://evil.example',
	'x-portkey-provider': 'evil',
	'x-goog-user-project': 'callers-project',
	'x-stainless-lang': 'callers-language',
	'helicone-auth': 'Bearer callers-helicone',
	'x-switchyard-session': 'callers-session',
	traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
	'accept-language': 'callers-tongue',
	'x-anything': 'callers-anything',
};

function namesSent(): string[] {
	const [request] = gateway.witness.requests;
	return (request?.headers ?? []).map(([name]) => name.toLowerCase()).sort();
}

describe('what a caller’s request carries beside its body stays here', () => {
	const connection = ['accept-encoding', 'connection', 'content-length', 'content-type', 'host'];
	const messages = [{ role: 'user', content: 'Say hello.' }];

	it.each([
		['/v1/chat/completions', { model: 'gpt-5-mini', messages }, ['authorization', 'openai-beta']],
		[
			'/v1/messages',
			{ model: 'haiku', max_tokens: 20, messages },
			['anthropic-beta', 'anthropic-version', 'openai-beta', 'x-api-key'],
		],
		[
			'/v1beta/models/gemini-2.5-flash:generateContent',
			{ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] },
			['openai-beta', 'x-goog-api-key'],
		],
	])('%s: only the credential and what chooses a version go on', async (path, body, own) => {
		const version = path.includes('messages') ? { 'anthropic-version': '2023-06-01', 'anthropic-beta': 'x' } : {};
		const answer = await gateway.post(path, body, { ...HOSTILE, ...version, 'openai-beta': 'assistants=v2' });
		expect(answer.status).toBe(200);
		expect(namesSent()).toEqual([...connection, ...own].sort());
		const sent = JSON.stringify(gateway.witness.requests[0]);
		for (const value of Object.values(HOSTILE)) expect(sent).not.toContain(value);
		expect(sent).toContain(PROVIDER_KEY);
		expect(sent).toContain(`127.0.0.1:${gateway.witness.port}`);
	});

	it('translated requests carry nothing of the caller’s either', async () => {
		const answer = await gateway.post('/v1/messages', { model: 'gpt-5-mini', max_tokens: 20, messages }, HOSTILE);
		expect(answer.status).toBe(200);
		const sent = JSON.stringify(gateway.witness.requests);
		expect(gateway.witness.requests).toHaveLength(1);
		for (const value of Object.values(HOSTILE)) expect(sent).not.toContain(value);
	});

	it('headers that a caller lists as its connection’s own are no way to drop the gateway’s', async () => {
		const body = JSON.stringify({ model: 'haiku', max_tokens: 5, messages });
		const lines = [
			`Host: 127.0.0.1:${gateway.port}`,
			'Content-Type: application/json',
			`Content-Length: ${Buffer.byteLength(body)}`,
			'Connection: close, x-api-key, anthropic-version, content-length',
			'TE: trailers, deflate',
			'Keep-Alive: timeout=9999',
			'Upgrade: h2c',
			'HTTP2-Settings: AAMAAABkAAQAAP__',
		];
		const { status } = await sendRaw(gateway.port, rawRequest('POST /v1/messages', lines, body));
		expect(status).toBe(200);
		expect(namesSent()).toContain('x-api-key');
		expect(namesSent()).not.toContain('te');
		expect(namesSent()).not.toContain('upgrade');
		expect(namesSent()).not.toContain('http2-settings');
	});

	it('a line break in a header value ends no header at the provider', async () => {
		const body = JSON.stringify({ model: 'haiku', max_tokens: 5, messages });
		const lines = [
			`Host: 127.0.0.1:${gateway.port}`,
			`Content-Length: ${Buffer.byteLength(body)}`,
			'anthropic-beta: a\rX-Evil: 1',
		];
		const { status } = await sendRaw(gateway.port, rawRequest('POST /v1/messages', lines, body));
		expect(status).toBe(400);
		expect(gateway.witness.requests).toEqual([]);
	});
});

describe('what a provider’s answer carries beside its body stays there', () => {
	const ANSWERED = {
		'set-cookie': ['__cf_bm=providers-cookie; Path=/'],
		'openai-organization': 'org-of-the-owner',
		'openai-project': 'proj-of-the-owner',
		'anthropic-organization-id': 'owner-uuid',
		'x-ratelimit-remaining-requests': '9',
		'access-control-allow-origin': '*',
		'strict-transport-security': 'max-age=1',
		server: 'providers-server',
		'cf-ray': 'providers-ray',
		'x-internal-key': PROVIDER_KEY,
		'request-id': 'req_123',
	};

	it.each([
		['whole', false],
		['streamed', true],
	])('a %s answer has the gateway’s own head', async (_name, isStream) => {
		gateway.witness.answer = (response, request) => {
			if (!isStream) return answerJson(response, goodAnswer(request), { headers: ANSWERED });
			response.writeHead(200, { ...ANSWERED, 'content-type': 'text/event-stream' });
			const chunk = (delta: object, reason: string | null) =>
				`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`;
			response.end(`${chunk({ content: 'Hi' }, null)}${chunk({}, 'stop')}data: [DONE]\n\n`);
		};
		const answer = await gateway.chat({}, { stream: isStream });
		await answer.text();
		expect(answer.status).toBe(200);
		const own =
			/^(x-switchyard-[a-z]+|x-request-id|content-type|content-length|transfer-encoding|connection|keep-alive|date|cache-control|x-accel-buffering)$/;
		expect([...answer.headers.keys()].filter((name) => !own.test(name))).toEqual([]);
		expect(answer.headers.get('x-request-id')).toBe('req_123');
		expect(JSON.stringify([...answer.headers])).not.toContain(PROVIDER_KEY);
	});

	it('an error answer neither', async () => {
		gateway.witness.answer = (response) =>
			answerJson(response, { error: { message: 'no', type: 'server_error' } }, { status: 500, headers: ANSWERED });
		const answer = await gateway.chat();
		expect(answer.status).toBe(500);
		for (const name of Object.keys(ANSWERED).filter((one) => one !== 'request-id'))
			expect(answer.headers.get(name)).toBeNull();
	});
});
