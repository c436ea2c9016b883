import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventedModel, openTestGateway, simulatedDeployment } from '../../support/open-scripted-gateway.ts';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let opened: SimulatedGateway;
beforeAll(async () => {
	const limits = {
		budget: { dailyLimit: 1e6, monthlyLimit: 1e6, perRequestLimit: 1e5 },
		fallback: { enabled: false, maxAttempts: 1 },
	};
	opened = await openSimulatedGateway(limits);
});
afterAll(async () => opened.close());

const LONG = 'mcp__plugin_chrome-devtools-mcp_chrome-devtools__performance_analyze_insight';

/** The latest request as its provider got it. */
function getSent(simulated: Pick<SimulatedGateway, 'simulator'>): Record<string, unknown> {
	return Object(simulated.simulator.requests.at(-1)?.body);
}

const HELLO = [{ role: 'user', content: 'Say hello.' }];

it('a fallback gets the request as it takes it, not as the first model took it', async () => {
	const fallbacks = { 'gpt-4o': ['gpt-5-mini'] };
	const simulated = await openSimulatedGateway(
		{ fallbacks, fallback: { enabled: true, maxAttempts: 3 } },
		{ simulator: { models: { 'gpt-4o-2024-08-06': { afterwards: '403' } } } },
	);
	try {
		const body = { model: 'gpt-4o', messages: HELLO, max_tokens: 100, temperature: 0.2 };
		const { response } = await simulated.post('/v1/chat/completions', body);
		expect(response.status).toBe(200);
		expect(response.headers.get('x-switchyard-dropped')).toBe('temperature');
		const [first, second] = simulated.simulator.requests.map((request) => Object(request.body));
		expect(first).toMatchObject({ max_tokens: 100, temperature: 0.2 });
		expect(second).toMatchObject({ max_completion_tokens: 100 });
		expect(second).not.toHaveProperty('temperature');
		const { system } = simulated.gateway.gateway.runtime;
		const attempts = await system.attemptsOf(response.headers.get('x-switchyard-decision') ?? '');
		expect(attempts.at(-1)?.message).toBe('Left out or changed for the model: temperature.');
	} finally {
		await simulated.close();
	}
});

describe('a caller gets calls of its tools by the names that it gave them', () => {
	it.each([
		['/v1/messages', 'haiku', { tools: [{ name: 'ns.tool:x', input_schema: { type: 'object' } }] }],
		['/v1/messages', 'gpt-5-mini', { tools: [{ name: LONG, input_schema: { type: 'object' } }] }],
		['/v1/chat/completions', 'gpt-5-mini', { tools: [{ type: 'function', function: { name: LONG } }] }],
		['/v1/chat/completions', 'gemini-3.8-flash', { tools: [{ type: 'function', function: { name: LONG } }] }],
	])('from %s by %s', async (path, model, body) => {
		for (const stream of [false, true]) {
			const tool = Object(body.tools[0]);
			const name = String(tool.name ?? Object(tool.function).name);
			const choice = path === '/v1/messages' ? { type: 'any' } : 'required';
			const request = { model, stream, max_tokens: 500, messages: HELLO, ...body };
			const { response, text } = await opened.post(path, { ...request, tool_choice: choice });
			expect(response.status).toBe(200);
			expect(JSON.stringify(getSent(opened))).not.toContain(`"${name}"`);
			expect(text).toContain(`"${name}"`);
		}
	});
});

describe('a model of the user’s own is asked as the model that its family names', () => {
	const asked = { messages: HELLO, max_tokens: 100, temperature: 0.2 };
	it.each([
		['openai-compatible', 'gpt-5-mini', { max_completion_tokens: 100 }, 'temperature'],
		['openai-compatible', undefined, { max_tokens: 100, temperature: 0.2 }, null],
		['azure', 'gpt-5-mini', { max_completion_tokens: 100 }, 'temperature'],
		['azure', 'gpt-4o', { max_tokens: 100, temperature: 0.2 }, null],
		['vertex', 'gemini-2.5-pro', { generationConfig: { maxOutputTokens: 100, temperature: 0.2 } }, null],
	] as const)('at %s, of the family %s', async (kind, family, sent, dropped) => {
		const gateway = await openTestGateway({
			deployments: [{ ...simulatedDeployment(kind, { ours: 'ours' }), project: 'p' }],
			config: { models: [inventedModel('ours', family && { family })], fallback: { enabled: false, maxAttempts: 1 } },
		});
		try {
			const init = { method: 'POST', headers: { 'content-type': 'application/json' } };
			const body = JSON.stringify({ model: 'ours', ...asked });
			const response = await fetch(`${gateway.url}/v1/chat/completions`, { ...init, body });
			expect([response.status, response.headers.get('x-switchyard-dropped')]).toEqual([200, dropped]);
			const { body: received } = gateway.simulator.requests[0] ?? {};
			expect(received).toMatchObject(sent);
			expect('temperature' in Object(received)).toBe('temperature' in sent);
		} finally {
			await gateway.close();
		}
	});
});

it('a parameter that a server refuses is left out, and its next request is not refused', async () => {
	const gateway = await openTestGateway({
		deployments: [simulatedDeployment('openai-compatible', { local: 'gpt-5-mini' })],
		config: { models: [inventedModel('local')], fallback: { enabled: false, maxAttempts: 1 } },
	});
	const ask = async (more: object) => {
		const body = { model: 'local', messages: HELLO, ...more };
		const headers = { 'content-type': 'application/json' };
		const init = { method: 'POST', headers, body: JSON.stringify(body) };
		return await fetch(`${gateway.url}/v1/chat/completions`, init);
	};
	try {
		const mended = await ask({ temperature: 0.2 });
		expect(mended.status).toBe(200);
		expect(mended.headers.get('x-switchyard-dropped')).toBe('temperature');
		expect(mended.headers.get('x-switchyard-attempts')).toBe('1');
		expect(gateway.simulator.requests).toHaveLength(2);
		expect((await ask({ temperature: 0.2, stream: true })).status).toBe(200);
		expect(gateway.simulator.requests).toHaveLength(3);
		const rows = await gateway.query('SELECT outcome, message FROM attempts ORDER BY rowid');
		expect(rows.map(({ outcome }) => outcome)).toEqual(['success', 'success']);
		expect(rows[0]?.['message']).toContain('The provider refuses temperature: left out from now on.');
		// what is wrong with the request itself is told, and asked once
		const wrong = await ask({
			tools: [{ type: 'function', function: { name: 'a b', parameters: { type: 'object' } } }],
		});
		expect(wrong.status).toBe(400);
		expect(gateway.simulator.requests).toHaveLength(4);
	} finally {
		await gateway.close();
	}
});

it.each([
	[
		'thinking that does not fit into the answer',
		'reasoning',
		'/v1/chat/completions',
		{ model: 'haiku', reasoning_effort: 'high', max_tokens: 500 },
	],
	[
		'thinking of a model that has none',
		'reasoning',
		'/v1/messages',
		{ model: 'gpt-4o', max_tokens: 4000, thinking: { type: 'enabled', budget_tokens: 2000 } },
	],
	[
		'whose request it is',
		'metadata.user_id',
		'/v1/messages',
		{ model: 'gpt-5-mini', max_tokens: 99, metadata: { user_id: 'u-1' } },
	],
	[
		'the service that Anthropic has for it',
		'service_tier',
		'/v1/messages',
		{ model: 'gpt-5-mini', max_tokens: 99, service_tier: 'standard_only' },
	],
	['how fast it is to be answered', 'speed', '/v1/messages', { model: 'gpt-5-mini', max_tokens: 99, speed: 'fast' }],
	[
		'where it is to be answered',
		'inference_geo',
		'/v1/messages',
		{ model: 'gpt-5-mini', max_tokens: 99, inference_geo: 'us' },
	],
	['a service by OpenAI’s names', 'service_tier', '/v1/chat/completions', { model: 'haiku', service_tier: 'flex' }],
])('a caller learns what its request lost on the way: %s', async (_what, name, path, body) => {
	const { response } = await opened.post(path, { messages: HELLO, ...body });
	expect(response.status).toBe(200);
	expect(response.headers.get('x-switchyard-dropped')?.split(', ')).toContain(name);
});

it('a probe for one token is answered, and its charge is the provider’s', async () => {
	const { response, text } = await opened.post('/v1/messages', { model: 'gpt-5-mini', max_tokens: 1, messages: HELLO });
	expect(response.status).toBe(200);
	expect(getSent(opened)).toMatchObject({ max_output_tokens: 16 });
	expect(response.headers.get('x-switchyard-estimated')).toBeNull();
	expect(Object(JSON.parse(text)).usage.output_tokens).toBeGreaterThan(0);
});

describe('a client that counts tokens before it asks is not refused for what it would be answered for', () => {
	const contents = [{ role: 'user', parts: [{ text: 'Say hello.' }] }];
	const tools = [{ functionDeclarations: [{ name: LONG }] }];
	it.each([
		[
			'/v1/messages/count_tokens',
			{
				model: 'haiku',
				messages: [...HELLO, { role: 'system', content: '# Environment' }],
				thinking: { type: 'adaptive' },
				tools: [{ name: 'ns.tool:x', input_schema: {} }],
			},
			'thinking, messages[].role',
		],
		[
			'/v1beta/models/gemini-3.8-flash:countTokens',
			{ contents: [{ role: 'model', parts: [{ text: '' }] }] },
			'contents',
		],
		[
			'/v1beta/models/gemini-3.8-flash:countTokens',
			{ generateContentRequest: { model: 'models/gemini-3.8-flash', contents, tools } },
			null,
		],
	])('%s %j', async (path, body, dropped) => {
		const { response, text } = await opened.post(path, body);
		expect(`${response.status} ${text}`).toMatch(/^200 \{"(?:input_tokens|totalTokens)":\d+\}$/);
		expect(response.headers.get('x-switchyard-estimated')).toBeNull();
		expect(response.headers.get('x-switchyard-dropped')).toBe(dropped);
	});
});
