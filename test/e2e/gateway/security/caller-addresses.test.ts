import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';
import { type ProviderWitness, startProviderWitness } from '../../../support/provider-witness.ts';
import { rawRequest, sendRaw } from '../../../support/raw-http.ts';

let gateway: SecurityGateway;
let evil: ProviderWitness;

beforeAll(async () => {
	gateway = await openSecurityGateway();
	evil = await startProviderWitness();
});
afterAll(async () => {
	await gateway.close();
	await evil.close();
});

const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] };

/** The request lines that reached the provider while something was done. */
async function pathsDuring(act: () => Promise<unknown>): Promise<string[]> {
	const before = gateway.witness.requests.length;
	await act();
	return gateway.witness.requests.slice(before).map(({ path }) => path);
}

describe('a caller cannot send the provider’s key to a place of its own', () => {
	it('by headers of other gateways, or fields that client libraries know', async () => {
		const headers = {
			'x-portkey-custom-host': evil.url,
			'x-portkey-config': JSON.stringify({ custom_host: evil.url, api_key: 'x' }),
			'x-forwarded-host': `127.0.0.1:${evil.port}`,
			'x-base-url': evil.url,
			'helicone-target-url': evil.url,
			'x-original-url': `${evil.url}/v1`,
			'x-rewrite-url': '/admin/v1/keys',
			'x-http-method-override': 'DELETE',
		};
		const fields = {
			base_url: evil.url,
			baseUrl: evil.url,
			api_base: evil.url,
			custom_host: evil.url,
			endpoint: evil.url,
			host: `127.0.0.1:${evil.port}`,
		};
		const paths = await pathsDuring(async () => {
			expect((await gateway.chat(headers, fields)).status).toBe(200);
			const translated = { ...CHAT, ...fields };
			expect((await gateway.post('/v1/messages', translated, headers)).status).toBe(200);
		});
		expect(paths).toEqual(['/v1/chat/completions', '/v1/responses']);
		expect(evil.requests).toEqual([]);
	});

	it.each([
		'http://127.0.0.1:1/v1',
		'https://evil.example/v1/models/x',
		'//evil.example/x',
		'openai/../../../evil',
		'gpt-5-mini#@evil.example',
		'gpt-5-mini@evil.example:443',
		'gpt-5-mini?x=1',
		'gpt-5-mini/../../admin',
		'gpt-5-mini%2f..%2f..',
		'gpt-5-mini\r\nHost: evil.example',
		'gpt-5-mini\u0000',
		'..',
		'',
		'__proto__',
		'constructor',
		'x'.repeat(100_000),
	])('by the name of a model: %j', async (model) => {
		const paths = await pathsDuring(async () => {
			const answer = await gateway.chat({}, { model });
			expect([400, 404]).toContain(answer.status);
			expect((await answer.text()).length).toBeLessThan(2000);
		});
		expect(paths).toEqual([]);
	});

	it.each([
		'..%2f..%2fadmin',
		'%2e%2e%2f%2e%2e%2fv1',
		'gemini-2.5-flash%2f..%2f..%2fupload',
		'gemini-2.5-flash%23',
		'gemini-2.5-flash%3fkey=x',
		'gemini-2.5-flash%0d%0aHost:%20evil.example',
		'http:%2f%2fevil.example%2f',
		'%',
		'%00',
		'..;',
	])('by a model in Gemini’s addresses: %s', async (model) => {
		for (const verb of ['generateContent', 'streamGenerateContent', 'countTokens']) {
			const paths = await pathsDuring(async () => {
				const answer = await gateway.post(`/v1beta/models/${model}:${verb}`, GEMINI);
				expect([400, 404]).toContain(answer.status);
			});
			expect(paths).toEqual([]);
		}
	});

	it.each([
		['another host in the request line', 'POST http://evil.example/v1/chat/completions'],
		['a user in the request line', 'POST http://127.0.0.1@evil.example/v1/chat/completions'],
		['an address without a scheme', 'POST //evil.example/v1/chat/completions'],
		['a tunnel', 'CONNECT evil.example:443'],
		['a way up', 'POST /v1/../v1/chat/completions'],
		['a backslash', 'POST \\v1\\chat\\completions'],
		['a fragment', 'POST /v1/chat/completions#x'],
		['an encoded slash', 'POST /v1%2fchat/completions'],
		['a doubled slash', 'POST //v1/chat/completions'],
		['a star', 'OPTIONS *'],
	])('by %s: there is no such route', async (_name, line) => {
		const body = JSON.stringify(CHAT);
		const lines = [
			`Host: 127.0.0.1:${gateway.port}`,
			'Content-Type: application/json',
			`Content-Length: ${body.length}`,
		];
		const paths = await pathsDuring(async () => {
			const { isClosed, status } = await sendRaw(gateway.port, rawRequest(line, lines, body));
			// A tunnel is hung up without an answer.
			if (status === 0) expect(isClosed).toBe(true);
			else expect([400, 404, 405]).toContain(status);
		});
		expect(paths).toEqual([]);
	});

	it('by an address of a file that the gateway would fetch for it', async () => {
		const image = { type: 'image', source: { type: 'url', url: `${evil.url}/secret.png` } };
		const messages = [{ role: 'user', content: [image, { type: 'text', text: 'What is it?' }] }];
		await gateway.post('/v1/messages', { model: 'gpt-5-mini', max_tokens: 20, messages });
		const file = { type: 'input_file', file_url: `${evil.url}/secret.pdf` };
		const input = [{ role: 'user', content: [file, { type: 'input_text', text: 'What is it?' }] }];
		await gateway.post('/v1/responses', { model: 'haiku', max_output_tokens: 20, input });
		await gateway.post('/v1/messages', { model: 'gemini-2.5-flash', max_tokens: 20, messages });
		expect(evil.requests).toEqual([]);
	});
});
