import { afterEach, describe, expect, it } from 'vitest';
import { toHeldTokens } from '../../../src/relay/index.ts';
import type { SimulatedModel } from '../../../src/testing.ts';
import {
	inventedModel,
	openTestGateway,
	type Row,
	simulatedDeployment,
	type TestGateway,
} from '../../support/open-scripted-gateway.ts';
import { openSimulatedGateway } from '../../support/open-simulated-gateway.ts';
import { watchHolds } from '../../support/watch-holds.ts';

let open: TestGateway | null = null;
const holds = watchHolds();
afterEach(async () => {
	holds.length = 0;
	await open?.close();
	open = null;
});

/** The model's price: $1 a million tokens in, $2 out. */
const NANO_PER_TOKEN = { input: 1000, output: 2000 };

interface Setup {
	/** What the provider does. */
	script?: SimulatedModel;
	budget?: object;
	kind?: 'anthropic' | 'openai' | 'openai-compatible';
	billsAfterDisconnect?: boolean;
	supportsExtendedThinking?: boolean;
	maxOutputTokens?: number;
}

async function openWith(setup: Setup): Promise<TestGateway> {
	const { billsAfterDisconnect, budget, kind = 'anthropic', script = {} } = setup;
	const { maxOutputTokens = 64_000, supportsExtendedThinking = false } = setup;
	open = await openTestGateway({
		deployments: [{ ...simulatedDeployment(kind, { one: 'one', two: 'two' }), billsAfterDisconnect }],
		config: {
			models: [
				inventedModel('one', { maxOutputTokens, supportsExtendedThinking }),
				inventedModel('two', { maxOutputTokens, supportsExtendedThinking }),
			],
			candidates: ['one'],
			defaultModel: 'one',
			fallback: { enabled: true, maxAttempts: 1 },
			...(budget && { budget }),
		},
		simulated: { models: { one: script } },
	});
	return open;
}

/** Asks for a message, streamed unless said otherwise. */
async function ask(change: object = {}): Promise<{ response: Response; text: string }> {
	const messages = [{ role: 'user', content: 'Tell me everything.' }];
	const response = await fetch(`${open?.url}/v1/messages`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
		body: JSON.stringify({ model: 'one', max_tokens: 1000, stream: true, messages, ...change }),
	});
	return { response, text: await response.text() };
}

async function readMoney(): Promise<{ charged: number; held: number; row: Row | undefined }> {
	const [row] = (await open?.query('SELECT * FROM cost_tracking')) ?? [];
	return { charged: Number(row?.['cost_nano']), held: holds[0] ?? Number.NaN, row };
}

function getBill(): number {
	const billed = open?.simulator.requests[0]?.billed;
	return (billed?.inputTokens ?? 0) * NANO_PER_TOKEN.input + (billed?.outputTokens ?? 0) * NANO_PER_TOKEN.output;
}

const sentLimits = () => open?.simulator.requests.map(({ body }) => Reflect.get(Object(body), 'max_tokens'));

describe('a provider that writes on beyond the limit of its request is ended, in time and cleanly', () => {
	const script = { text: 'word '.repeat(20_000), ignoresLimit: true, tokensPerSecond: 2000 };

	it.each(['anthropic', 'openai-compatible'] as const)(
		'at %s: what is charged is billed at most, and was held',
		async (kind) => {
			await openWith({ kind, script });
			const { text } = await ask({ max_tokens: 100 });
			expect(text).toContain('"stop_reason":"max_tokens"');
			expect(text).not.toContain('event: error');
			const { charged, held, row } = await readMoney();
			expect(row?.['is_estimated']).toBe(1);
			expect(charged).toBeGreaterThanOrEqual(getBill());
			expect(charged).toBeLessThanOrEqual(held);
			expect(text.match(/word/g)?.length).toBeLessThan(toHeldTokens(100, { provider: 'custom', modelId: 'one' }));
		},
	);

	it('and one that keeps to it is not: an answer of exactly as many tokens passes whole', async () => {
		await openWith({ script: { text: 'word '.repeat(2000) } });
		const { text } = await ask({ max_tokens: 1000 });
		expect(text.match(/word/g)?.length).toBe(800);
		const { charged, row } = await readMoney();
		expect([charged, row?.['is_estimated']]).toEqual([getBill(), 0]);
	});
});

it('a short answer of calls of tools is not taken for one that goes on', async () => {
	const calls = [1, 2].map((city) => ({ name: 'look', arguments: { city } }));
	await openWith({ kind: 'openai-compatible', script: { toolCalls: calls, ignoresLimit: true } });
	const { text } = await ask({
		max_tokens: 9,
		tools: [{ name: 'look', input_schema: { type: 'object', properties: {} } }],
	});
	expect(text).toContain('"stop_reason":"tool_use"');
	expect(text.match(/"type":"tool_use"/g)).toHaveLength(2);
});

describe('a limit of the output that the money does not pay for', () => {
	const budget = { perRequestLimit: 0.02 };

	it('stays in a stream as it came; the stream ends where the money does, and the answer says so', async () => {
		const script = { text: 'word '.repeat(20_000), tokensPerSecond: 2000 };
		await openWith({ budget: { perRequestLimit: 0.005 }, script });
		const { response, text } = await ask({ max_tokens: 60_000 });
		expect(sentLimits()).toEqual([60_000]);
		expect(response.headers.get('x-switchyard-max-tokens')).toMatch(/^\d{3,4}; reason=budget$/);
		expect(text).toContain('"stop_reason":"max_tokens"');
		const { charged, held } = await readMoney();
		expect(charged).toBeGreaterThanOrEqual(getBill());
		expect(charged).toBeLessThanOrEqual(held);
		const [attempt] = (await open?.query('SELECT * FROM attempts')) ?? [];
		expect(attempt?.['error_message'] ?? attempt?.['message']).toMatch(/^The budget pays for \d{3,4} output tokens/);
	});

	it.each<[string, Setup, object]>([
		['of an answer in one piece', {}, { stream: false }],
		['of a deployment that bills whoever leaves', { billsAfterDisconnect: true }, {}],
		['of a model that thinks unseen', { kind: 'openai', supportsExtendedThinking: true }, {}],
	])('is lowered in the request %s', async (_, setup, change) => {
		await openWith({ budget, ...setup, script: { text: 'word '.repeat(100_000) } });
		const { response } = await ask({ max_tokens: 60_000, ...change });
		const told = response.headers.get('x-switchyard-max-tokens');
		expect(told).toMatch(/^\d{4}; reason=budget$/);
		const body = open?.simulator.requests[0]?.bodyText ?? '';
		expect(body).toContain(`:${Number.parseInt(told ?? '', 10)}`);
		expect(body).not.toContain('60000');
		const { charged, held } = await readMoney();
		expect(charged).toBeLessThanOrEqual(held);
	});

	it.each([false, true])(
		'is never below one token of each answer: so many are refused (stream: %s)',
		async (stream) => {
			await openWith({ kind: 'openai-compatible', budget: { perRequestLimit: 0.005 } });
			const messages = [{ role: 'user', content: 'Tell me everything.' }];
			const response = await fetch(`${open?.url}/v1/chat/completions`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				// 10,000 answers cost $0.02 at one token each
				body: JSON.stringify({ model: 'one', stream, n: 10_000, messages }),
			});
			expect(response.status).toBe(429);
			expect(await response.text()).toContain('Per-request budget exceeded');
			expect(open?.simulator.requests).toHaveLength(0);
		},
	);

	it('is never lowered to what is granted for thinking, which the provider would refuse: the model is', async () => {
		await openWith({ budget: { perRequestLimit: 0.01 }, supportsExtendedThinking: true });
		const thinking = { type: 'enabled', budget_tokens: 16_000 };
		for (const stream of [true, false]) {
			const { response, text } = await ask({ max_tokens: 32_000, thinking, stream });
			expect(response.status).toBe(402);
			expect(text).toContain('Per-request budget exceeded');
		}
		expect(open?.simulator.requests).toEqual([]);
	});

	it('is told to nobody where the money pays for it', async () => {
		await openWith({});
		const { response } = await ask();
		expect(response.headers.get('x-switchyard-max-tokens')).toBeNull();
		expect(sentLimits()).toEqual([1000]);
	});
});

it('a stream that is left is charged for what may have been under way: never less than is billed', async () => {
	await openWith({ script: { text: 'word '.repeat(5000), tokensPerSecond: 2000 } });
	const caller = new AbortController();
	const messages = [{ role: 'user', content: 'Tell me everything.' }];
	const response = await fetch(`${open?.url}/v1/messages`, {
		method: 'POST',
		headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' },
		body: JSON.stringify({ model: 'one', max_tokens: 5000, stream: true, messages }),
		signal: caller.signal,
	});
	await response.body?.getReader().read();
	caller.abort();
	const { charged, held, row } = await readMoney();
	expect(row?.['is_estimated']).toBe(1);
	expect(charged).toBeGreaterThanOrEqual(getBill());
	expect(charged).toBeLessThanOrEqual(held);
});

it('a named model that the user lets a limit replace is told, from what, to what and why', async () => {
	const rules = [{ scope: 'model', of: 'one', period: 'day', limit: 0, atLimit: 'downgrade' }];
	await openWith({ budget: { rules } });
	open?.gateway.gateway.runtime.system.fallback.defineFallbacks('one', ['two']);
	const { response } = await ask();
	expect(response.headers.get('x-switchyard-model')).toBe('two');
	expect(response.headers.get('x-switchyard-replaced')).toBe('one -> two; reason=budget daily of model one');
});

/** What a coding agent sends: 100 KB of conversation, its tools, and as much output as the model has. */
function createAgentRequest(change: object = {}): object {
	const file = 'export function add(a: number, b: number): number {\n\treturn a + b; // adds two numbers\n}\n';
	const turns = Array.from({ length: 20 }, (_, index) => [
		{ role: 'user', content: `Read file ${index} and say what it does.\n${file.repeat(50)}` },
		{ role: 'assistant', content: 'It adds two numbers.' },
	]);
	const properties = { path: { type: 'string', description: 'Absolute path of the file' } };
	const tool = { name: 'Read', description: 'Reads a file. '.repeat(40), input_schema: { type: 'object', properties } };
	return {
		model: 'claude-opus-4-5',
		max_tokens: 64_000,
		stream: true,
		system: [{ type: 'text', text: 'You are a coding agent.', cache_control: { type: 'ephemeral' } }],
		messages: [...turns.flat(), { role: 'user', content: 'Now fix the bug.' }],
		tools: [tool],
		...change,
	};
}

describe('with the default limits a coding agent keeps what it asks for', () => {
	it.each([
		['without thinking', {}],
		['with a budget for thinking', { thinking: { type: 'enabled', budget_tokens: 16_000 } }],
		['with adaptive thinking', { thinking: { type: 'adaptive' } }],
	])('the model that it names and the limit that it sets, %s', async (_, change) => {
		const simulated = await openSimulatedGateway();
		try {
			const { response } = await simulated.post('/v1/messages', createAgentRequest(change));
			expect(response.status).toBe(200);
			expect(response.headers.get('x-switchyard-model')).toBe('opus');
			expect(response.headers.get('x-switchyard-max-tokens')).toMatch(/^\d{4,5}; reason=budget$/);
			expect(simulated.simulator.requests.map(({ body }) => Reflect.get(Object(body), 'max_tokens'))).toEqual([64_000]);
		} finally {
			await simulated.close();
		}
	});
});
