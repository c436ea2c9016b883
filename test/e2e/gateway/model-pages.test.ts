import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

let at: SimulatedGateway;
beforeAll(async () => {
	at = await openSimulatedGateway();
});
afterAll(() => at.close());

interface AnthropicPage {
	data: Array<{ id: string; display_name: string; max_input_tokens: number; max_tokens: number }>;
	has_more: boolean;
	first_id: string | null;
	last_id: string | null;
}

async function getPage(query: string): Promise<AnthropicPage> {
	const headers = { 'anthropic-version': '2023-06-01' };
	const response = await fetch(`${at.gateway.url}/v1/models${query}`, { headers });
	expect(response.status, query).toBe(200);
	return (await response.json()) as AnthropicPage;
}

describe('a list of models comes in pages of the size that the client asks for, and none is missing or told twice', () => {
	it('with Anthropic’s SDK, forwards and backwards', async () => {
		const { models } = new Anthropic({ apiKey: 'none', baseURL: at.gateway.url, maxRetries: 0 });
		const whole = (await getPage('')).data.map(({ id }) => id);
		const forwards: string[] = [];
		for await (const { id } of models.list({ limit: 7 })) forwards.push(id);
		expect(forwards).toEqual(whole);
		const last = whole.at(-1) ?? '';
		const backwards: string[] = [];
		for await (const { id } of models.list({ limit: 7, before_id: last })) backwards.push(id);
		expect(backwards.toSorted()).toEqual(whole.slice(0, -1).toSorted());
		expect(await getPage('?limit=2')).toMatchObject({ has_more: true, first_id: whole[0], last_id: whole[1] });
		expect(await getPage(`?after_id=${encodeURIComponent(last)}`)).toEqual({
			data: [],
			has_more: false,
			first_id: null,
			last_id: null,
		});
	});

	it('with Google’s SDK', async () => {
		const { models } = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: at.gateway.url } });
		const whole: Array<string | undefined> = [];
		for await (const { name } of await models.list()) whole.push(name);
		const pager = await models.list({ config: { pageSize: 5 } });
		expect(pager.page).toHaveLength(5);
		const paged: Array<string | undefined> = [];
		for await (const { name } of pager) paged.push(name);
		expect(paged).toEqual(whole);
		expect(new Set(paged).size).toBe(paged.length);
		expect(await models.get({ model: 'auto' })).toMatchObject({
			name: 'models/auto',
			displayName: 'Auto',
			supportedActions: expect.arrayContaining(['generateContent', 'countTokens']),
		});
	});

	it('with OpenAI’s SDK, which knows no pages', async () => {
		const { models } = new OpenAI({ apiKey: 'none', baseURL: `${at.gateway.url}/v1`, maxRetries: 0 });
		const ids: string[] = [];
		for await (const { id } of models.list()) ids.push(id);
		expect(ids).toEqual([...new Set(ids)]);
		expect(ids).toEqual(expect.arrayContaining(['auto', 'auto:cheap', 'sonnet']));
	});

	it.each([
		['/v1/models?limit=0', 'limit is \\"0\\"'],
		['/v1/models?limit=many', 'a whole number of 1 or more'],
		['/v1/models?after_id=nothing', 'which is not listed'],
		['/v1/models?after_id=auto&before_id=auto', 'give one of them'],
		['/v1beta/models?pageSize=-1', 'pageSize'],
		['/v1beta/models?pageToken=!!', 'Begin again without it'],
	])('%s is refused with what is wrong', async (path, message) => {
		const headers: Record<string, string> = path.includes('v1beta') ? {} : { 'anthropic-version': '2023-06-01' };
		const response = await fetch(`${at.gateway.url}${path}`, { headers });
		expect([response.status, await response.text()]).toEqual([400, expect.stringContaining(message)]);
	});
});

describe('clients that size their requests by the list', () => {
	it('are told what fits where the router chooses: what no model that competes can take is not promised', async () => {
		const { models } = new OpenAI({ apiKey: 'none', baseURL: `${at.gateway.url}/v1`, maxRetries: 0 });
		const listed = (await models.list()).data as unknown as Array<Record<string, unknown>>;
		const limitsOf = (id: string) => {
			const { context_window, max_output_tokens } = listed.find((model) => model['id'] === id) ?? {};
			return { context_window, max_output_tokens };
		};
		// the largest of those that compete, which are not only the specification's own
		expect(limitsOf('auto')).toEqual(limitsOf('gpt-6.1-sol'));
		expect(limitsOf('opus').context_window).toBeLessThan(Number(limitsOf('auto').context_window));
		const { data } = await getPage('');
		const auto = data.find(({ id }) => id === 'auto');
		expect(auto).toMatchObject({ max_input_tokens: limitsOf('auto').context_window });
	});
});

describe('Claude Code, which shows only ids with "claude" or "anthropic" in them', () => {
	it('sees every model and policy under such an id with a name for people, and each is answered', async () => {
		const { data } = await getPage('?limit=1000');
		const shown = data.filter(({ id }) => /claude|anthropic/.test(id));
		const names = new Map(shown.map((model) => [model.id, model.display_name]));
		expect(names.get('claude-opus-5-5')).toBe('Claude Opus 5.5');
		expect(names.get('claude-sonnet-4-5-20250929')).toBe('Claude Sonnet 4.5');
		expect(names.get('claude-switchyard/auto')).toBe('Auto');
		expect(names.get('claude-switchyard/auto:cheap')).toBe('Auto, cheap');
		expect(names.get('claude-switchyard/gemini-pro')).toMatch(/^Gemini .*Pro/);
		expect(names.has('claude-switchyard/claude-opus-5-5')).toBe(false);
		for (const id of ['claude-switchyard/auto', 'claude-switchyard/auto:cheap', 'claude-switchyard/gpt-4.1']) {
			const body = { model: id, max_tokens: 50, messages: [{ role: 'user', content: 'Say hello' }] };
			const { response, text } = await at.post('/v1/messages', body, { 'anthropic-version': '2023-06-01' });
			expect([response.status, text], id).toEqual([200, expect.any(String)]);
			if (id.endsWith('gpt-4.1')) expect(response.headers.get('x-switchyard-model')).toBe('gpt-4.1');
			const one = await fetch(`${at.gateway.url}/v1/models/${encodeURIComponent(id)}`, {
				headers: { 'anthropic-version': '2023-06-01' },
			});
			expect(await one.json()).toMatchObject({ id, display_name: names.get(id) });
		}
	});
});

describe('one model that a client asks about', () => {
	const get = async (path: string, headers: Record<string, string> = {}) => {
		const response = await fetch(`${at.gateway.url}${path}`, { headers });
		return { status: response.status, body: await response.json() };
	};
	const ANTHROPIC = { 'anthropic-version': '2023-06-01' };

	it.each([
		['a new id of a known family', 'gpt-6.2-sol', 'gpt-6.2-sol'],
		['a dated id', 'claude-opus-5-5-20260901', 'claude-opus-5-5'],
		['an id with an agent’s mark', 'claude-opus-5-5[1m]', 'claude-opus-5-5'],
		['auto with the mark', 'auto[1m]', 'auto'],
		['a provider in front', 'anthropic/claude-opus-5-5', 'claude-opus-5-5'],
	])('%s is told of as it is answered', async (_what, asked, served) => {
		const path = `models/${encodeURIComponent(asked)}`;
		const openai = await get(`/v1/${path}`);
		expect(openai.status, JSON.stringify(openai.body)).toBe(200);
		expect(openai.body).toMatchObject({ id: expect.stringContaining(served), object: 'model' });
		expect(await get(`/v1/${path}`, ANTHROPIC)).toMatchObject({ status: 200, body: { type: 'model' } });
		expect(await get(`/v1beta/${path}`)).toMatchObject({ status: 200, body: { inputTokenLimit: expect.any(Number) } });
	});

	it('a name with a colon is told of in OpenAI’s form: only POST has a verb there', async () => {
		const { models } = new OpenAI({ apiKey: 'none', baseURL: `${at.gateway.url}/v1`, maxRetries: 0 });
		expect(await models.retrieve('auto:cheap')).toMatchObject({ id: 'auto:cheap', object: 'model' });
		expect((await get('/v1/models/auto:cheep')).body).toMatchObject({ error: { code: 'ROUTER_NOT_FOUND' } });
	});

	it('a model that stands for an unknown id says so, and it is answered under that id', async () => {
		expect((await get('/v1/models/gpt-6.2-sol')).body).toMatchObject({ assumed_from: expect.stringMatching(/^gpt-/) });
		const body = { model: 'gpt-6.2-sol', messages: [{ role: 'user', content: 'Say hello' }] };
		expect((await at.post('/v1/chat/completions', body)).response.headers.get('x-switchyard-model')).toBe(
			'gpt-6.2-sol',
		);
	});

	it.each(['/v1/models/claude-opsu-5-5', '/v1beta/models/claude-opsu-5-5'])(
		'a mistyped name is 404 with the nearest: GET %s',
		async (path) => {
			const { body, status } = await get(path);
			expect([status, JSON.stringify(body)]).toEqual([
				404,
				expect.stringContaining('Did you mean \\"claude-opus-5-5\\"?'),
			]);
		},
	);

	it('and on the path of a call of Gemini’s clients', async () => {
		const { response, text } = await at.post('/v1beta/models/gemni-flash:generateContent', {
			contents: [{ parts: [{ text: 'Hi' }] }],
		});
		expect([response.status, text]).toEqual([404, expect.stringMatching(/gemini-\S*flash/)]);
	});
});
