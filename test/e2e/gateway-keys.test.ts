import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSimulatedAccesses } from '../../src/cli/simulated-deployments.ts';
import type { KeyStore } from '../../src/contracts/index.ts';
import { createKey, type KeyRequest } from '../../src/gateway/index.ts';
import { type OpenGateway, openGateway } from '../../src/gateway.ts';
import { type ProviderSimulator, type SimulatedModel, startProviderSimulator } from '../../src/testing/index.ts';
import { createTemporaryProject, type TemporaryProject } from '../support/temporary-project.ts';

const CONFIG = '.claude/orchestration/routing/config.json';

let project: TemporaryProject;
let simulator: ProviderSimulator;
let gateway: OpenGateway;

async function open(settings: object = {}): Promise<void> {
	mkdirSync(join(project.path, '.claude/orchestration/routing'), { recursive: true });
	writeFileSync(join(project.path, CONFIG), JSON.stringify({ gateway: { port: 0, requireKey: true, ...settings } }));
	gateway = await openGateway({
		projectDirectory: project.path,
		environment: {},
		simulated: { accesses: createSimulatedAccesses(simulator.url), when: 'always' },
		watchConfig: false,
	});
}

beforeEach(async () => {
	project = createTemporaryProject();
	simulator = await startProviderSimulator();
});
afterEach(async () => {
	await gateway.close();
	await simulator.close();
	project.remove();
});

async function keyStore(): Promise<KeyStore> {
	return (await gateway.gateway.runtime.system.storage()).keys;
}

async function makeKey(change: Partial<KeyRequest> = {}): Promise<{ token: string; id: string }> {
	const { key, token } = await createKey(await keyStore(), { name: 'ci', ...change }, Date.now());
	return { token, id: key.id };
}

interface Ask {
	headers?: Record<string, string>;
	isStream?: boolean;
	text?: string;
	signal?: AbortSignal;
}

function ask(
	token: string,
	{ headers = {}, isStream = false, text = 'Say hello.', signal }: Ask = {},
): Promise<Response> {
	return fetch(`${gateway.url}/v1/messages`, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			'anthropic-version': '2023-06-01',
			'x-api-key': token,
			...headers,
		},
		body: JSON.stringify({
			model: 'haiku',
			max_tokens: 50,
			stream: isStream,
			messages: [{ role: 'user', content: text }],
		}),
		signal: signal ?? null,
	});
}

const everyModel = (model: SimulatedModel) => simulator.script({ '*': model });
/** Requests that reached the provider. */
const calls = () => simulator.requests.length;

describe('a key at the gateway', () => {
	it('opens what it may; without one, with a wrong, expired or revoked one the caller is told in its format', async () => {
		await open();
		const { token, id } = await makeKey();
		const old = await makeKey({ lifetimeMs: 1 });
		expect((await ask(token)).status).toBe(200);
		const refusals: Array<[string, RegExp]> = [
			['', /names no key/],
			["' OR '1'='1", /not one of this gateway/],
			[`${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`, /unknown/],
			[old.token, /expired/],
		];
		for (const [wrong, message] of refusals) {
			const refused = await ask(wrong);
			expect(refused.status).toBe(401);
			expect(await refused.json()).toMatchObject({
				type: 'error',
				error: { type: 'authentication_error', message: expect.stringMatching(message) },
			});
		}
		await (await keyStore()).revoke(id, Date.now());
		gateway.gateway.keys.forget(id);
		expect((await ask(token)).status).toBe(401);
		expect(calls()).toBe(1);
	});

	it('calls no model with a key that may only manage, and none that it is not allowed', async () => {
		await open();
		expect((await ask((await makeKey({ scopes: ['admin'] })).token)).status).toBe(403);
		const refused = await ask((await makeKey({ allowedModels: ['opus'] })).token);
		expect(refused.status).toBeGreaterThanOrEqual(400);
		expect(calls()).toBe(0);
	});

	it('is held to its requests a minute, and told when to come back; another key is not', async () => {
		await open();
		const { token } = await makeKey({ limits: { requestsPerMinute: 2 } });
		const statuses = [];
		for (let count = 0; count < 3; count += 1) statuses.push((await ask(token)).status);
		expect(statuses).toEqual([200, 200, 429]);
		const refused = await ask(token);
		expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50);
		expect(await refused.json()).toMatchObject({ error: { type: 'rate_limit_error' } });
		expect((await ask((await makeKey()).token)).status).toBe(200);
		expect(calls()).toBe(3);
	});

	it('leaves its secret nowhere: not in database, log, metrics or errors', async () => {
		await open();
		const { token } = await makeKey();
		await ask(token);
		await ask(token, { headers: { 'idempotency-key': 'a' } });
		const gemini = await fetch(`${gateway.url}/v1beta/models/nothing:generateContent?key=${token}`, { method: 'POST' });
		const told = (await gemini.text()) + (await (await fetch(`${gateway.url}/metrics?key=${token}`)).text());
		await gateway.gateway.runtime.system.flush();
		const files = ['db/routing.db', 'db/routing.db-wal', 'logs/routing.log'].map((name) => {
			try {
				return readFileSync(join(project.path, '.claude/orchestration', name), 'latin1');
			} catch {
				return '';
			}
		});
		expect(files[0]?.length).toBeGreaterThan(0);
		expect(files.join('') + told).not.toContain(token.slice(19));
		expect(JSON.stringify(simulator.requests)).not.toContain(token.slice(19));
	});
});

describe('a request sent twice', () => {
	const once = { 'idempotency-key': 'order-1' };

	it('is answered once: the repeat gets the same bytes, whole or streamed, and nothing is paid twice', async () => {
		await open();
		const { token } = await makeKey();
		for (const isStream of [false, true]) {
			const headers = { 'idempotency-key': `order-${isStream}` };
			const first = await ask(token, { headers, isStream });
			const body = await first.text();
			const again = await ask(token, { headers, isStream });
			expect(await again.text()).toBe(body);
			expect(again.headers.get('x-switchyard-idempotency')).toBe('repeated');
			expect(again.headers.get('x-switchyard-decision')).toBe(first.headers.get('x-switchyard-decision'));
			expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
		}
		expect(calls()).toBe(2);
	});

	it('joins the first while it is under way', async () => {
		await open();
		everyModel({ ttftMs: 300 });
		const { token } = await makeKey();
		const answers = await Promise.all(Array.from({ length: 5 }, () => ask(token, { headers: once })));
		expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
		expect(calls()).toBe(1);
	});

	it('by a client that lost its connection gets the answer that was made meanwhile', async () => {
		await open();
		everyModel({ text: 'word '.repeat(40), tokensPerSecond: 100, ttftMs: 300 });
		const { token } = await makeKey();
		const whole = new AbortController();
		const first = ask(token, { headers: { 'idempotency-key': 'whole' }, signal: whole.signal });
		setTimeout(() => whole.abort(), 100);
		await expect(first).rejects.toThrow();
		const streamed = new AbortController();
		const headers = { 'idempotency-key': 'streamed' };
		const stream = await ask(token, { headers, isStream: true, signal: streamed.signal });
		const reader = stream.body?.getReader();
		expect((await reader?.read())?.done).toBe(false);
		// in the middle of the answer
		streamed.abort();
		for (const [key, end] of [
			['whole', '"end_turn"'],
			['streamed', 'message_stop'],
		] as const) {
			const again = await ask(token, { headers: { 'idempotency-key': key }, isStream: key === 'streamed' });
			const text = await again.text();
			expect(text.match(/word/g)).toHaveLength(40);
			expect(text).toContain(end);
			expect(again.headers.get('x-switchyard-idempotency')).toBe('repeated');
		}
		expect(calls()).toBe(2);
		expect(simulator.requests.map((request) => request.abortedAt)).toEqual([null, null]);
	});

	it('with another body is a conflict, and nobody is given another’s answer', async () => {
		await open();
		const { token } = await makeKey();
		await ask(token, { headers: once, text: 'the answer is secret' });
		expect((await ask(token, { headers: once, text: 'something else' })).status).toBe(422);
		const other = await makeKey();
		const theirs = await ask(other.token, { headers: once, text: 'the answer is secret' });
		expect(theirs.headers.get('x-switchyard-idempotency')).toBeNull();
		expect(calls()).toBe(2);
	});

	it('after a restart gets the first answer', async () => {
		await open();
		const { token } = await makeKey();
		const body = await (await ask(token, { headers: once })).text();
		await gateway.close();
		await open();
		expect(await (await ask(token, { headers: once })).text()).toBe(body);
		expect(calls()).toBe(1);
	});
});

describe('the cache', () => {
	const cache = { enabled: true, ttl: 60 };

	it('is off unless it is turned on', async () => {
		await open();
		const { token } = await makeKey();
		await ask(token);
		expect((await ask(token)).headers.get('x-switchyard-cache')).toBeNull();
		expect(calls()).toBe(2);
	});

	it('answers exactly the same request of the same key, and no other', async () => {
		await open({ cache });
		const { token } = await makeKey();
		const first = await (await ask(token)).text();
		const hit = await ask(token);
		expect([await hit.text(), hit.headers.get('x-switchyard-cache')]).toEqual([first, 'hit']);
		expect(calls()).toBe(1);
		await ask((await makeKey()).token);
		await ask(token, { text: 'Say goodbye.' });
		await ask(token, { headers: { 'anthropic-beta': 'x' } });
		await ask(token, { headers: { 'x-switchyard-no-cache': 'true' } });
		expect(calls()).toBe(5);
	});
});
