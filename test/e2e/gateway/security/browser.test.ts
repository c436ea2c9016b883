import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHAT, openSecurityGateway, type SecurityGateway } from '../../../support/open-security-gateway.ts';

const APP = 'https://app.example.com';
let gateway: SecurityGateway;

beforeAll(async () => {
	gateway = await openSecurityGateway({
		config: { gateway: { allowedOrigins: [APP], allowedHosts: ['llm.example.com'] } },
	});
});
afterAll(() => gateway.close());

interface Answer {
	status: number;
	headers: Record<string, unknown>;
	text: string;
}

/** Sends headers that `fetch` sets by itself. */
function send(method: string, path: string, headers: Record<string, string>, body = ''): Promise<Answer> {
	const { promise, resolve, reject } = Promise.withResolvers<Answer>();
	const sent = request({ host: '127.0.0.1', port: gateway.port, method, path, headers, agent: false }, (response) => {
		let text = '';
		response.setEncoding('utf8');
		response.on('data', (chunk) => {
			text += chunk;
		});
		response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
	});
	sent.on('error', reject);
	sent.end(body);
	return promise;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const ROUTES = [
	['POST', '/v1/chat/completions', JSON.stringify(CHAT)],
	['POST', '/admin/v1/keys', JSON.stringify({ name: 'x', scopes: ['admin'] })],
	['POST', '/admin/v1/config/reload', '{}'],
	['GET', '/admin/v1/config', ''],
	['GET', '/metrics', ''],
	['GET', '/v1/models', ''],
] as const;

async function sideEffects(): Promise<[calls: number, keys: number]> {
	const { keys } = await gateway.running.gateway.runtime.system.storage();
	return [gateway.witness.requests.length, (await keys.list()).length];
}

describe.each(ROUTES)('a page in the browser of the gateway’s owner: %s %s', (method, path, body) => {
	it.each([
		['evil.example', 'a name that was pointed at this machine'],
		['evil.example:4141', 'the same with the port'],
		['localhost.evil.example', 'a name that begins like an own one'],
		['127.0.0.1.nip.io', 'a name that looks like an address'],
		['192.168.1.20', 'an address that is not bound'],
		['localhost@evil.example', 'a user that looks like a name'],
	])('cannot call by %s: %s', async (host) => {
		const before = await sideEffects();
		const { headers, status } = await send(method, path, { ...JSON_TYPE, host }, body);
		expect(status).toBe(403);
		expect(headers['access-control-allow-origin']).toBeUndefined();
		expect(await sideEffects()).toEqual(before);
	});

	it.each([
		'https://evil.example',
		'null',
		'http://localhost:3000',
		'http://127.0.0.1',
		'https://app.example.com.evil.example',
		'https://app.example.com:8443',
		'http://app.example.com',
		'file://',
		'chrome-extension://abcdefgh',
		'*',
	])('cannot call from %s', async (origin) => {
		const host = `127.0.0.1:${gateway.port}`;
		const before = await sideEffects();
		const { headers, status } = await send(method, path, { ...JSON_TYPE, host, origin }, body);
		expect(status).toBe(403);
		expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
		expect(await sideEffects()).toEqual(before);
	});

	it('is asked beforehand by the browser, and is not let in', async () => {
		const asked = { origin: 'https://evil.example', 'access-control-request-method': method };
		const { headers, status } = await send('OPTIONS', path, { host: `127.0.0.1:${gateway.port}`, ...asked });
		expect(status).toBe(403);
		expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
	});
});

describe('a form that a page of another site sends', () => {
	it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])(
		'makes no key, with or without saying where it comes from: %s',
		async (type) => {
			const body = JSON.stringify({ name: 'stolen', scopes: ['admin'], x: '=' });
			const host = `127.0.0.1:${gateway.port}`;
			for (const origin of [{ origin: 'null' }, { origin: 'https://evil.example' }, {}]) {
				const { status } = await send('POST', '/admin/v1/keys', { host, 'content-type': type, ...origin }, body);
				expect([400, 403]).toContain(status);
			}
			expect((await sideEffects())[1]).toBe(0);
		},
	);
});

describe('whom the owner lets in', () => {
	it('a listed name, a listed origin, and pages of the gateway’s own origin are answered', async () => {
		const body = JSON.stringify(CHAT);
		const chat = (headers: Record<string, string>) =>
			send('POST', '/v1/chat/completions', { ...JSON_TYPE, ...headers }, body);
		expect((await chat({ host: 'llm.example.com' })).status).toBe(200);
		expect((await chat({ host: 'LLM.example.com:443' })).status).toBe(200);
		expect((await chat({ host: `localhost:${gateway.port}` })).status).toBe(200);
		const own = `127.0.0.1:${gateway.port}`;
		expect((await chat({ host: own, origin: `http://${own}` })).status).toBe(200);
		const listed = await chat({ host: own, origin: APP });
		expect(listed.status).toBe(200);
		expect(listed.headers['access-control-allow-origin']).toBe(APP);
		expect(listed.headers['vary']).toMatch(/origin/i);
		expect(listed.headers['access-control-allow-credentials']).toBeUndefined();
	});
});
