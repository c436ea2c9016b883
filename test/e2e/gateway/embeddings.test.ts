import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../../src/testing/index.ts';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';
import { openRawGateway } from '../../support/raw-provider.ts';

const SMALL = 'text-embedding-3-small';
/** Nano-dollars per token: $0.02 a million. */
const SMALL_RATE = 20;

let opened: SimulatedGateway | null = null;
const others: ProviderSimulator[] = [];
afterEach(async () => {
	await opened?.close();
	opened = null;
	await Promise.all(others.splice(0).map((simulator) => simulator.close()));
});

async function open(
	...given: Parameters<typeof openSimulatedGateway>
): Promise<{ client: OpenAI; at: SimulatedGateway }> {
	opened = await openSimulatedGateway(...given);
	const client = new OpenAI({ apiKey: 'none', baseURL: `${opened.gateway.url}/v1`, maxRetries: 0 });
	return { client, at: opened };
}

const dataOf = (at: SimulatedGateway) => at.gateway.gateway.runtime.system.exportData();

async function refusal(call: Promise<unknown>): Promise<{ status: number | undefined; message: string }> {
	try {
		await call;
	} catch (error) {
		if (error instanceof OpenAI.APIError) return { status: error.status, message: error.message };
		throw error;
	}
	throw new Error('it was not refused');
}

describe('embeddings through the gateway, with OpenAI’s client', () => {
	it('vectors come back in order, and the ledger has their input at its exact price', async () => {
		const { client, at } = await open();
		const input = ['The first text, which is longer.', 'The second.'];
		const both = await client.embeddings.create({ model: SMALL, input });
		const alone = await client.embeddings.create({ model: SMALL, input: 'The second.', encoding_format: 'float' });
		expect(both.data.map(({ index }) => index)).toEqual([0, 1]);
		expect(both.data[0]?.embedding).toHaveLength(16);
		// the client asks for base64 by itself and makes floats of it
		expect(at.simulator.requests[0]?.body).toMatchObject({ encoding_format: 'base64' });
		const [one, other] = [both.data[1]?.embedding ?? [], alone.data[0]?.embedding ?? []];
		expect(other).toHaveLength(16);
		for (const [index, value] of other.entries()) expect(one[index]).toBeCloseTo(value, 6);
		const { costs, decisions, outcomes } = await dataOf(at);
		const tokens = [alone.usage.prompt_tokens, both.usage.prompt_tokens];
		expect(costs.map(({ model, costNanoUsd, usage }) => [model, usage.inputTokens, costNanoUsd])).toEqual(
			tokens.map((count) => [SMALL, count, count * SMALL_RATE]),
		);
		expect(costs.every(({ usage }) => usage.isEstimated !== true && usage.outputTokens === 0)).toBe(true);
		expect(decisions.map(({ estimatedOutputTokens }) => estimatedOutputTokens)).toEqual([0, 0]);
		expect(outcomes.map(({ success }) => success)).toEqual([true, true]);
	});

	it('base64 is passed on as it came', async () => {
		const { client, at } = await open();
		const { data } = await client.embeddings.create({ model: SMALL, input: 'A text.', encoding_format: 'base64' });
		expect(at.simulator.requests[0]?.body).toMatchObject({ encoding_format: 'base64', model: SMALL });
		// its type says floats whatever was asked for
		const text: unknown = data[0]?.embedding;
		expect(Buffer.from(String(text), 'base64')).toHaveLength(16 * 4);
	});

	it('tokens may be given in place of texts, and are held and booked as so many', async () => {
		const { client, at } = await open();
		const lists = [
			[1, 2, 3, 4, 5],
			[6, 7],
		];
		const answer = await client.embeddings.create({ model: SMALL, input: lists });
		const one = await client.embeddings.create({ model: SMALL, input: [1, 2, 3, 4, 5] });
		expect(answer.data).toHaveLength(2);
		expect(one.data).toHaveLength(1);
		const { costs, decisions } = await dataOf(at);
		expect(costs.map(({ costNanoUsd }) => costNanoUsd)).toEqual([5 * SMALL_RATE, 7 * SMALL_RATE]);
		expect(decisions.map(({ estimatedInputTokens }) => estimatedInputTokens)).toEqual([5, 7]);
	});

	it('a deployment that fails gives way to another of the same model', async () => {
		const west = await startProviderSimulator();
		others.push(west);
		const simulator = await startProviderSimulator({ models: { '*': { afterwards: '500' } } });
		others.push(simulator);
		const accesses = [simulator, west].map(({ url }, index) => ({
			id: index === 0 ? 'east' : 'west',
			kind: 'openai' as const,
			credential: `key ${index}`,
			auth: 'api-key' as const,
			apiKey: 'simulated',
			baseUrl: `${url}/v1`,
			provider: 'openai',
			models: {},
		}));
		const { client, at } = await open({}, { gateway: { simulated: { accesses, when: 'always' } } });
		const { data, response } = await client.embeddings.create({ model: SMALL, input: 'A text.' }).withResponse();
		expect(data.data).toHaveLength(1);
		expect(response.headers.get('x-switchyard-deployment')).toBe('west');
		expect(response.headers.get('x-switchyard-attempts')).toBe('2');
		expect(response.headers.get('x-switchyard-cost')).not.toBeNull();
		const { attempts } = await dataOf(at);
		expect(attempts.map(({ deployment, outcome, model }) => [deployment, outcome, model]).sort()).toEqual([
			['east', 'failure', SMALL],
			['west', 'success', SMALL],
		]);
	});

	it('fewer vectors than texts are no answer, as they would be taken for other texts, and what they cost is booked', async () => {
		const vector = { object: 'embedding', index: 0, embedding: [0.1, 0.2] };
		const usage = { prompt_tokens: 12, total_tokens: 12 };
		const raw = await openRawGateway((_request, response) => {
			response.writeHead(200, { 'content-type': 'application/json' });
			response.end(JSON.stringify({ object: 'list', data: [vector], model: SMALL, usage }));
		});
		try {
			const client = new OpenAI({ apiKey: 'none', baseURL: `${raw.url}/v1`, maxRetries: 0 });
			const create = (input: string[]) => client.embeddings.create({ model: SMALL, input, encoding_format: 'float' });
			expect((await create(['one'])).data).toHaveLength(1);
			const refused = await refusal(create(['one', 'two']));
			expect(refused.status).toBe(502);
			expect(refused.message).toContain('another number of embeddings than the 2 asked for');
			const { costs } = await raw.gateway.gateway.runtime.system.exportData();
			expect(costs.map(({ costNanoUsd }) => costNanoUsd)).toEqual([12 * SMALL_RATE, 12 * SMALL_RATE]);
		} finally {
			await raw.close();
			raw.project.remove();
		}
	});

	it('another model never answers in its place, whatever the fallbacks say', async () => {
		const { client, at } = await open({
			fallback: { maxAttempts: 1 },
			fallbacks: { [SMALL]: ['text-embedding-3-large', 'haiku', 'gpt-6-luna'] },
		});
		at.simulator.script({ [SMALL]: { afterwards: '500' } });
		await expect(client.embeddings.create({ model: SMALL, input: 'A text.' })).rejects.toThrow();
		expect(new Set(at.simulator.requests.map(({ model }) => model))).toEqual(new Set([SMALL]));
	});

	it('what the budget does not allow is refused before anybody is called', async () => {
		const { client, at } = await open({ budget: { dailyLimit: 0.000_000_01, monthlyLimit: 1 } });
		const { status, message } = await refusal(client.embeddings.create({ model: SMALL, input: 'A text. '.repeat(50) }));
		expect(status).toBe(429);
		expect(message).toContain('Daily budget exceeded');
		expect(at.simulator.requests).toHaveLength(0);
	});

	it('a key is held to its models, its requests a minute and its team’s money', async () => {
		const { at } = await open({
			gateway: { requireKey: true },
			budget: { rules: [{ scope: 'team', of: 'search', period: 'day', limit: 1 }] },
		});
		const { system } = at.gateway.gateway.runtime;
		const { keys } = await system.storage();
		const make = async (change: object) => {
			const { token } = await createKey(keys, { name: 'ci', team: 'search', ...change }, Date.now());
			return new OpenAI({ apiKey: token, baseURL: `${at.gateway.url}/v1`, maxRetries: 0 });
		};
		const chatOnly = await make({ allowedModels: ['haiku'] });
		const refused = await refusal(chatOnly.embeddings.create({ model: SMALL, input: 'A text.' }));
		expect(refused).toMatchObject({ status: 403, message: expect.stringContaining(SMALL) });
		const once = await make({ allowedModels: [SMALL], limits: { requestsPerMinute: 1 } });
		await once.embeddings.create({ model: SMALL, input: 'A text.' });
		expect((await refusal(once.embeddings.create({ model: SMALL, input: 'A text.' }))).status).toBe(429);
		const team = (await system.budgetLimits()).find(({ scope }) => scope === 'team:search');
		expect(team?.spentUsd).toBeGreaterThan(0);
	});

	it('Google’s, which say nothing of usage, are booked as expected and marked', async () => {
		const { client, at } = await open();
		const { data } = await client.embeddings.create({ model: 'gemini-embedding-001', input: 'A text of some words.' });
		expect(data).toHaveLength(1);
		expect(at.simulator.requests[0]?.path).toBe('/v1beta/openai/embeddings');
		const [entry] = (await dataOf(at)).costs;
		expect(entry?.usage).toMatchObject({ isEstimated: true, outputTokens: 0 });
		expect(entry?.costNanoUsd).toBe((entry?.usage.inputTokens ?? 0) * 150);
		expect(entry?.costNanoUsd).toBeGreaterThan(0);
	});
});

describe('what cannot be embedded is refused with where and what to do', () => {
	it.each([
		['no model', { input: 'x' }, /^400 model is missing; name one that makes embeddings \(text-embedding-3-small, /],
		['auto', { model: 'auto', input: 'x' }, /model is "auto".*does not choose here/],
		[
			'a model that answers',
			{ model: 'haiku', input: 'x' },
			/model is "haiku", which answers and makes no embeddings.*text-embedding-3-large/,
		],
		['no input', { model: SMALL }, /input is missing/],
		['an empty text', { model: SMALL, input: '' }, /input is empty/],
		['an empty list', { model: SMALL, input: [] }, /input is an empty list/],
		['an empty text in a list', { model: SMALL, input: ['a', ''] }, /input\[1\] is empty/],
		['a number among texts', { model: SMALL, input: ['a', 7] }, /input\[1\] is 7; every member must be a text/],
		['a text among tokens', { model: SMALL, input: [1, 'secret words'] }, /input\[1\] is of the kind string/],
		['a token below 0', { model: SMALL, input: [1, -2] }, /input\[1\] is -2/],
		[
			'an empty list of tokens',
			{ model: SMALL, input: [[1], []] },
			/input\[1\] is of the kind a list; .*at least one token/,
		],
		['a token that is no whole number', { model: SMALL, input: [[1], [2, 0.5]] }, /input\[1\]\[1\] is 0.5/],
		['too many texts', { model: SMALL, input: Array.from({ length: 2049 }, () => 'a') }, /input has 2049 members/],
	])('%s', async (_title, body, message) => {
		const { at } = await open();
		const { response, text } = await at.post('/v1/embeddings', body);
		expect(response.status).toBe(400);
		expect(`400 ${JSON.parse(text).error.message}`).toMatch(message);
		expect(text).not.toContain('secret words');
		expect(at.simulator.requests).toHaveLength(0);
	});

	it('a model that makes embeddings answers no chat, is never chosen, and is listed for OpenAI’s clients alone', async () => {
		const { client, at } = await open();
		const chat = { messages: [{ role: 'user' as const, content: 'Say hello.' }] };
		const refused = await refusal(client.chat.completions.create({ model: SMALL, ...chat }));
		expect(refused).toMatchObject({ status: 400, message: expect.stringContaining('POST /v1/embeddings') });
		const { response } = await at.post('/v1/chat/completions', {
			model: 'auto',
			...chat,
			switchyard: { allowedModels: [SMALL, 'haiku'] },
		});
		expect(response.headers.get('x-switchyard-model')).toBe('haiku');
		const nobody = await at.post('/v1/chat/completions', {
			model: 'auto',
			...chat,
			switchyard: { allowedModels: [SMALL] },
		});
		expect(nobody.response.status).toBe(422);
		expect(nobody.text).toContain('makes embeddings and answers nothing');
		const names = (await client.models.list()).data.map(({ id }) => id);
		expect(names).toEqual(expect.arrayContaining([SMALL, 'text-embedding-ada-002', 'gemini-embedding-001']));
		const forOthers = await fetch(`${at.gateway.url}/v1/models`, { headers: { 'anthropic-version': '2023-06-01' } });
		expect(await forOthers.text()).not.toContain('embedding');
	});
});
