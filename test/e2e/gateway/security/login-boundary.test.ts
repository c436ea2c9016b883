import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDeployments } from '../../../../src/providers/index.ts';
import {
	ACCOUNT,
	CHATGPT_TOKEN,
	CLAUDE,
	CLAUDE_TOKEN,
	CODEX,
	createLoginGateway,
	headersOf,
	type LoginGateway,
	MESSAGE,
	OWN_KEY,
} from '../../../support/login-gateway.ts';
import { answerJson, goodAnswer } from '../../../support/provider-witness.ts';

let bench: LoginGateway;
let { own, other, login, keyed, post } = {} as LoginGateway;

beforeEach(async () => {
	bench = await createLoginGateway();
	({ own, other, login, keyed, post } = bench);
});
afterEach(() => bench.close());

const CHAT = { model: 'gpt-5-mini', messages: MESSAGE.messages };
const RESPONSE = { model: 'gpt-5-mini', input: 'Say hello.' };
const GEMINI = { contents: [{ role: 'user', parts: [{ text: 'Say hello.' }] }] };

/** Neither login, nor what its client is known by, was sent to anybody but its own provider. */
function expectNoLogin(): void {
	expect(own.requests).toEqual([]);
	const sent = JSON.stringify(other.requests);
	for (const secret of [CLAUDE_TOKEN, CHATGPT_TOKEN, ACCOUNT]) expect(sent).not.toContain(secret);
}

describe('a login is passed on only where its user has asked for it', () => {
	it.each([
		['/v1/messages', MESSAGE, CLAUDE],
		['/v1/responses', RESPONSE, CODEX],
	])('%s: without "passthrough" the gateway’s own key is used', async (path, body, headers) => {
		await bench.open([keyed('anthropic'), keyed('openai')]);
		expect((await post(path, body, headers)).status).toBe(200);
		expectNoLogin();
		expect(JSON.stringify(other.requests[0]?.headers)).toContain(OWN_KEY);
	});

	it.each([
		['a Claude login with an account', { ...CLAUDE, 'chatgpt-account-id': ACCOUNT }],
		['a token without an account', { authorization: CODEX.authorization }],
		['an account without a token', { 'chatgpt-account-id': ACCOUNT }],
		['a key of OpenAI with an account', { authorization: 'Bearer sk-proj-123456789', 'chatgpt-account-id': ACCOUNT }],
		['a token of three parts that is no JWT', { ...CODEX, authorization: 'Bearer abc.def.ghi' }],
	])('%s is not passed to ChatGPT', async (_name, headers) => {
		await bench.open([login('openai'), keyed('openai')]);
		expect((await post('/v1/responses', RESPONSE, headers)).status).toBe(200);
		expectNoLogin();
		expect(headersOf(other)['authorization']).toBe(`Bearer ${OWN_KEY}`);
	});

	it.each([
		['Claude', '/v1/chat/completions', { ...CHAT, model: 'haiku' }, CLAUDE],
		['Claude', '/v1/responses', { ...RESPONSE, model: 'haiku' }, CLAUDE],
		['Claude', '/v1beta/models/haiku:generateContent', GEMINI, CLAUDE],
		['ChatGPT', '/v1/messages', { ...MESSAGE, model: 'gpt-5-mini' }, CODEX],
		['ChatGPT', '/v1/chat/completions', CHAT, CODEX],
		['ChatGPT', '/v1beta/models/gpt-5-mini:generateContent', GEMINI, CODEX],
	])(
		'the login of a %s plan is not used for %s, which its client does not speak',
		async (_plan, path, body, headers) => {
			await bench.open([login('anthropic'), login('openai'), keyed('anthropic'), keyed('openai')]);
			const answer = await post(path, body, headers);
			expect(answer.status, answer.text).toBe(200);
			expectNoLogin();
			expect(JSON.stringify(other.requests[0]?.headers)).toContain(OWN_KEY);
		},
	);

	it('the addresses are those of the providers', () => {
		const accesses = (['anthropic', 'openai'] as const).map((kind) => ({ ...login(kind), baseUrl: undefined }));
		const [claude, chatgpt] = createDeployments(accesses, { allowedPrivateHosts: [] });
		const anthropic = claude?.login?.bind({ format: 'anthropic-messages', headers: CLAUDE });
		const call = { modelId: 'm', operation: 'generate' } as const;
		expect(anthropic?.endpoint({ ...call, format: 'anthropic-messages' })).toMatchObject({
			origin: 'https://api.anthropic.com',
			path: '/v1/messages',
		});
		const openai = chatgpt?.login?.bind({ format: 'openai-responses', headers: CODEX });
		expect(openai?.endpoint({ ...call, format: 'openai-responses' })).toMatchObject({
			origin: 'https://chatgpt.com',
			path: '/backend-api/codex/responses',
		});
		expect(
			[claude, chatgpt].map((deployment) => deployment?.endpoint({ ...call, format: 'anthropic-messages' })),
		).toEqual([null, null]);
	});
});

describe('a login that came through a proxy is of another machine, and is not passed on', () => {
	it.each([
		['forwarded', 'for=203.0.113.7'],
		['x-forwarded-for', '203.0.113.7'],
		['x-forwarded-for', '127.0.0.1'],
		['X-Forwarded-Host', 'gateway.example'],
		['x-real-ip', '203.0.113.7'],
		['cf-connecting-ip', '203.0.113.7'],
		['x-forwarded-for', ''],
		['via', '1.1 gateway.example'],
		['x-forwarded-proto', 'https'],
		['x-forwarded-server', 'gateway.example'],
	])('with %s: %s', async (name, value) => {
		await bench.open([login('anthropic'), login('openai'), keyed('anthropic'), keyed('openai')]);
		const through = { [name]: value };
		for (const [path, body, headers] of [
			['/v1/messages', MESSAGE, CLAUDE],
			['/v1/messages/count_tokens', MESSAGE, CLAUDE],
			['/v1/responses', RESPONSE, CODEX],
		] as const) {
			const answer = await post(path, body, { ...headers, ...through });
			expect([answer.status, answer.text], path).toEqual([403, expect.stringContaining(name.toLowerCase())]);
		}
		// neither to its provider nor at the gateway's own expense
		expect([...own.requests, ...other.requests]).toEqual([]);
		expect((await post('/v1/messages', MESSAGE, through)).status).toBe(200);
		expectNoLogin();
	});
});

describe('tokens are counted where the request itself would go', () => {
	it('with a login by the plan’s provider, without one by the gateway’s key', async () => {
		await bench.open([login('anthropic'), keyed('anthropic')]);
		await post('/v1/messages/count_tokens', MESSAGE, CLAUDE);
		expect(own.requests.map(({ path }) => path)).toEqual(['/v1/messages/count_tokens']);
		expect(headersOf(own)['authorization']).toBe(`Bearer ${CLAUDE_TOKEN}`);
		expect(other.requests).toEqual([]);
	});
});

describe('a login lives as long as its request', () => {
	it('two people who ask at the same time are each answered on their own plan, and a third on none', async () => {
		const held: Array<() => void> = [];
		own.answer = (response, request) => {
			held.push(() => answerJson(response, goodAnswer(request)));
			if (held.length === 6) for (const answer of held) answer();
		};
		await bench.open([login('anthropic'), keyed('anthropic')]);
		const people = ['ada', 'bob', 'eve', 'ada', 'bob', 'eve'];
		const asked = people.map((name, index) =>
			post(
				'/v1/messages',
				{ ...MESSAGE, messages: [{ role: 'user', content: `${name} asks ${index}` }] },
				{ ...CLAUDE, authorization: `Bearer sk-ant-oat01-plan-of-${name}` },
			),
		);
		expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(people.map(() => 200));
		const pairs = own.requests.map(({ body, headers }) => [
			/(\w+) asks/.exec(body)?.[1],
			Object.fromEntries(headers)['authorization'],
		]);
		expect(pairs).toHaveLength(6);
		for (const [name, sent] of pairs) expect(sent).toBe(`Bearer sk-ant-oat01-plan-of-${name}`);
		await post('/v1/messages', MESSAGE, {});
		expect(own.requests).toHaveLength(6);
		expect(headersOf(other)['x-api-key']).toBe(OWN_KEY);
	});

	it.each([
		[401, 1],
		[403, 1],
		[529, 3],
	])(
		'after a %i its provider hears nothing more: nothing is renewed, and nothing tried later',
		async (status, most) => {
			own.answer = (response) => answerJson(response, { error: { type: 'some_error', message: 'no' } }, { status });
			const { gateway } = await bench.open([login('anthropic'), keyed('openai')], {
				fallbacks: { haiku: ['gpt-5-mini'] },
				fallback: { maxAttempts: 3 },
			});
			await post('/v1/messages', MESSAGE, CLAUDE);
			const calls = own.requests.length;
			expect(calls).toBeLessThanOrEqual(most);
			expect(own.requests.map(({ path }) => path)).toEqual(Array(calls).fill('/v1/messages'));
			// a request of somebody without a login, and the end of the gateway, are occasions on which it could be used
			await post('/v1/messages', { ...MESSAGE, max_tokens: 21 }, {});
			await gateway.settled();
			await gateway.runtime.system.flush();
			expect(own.requests).toHaveLength(calls);
		},
	);
});

describe('with a login go the headers by which its provider knows the client, and no other', () => {
	const noise = { cookie: 'session=1', referer: 'https://intranet.example/', 'x-anything': '1' };
	const connection = ['accept-encoding', 'connection', 'content-length', 'content-type', 'host'];
	const names = () => own.requests[0]?.headers.map(([name]) => name.toLowerCase()).sort();

	it('of Claude Code', async () => {
		await bench.open([login('anthropic')]);
		await post('/v1/messages', MESSAGE, { ...noise, ...CLAUDE, originator: 'x', session_id: 's' });
		const known = ['anthropic-beta', 'anthropic-version', 'authorization', 'user-agent', 'x-app'];
		expect(names()).toEqual([...connection, ...known].sort());
	});

	it('of Codex', async () => {
		await bench.open([login('openai')]);
		const own = { version: '0.171.0', session_id: 's-1', conversation_id: 'c-1', 'user-agent': 'codex_cli_rs/0.171.0' };
		await post('/v1/responses', RESPONSE, { ...noise, ...CODEX, ...own, 'x-app': 'cli' });
		const known = ['authorization', 'chatgpt-account-id', 'originator', ...Object.keys(own)];
		expect(names()).toEqual([...connection, ...known].sort());
	});

	it('and back come those that tell of the plan', async () => {
		own.answer = (response, request) =>
			answerJson(response, goodAnswer(request), {
				headers: {
					'anthropic-ratelimit-unified-status': 'allowed',
					'anthropic-organization-id': 'org-of-the-plan',
					'set-cookie': 'session=of-the-provider',
					'cf-ray': 'a1b2',
				},
			});
		await bench.open([login('anthropic'), keyed('anthropic')]);
		other.answer = own.answer;
		const { headers } = await post('/v1/messages', MESSAGE, CLAUDE);
		expect(headers.get('anthropic-ratelimit-unified-status')).toBe('allowed');
		for (const name of ['anthropic-organization-id', 'set-cookie', 'cf-ray']) expect(headers.has(name)).toBe(false);
		const withKey = await post('/v1/messages', { ...MESSAGE, max_tokens: 21 }, {});
		expect(withKey.headers.has('anthropic-ratelimit-unified-status')).toBe(false);
	});
});
