import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSecurityGateway, type SecurityGateway } from '../../support/open-security-gateway.ts';
import { rawRequest, sendRaw } from '../../support/raw-http.ts';

let gateway: SecurityGateway;
let admin: string;
beforeAll(async () => {
	gateway = await openSecurityGateway();
	admin = (await gateway.makeKey({ scopes: ['admin'] })).token;
});
afterAll(() => gateway.close());

/** As much of the formats' errors as is looked at. */
interface ErrorBody {
	type?: string;
	error: { type?: string; status?: string; message: string; code?: unknown };
}

async function ask(method: string, path: string, headers: Record<string, string> = {}): Promise<[number, ErrorBody]> {
	const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(method === 'POST' && { body: '{}' }) });
	// Every answer asked for here is an error.
	return [answer.status, (await answer.json()) as ErrorBody];
}

describe('a client is told what is not served, and what to do in its place', () => {
	it.each([
		['POST /v1/files', /files and uploads/],
		['GET /v1/files/file-1/content', /files and uploads/],
		['POST /v1/uploads', /files and uploads/],
		['POST /v1/batches', /batches.*one by one/],
		['POST /v1/images/generations', /images and videos/],
		['POST /v1/videos', /images and videos/],
		['POST /v1/audio/transcriptions', /audio/],
		['POST /v1/audio/speech', /audio/],
		['POST /v1/realtime/sessions', /realtime/],
		['GET /v1/realtime?model=x', /realtime/],
		['POST /v1/rerank', /rerank/],
		['POST /v2/rerank', /rerank/],
		['POST /v1/moderations', /moderations/],
		['POST /v1/fine_tuning/jobs', /does not serve fine-tuning/],
		['GET /v1/evals', /evaluations/],
		['POST /v1/containers', /containers/],
		['POST /v1/completions', /legacy completions.*POST \/v1\/chat\/completions/],
		['GET /v1/chat/completions/chatcmpl-1', /stored responses/],
		['POST /v1/assistants', /assistants/],
		['POST /v1/threads/t/runs', /assistants/],
		['POST /v1/vector_stores', /vector stores/],
		['POST /v1/conversations', /stored responses/],
	])('OpenAI: %s', async (line, told) => {
		const [method = '', path = ''] = line.split(' ');
		const [status, { error }] = await ask(method, path);
		expect([status, error.message]).toEqual([404, expect.stringMatching(told)]);
		expect(error.message).toContain('Served are POST /v1/chat/completions, POST /v1/responses, POST /v1/messages');
		expect(error).toMatchObject({ code: 'ROUTER_NOT_FOUND', type: 'not_found_error' });
	});

	it.each(['GET /v1/responses/resp_1', 'DELETE /v1/responses/resp_1', 'POST /v1/responses/resp_1/cancel'])(
		'OpenAI responses: %s: they are not kept',
		async (line) => {
			const [method = '', path = ''] = line.split(' ');
			const [status, { error }] = await ask(method, path);
			expect([status, error.message]).toEqual([404, expect.stringMatching(/stored responses.*whole conversation/)]);
		},
	);

	it.each([
		['POST /v1/messages/batches', {}],
		['GET /v1/files', { 'anthropic-version': '2023-06-01' }],
		['POST /v1/complete', {}],
	])('Anthropic: %s', async (line, headers) => {
		const [method = '', path = ''] = line.split(' ');
		const [status, body] = await ask(method, path, headers);
		expect([status, body.type, body.error.type]).toEqual([404, 'error', 'not_found_error']);
		expect(body.error.message).toContain('does not serve');
	});

	it('OpenAI: by the path, whatever other headers a client sends beside', async () => {
		for (const headers of [{ 'anthropic-version': '2023-06-01' }, { 'x-goog-api-key': 'x' }]) {
			const [, body] = await ask('POST', '/v1/chat/completions', headers);
			expect(body).toEqual({ error: expect.objectContaining({ type: 'invalid_request_error' }) });
		}
	});

	it('Gemini: a verb that there is not, which no other method serves either', async () => {
		for (const version of ['v1', 'v1beta', 'v1alpha']) {
			const [status, { error }] = await ask('POST', `/${version}/models/gemini-3-pro:unknownVerb`);
			expect([status, error.status]).toEqual([404, 'NOT_FOUND']);
		}
	});

	it.each([
		['POST /v1beta/models/gemini-embedding-001:embedContent', /POST \/v1\/embeddings/],
		['POST /v1beta/models/gemini-embedding-001:batchEmbedContents', /POST \/v1\/embeddings/],
		['POST /v1beta/models/imagen-4:predict', /images/],
		['POST /v1beta/models/gemini-2.5-flash:batchGenerateContent', /batches/],
		['GET /v1beta/files', /files/],
		['POST /upload/v1beta/files', /files/],
		['POST /v1beta/cachedContents', /cached contents/],
		['GET /v1beta/tunedModels', /fine-tuning/],
	])('Gemini: %s', async (line, told) => {
		const [method = '', path = ''] = line.split(' ');
		const [status, { error }] = await ask(method, path);
		expect([status, error.status, error.message]).toEqual([404, 'NOT_FOUND', expect.stringMatching(told)]);
	});

	it('Gemini’s clients are known by their key, too', async () => {
		const [status, { error }] = await ask('GET', '/v1/files', { 'x-goog-api-key': 'k' });
		expect([status, error.status]).toEqual([404, 'NOT_FOUND']);
	});
});

describe('methods', () => {
	it.each([
		['GET', '/v1/chat/completions', 'POST'],
		['DELETE', '/v1/messages', 'POST'],
		['PUT', '/v1/responses', 'POST'],
		['HEAD', '/v1/embeddings', 'POST'],
		['OPTIONS', '/v1/feedback', 'POST'],
		['GET', '/v1beta/models/gemini-2.5-flash:generateContent', 'POST'],
		['HEAD', '/v1/models/gemini-2.5-flash:countTokens', 'POST'],
		['PUT', '/v1alpha/models/gemini-2.5-flash:streamGenerateContent', 'POST'],
		['POST', '/v1beta/models/auto:cheap', 'GET, HEAD'],
		['POST', '/v1/models', 'GET, HEAD'],
		['DELETE', '/v1/models/haiku', 'GET, HEAD'],
		['POST', '/healthz', 'GET, HEAD'],
		['PATCH', '/metrics', 'GET, HEAD'],
		['POST', '/admin/v1/status', 'GET, HEAD'],
		['DELETE', '/admin/v1/keys', 'GET, HEAD, POST'],
		['GET', '/admin/v1/keys/abc/revoke', 'POST'],
	])('%s %s: the answer names those that the address takes', async (method, path, allow) => {
		const headers = { 'x-api-key': admin, 'content-type': 'application/json' };
		const answer = await fetch(`${gateway.url}${path}`, { method, headers, ...(method === 'POST' && { body: '{}' }) });
		expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
		if (method !== 'HEAD') expect(await answer.text()).toContain('ROUTER_METHOD_NOT_ALLOWED');
	});

	it.each(['/healthz', '/readyz', '/metrics', '/v1/models', '/v1/models/haiku', '/v1beta/models', '/admin/v1/status'])(
		'HEAD %s: the head of its GET, without a body',
		async (path) => {
			const headers = { 'x-api-key': admin };
			const got = await fetch(`${gateway.url}${path}`, { headers });
			await got.text();
			const head = await fetch(`${gateway.url}${path}`, { method: 'HEAD', headers });
			expect([head.status, head.headers.get('content-type')]).toEqual([200, got.headers.get('content-type')]);
			expect(await head.text()).toBe('');
		},
	);
});

/** Sends an address as it is; client libraries would set it right. */
function send(path: string): Promise<number> {
	const { promise, resolve, reject } = Promise.withResolvers<number>();
	const headers = { 'x-api-key': admin };
	const sent = request({ host: '127.0.0.1', port: gateway.port, path, headers, agent: false }, (answer) => {
		answer.resume();
		resolve(answer.statusCode ?? 0);
	});
	sent.on('error', reject);
	sent.end();
	return promise;
}

describe('an address of the admin API that a proxy in front may read in another way is none', () => {
	it.each([
		'/admin/v1/%73tatus',
		'/admin/v1/%2e/status',
		'/admin/v1/keys/%2e%2e/status',
		'/admin/v1/keys/../status',
		'/admin/v1/./status',
		'/admin/v1%2fstatus',
		'/admin%2fv1/status',
		'/admin//v1/status',
		'//admin/v1/status',
		'/admin/v1/status/',
		'/admin/v1/..;/status',
		'/admin/v1/status;x=1',
		'/admin/v1/decisions/%00',
		'/v1/%2e%2e/admin/v1/status',
		'/ADMIN/v1/status',
		'/admin\\v1\\status',
	])('%s', async (path) => {
		expect(await send('/admin/v1/status')).toBe(200);
		expect(await send(path)).toBe(404);
	});

	it.each([
		'/admin/v1/status#x',
		'/admin/v1/decisions?limit=5#x',
		'/admin/v1/#/../status',
		'/v1/models#x',
		'/healthz#',
	])('%s: nothing behind a # is ever sent by a browser', async (path) => {
		const lines = [`Host: 127.0.0.1:${gateway.port}`, `X-Api-Key: ${admin}`];
		expect((await sendRaw(gateway.port, rawRequest(`GET ${path}`, lines))).status).toBe(404);
	});
});
