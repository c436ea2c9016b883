import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type OpenGateway, openGateway } from '../../../src/gateway.ts';
import type { DeploymentAccess } from '../../../src/providers/index.ts';
import { writeProjectConfig } from '../../support/open-test-gateway.ts';
import { answerJson, goodAnswer, type ProviderWitness, startProviderWitness } from '../../support/provider-witness.ts';
import { createTemporaryProject, type TemporaryProject } from '../../support/temporary-project.ts';

let project: TemporaryProject;
let witness: ProviderWitness;
let running: OpenGateway;

/** Each deployment has a path of its own, so that what reached it can be told. */
function access(id: string, change: Partial<DeploymentAccess> = {}): DeploymentAccess {
	const base = { id, kind: 'openai', credential: `env:${id}`, auth: 'api-key', apiKey: `key-of-${id}` } as const;
	return { ...base, baseUrl: `${witness.url}/${id}`, provider: 'openai', models: {}, priority: 100, ...change };
}

beforeEach(async () => {
	witness = await startProviderWitness();
	project = createTemporaryProject();
	writeProjectConfig(project, {});
	const custom = { kind: 'openai-compatible', provider: null } as const;
	running = await openGateway({
		projectDirectory: project.path,
		environment: {},
		port: 0,
		simulated: {
			accesses: [
				access('openai'),
				access('azure', { kind: 'azure', provider: null, models: { 'gpt-5-mini': 'ours' } }),
				access('groq', { ...custom, models: { 'gpt-5-mini': 'fast' } }),
				access('anthropic', { kind: 'anthropic', provider: 'anthropic' }),
				access('router', { ...custom, provider: 'openrouter', models: { 'gpt-5-nano': 'openai/gpt-5-nano' } }),
			],
			when: 'always',
		},
		watchConfig: false,
	});
});
afterEach(async () => {
	await running.close();
	await witness.close();
	project.remove();
});

async function post(path: string, change: object) {
	const body = { model: 'gpt-5-mini', ...change };
	const response = await fetch(`${running.url}${path}`, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	});
	const get = (name: string) => response.headers.get(`x-switchyard-${name}`);
	const told = { status: response.status, text: await response.text(), deployment: get('deployment') };
	return { ...told, model: get('model'), dropped: get('dropped') };
}

const TURN = { messages: [{ role: 'user', content: 'Hi.' }], max_tokens: 20 };
const chat = (change: object) => post('/v1/chat/completions', { ...TURN, ...change });

/** The first part of the path of each call, which is the deployment's id. */
const called = () => witness.requests.map(({ path }) => path.split('/')[1]);

function failAt(...ids: string[]): void {
	witness.answer = (response, request) => {
		if (ids.includes(request.path.split('/')[1] ?? ''))
			answerJson(response, { error: { message: 'no' } }, { status: 401 });
		else answerJson(response, goodAnswer(request));
	};
}

describe('where a request may go, in OpenRouter’s words', () => {
	it.each([
		['only', { only: ['azure'] }, 'azure'],
		['ignore', { ignore: ['OpenAI', 'groq'] }, 'azure'],
		['order', { order: ['groq', 'azure'] }, 'groq'],
		['a name of OpenRouter’s, and one that nobody has', { order: ['deepinfra/fp8', 'groq'] }, 'groq'],
	])('%s is kept to', async (_name, provider, deployment) => {
		for (let count = 0; count < 4; count += 1)
			expect(await chat({ provider })).toMatchObject({ status: 200, deployment, dropped: null });
		expect(new Set(called())).toEqual(new Set([deployment]));
	});

	it('an order is followed when its first fails, and the others come after it', async () => {
		failAt('groq', 'azure');
		expect(await chat({ provider: { order: ['groq', 'azure'] } })).toMatchObject({ status: 200, deployment: 'openai' });
		expect([...new Set(called())]).toEqual(['groq', 'azure', 'openai']);
	});

	it('without fallbacks nothing but the order is tried', async () => {
		failAt('groq', 'azure');
		const { status } = await chat({ provider: { order: ['groq', 'azure'], allow_fallbacks: false } });
		expect(status).toBeGreaterThanOrEqual(500);
		expect(new Set(called())).toEqual(new Set(['groq', 'azure']));
	});

	it('without fallbacks and without an order the first deployment alone is tried, and no other model', async () => {
		failAt('openai');
		expect((await chat({ provider: { allow_fallbacks: false } })).status).toBeGreaterThanOrEqual(500);
		expect(new Set(called())).toEqual(new Set(['openai']));
	});

	it('nothing is called where nobody is allowed, and the error says why', async () => {
		const { status, text } = await chat({ provider: { only: ['deepinfra'] } });
		expect(status).toBe(422);
		expect(text).toContain('has no deployment that \\"provider\\" in the request allows');
		expect(witness.requests).toEqual([]);
	});

	it('a highest price holds for the model, and for those it would move on to', async () => {
		const { status, text } = await chat({ provider: { max_price: { prompt: 0.01 } } });
		expect(status).toBe(422);
		expect(text).toContain('provider.max_price');
		failAt('openai', 'azure', 'groq');
		const dear = { fallbacks: ['gpt-5.5'], provider: { max_price: { prompt: 1, completion: 4 } } };
		const { fallbacks, ...rest } = dear;
		await chat({ ...rest, models: ['gpt-5-mini', ...fallbacks] });
		expect(JSON.stringify(witness.requests)).not.toContain('gpt-5.5');
	});

	it('a wish that deployments cannot be judged by is named, and never reaches a provider that would refuse it', async () => {
		const provider = {
			data_collection: 'deny',
			quantizations: ['fp8'],
			sort: 'price',
			max_price: { prompt: 9, image: 1 },
		};
		const { dropped, status } = await chat({ provider: { ...provider, only: ['openai'] } });
		expect(status).toBe(200);
		expect(dropped?.split(', ').sort()).toEqual(
			['provider.data_collection', 'provider.max_price.image', 'provider.quantizations', 'provider.sort'].sort(),
		);
		const sent = JSON.parse(witness.requests[0]?.body ?? '');
		expect(sent).not.toHaveProperty('provider');
		expect(sent).not.toHaveProperty('models');
	});

	it('OpenRouter itself gets all of it', async () => {
		const provider = { order: ['deepinfra'], quantizations: ['fp8'], only: ['moonshotai/fp8'] };
		const { deployment, dropped, status } = await chat({ model: 'gpt-5-nano', provider });
		expect({ deployment, dropped, status }).toEqual({ deployment: 'router', dropped: null, status: 200 });
		expect(JSON.parse(witness.requests[0]?.body ?? '')).toMatchObject({ model: 'openai/gpt-5-nano', provider });
	});

	it.each([
		[{ provider: { only: 'openai' } }, 'provider.only must be a list'],
		[{ provider: { allow_fallbacks: 'no' } }, 'provider.allow_fallbacks must be true or false'],
		[{ provider: { max_price: { prompt: 'cheap' } } }, 'provider.max_price.prompt must be USD'],
		[{ models: [7] }, 'models must be a list'],
	])('%j is refused with the field', async (change, message) => {
		const { status, text } = await chat(change);
		expect(status).toBe(400);
		expect(text).toContain(message);
		expect(witness.requests).toEqual([]);
	});
});

describe('a list of models', () => {
	it('is followed in its order, across providers, and no other model answers', async () => {
		failAt('openai', 'azure', 'groq');
		const { model, status } = await chat({ models: ['openai/gpt-5-mini', 'anthropic/claude-haiku-4.5'] });
		expect({ model, status }).toEqual({ model: 'haiku', status: 200 });
		failAt('openai', 'azure', 'groq', 'anthropic', 'router');
		witness.requests.length = 0;
		expect((await chat({ models: ['gpt-5-mini', 'haiku'] })).status).toBeGreaterThanOrEqual(500);
		expect(called()).not.toContain('router');
	});

	it('needs no model beside it, and passes over what nobody here serves, which is named', async () => {
		const { dropped, model, status } = await chat({
			model: undefined,
			models: ['meta/llama-9', 'haiku', 'gpt-5-mini'],
		});
		expect({ dropped, model, status }).toEqual({ dropped: 'models[0]', model: 'haiku', status: 200 });
	});

	it('longer than one request may try is named from there on', async () => {
		const models = ['gpt-5-mini', 'meta/llama-9', 'haiku', 'gpt-5-nano', 'sonnet', 'opus'];
		failAt('openai', 'azure', 'groq', 'anthropic', 'router');
		const failed = await chat({ models });
		expect(failed.status).toBeGreaterThanOrEqual(500);
		expect(called().at(-1)).toBe('router'); // the third
		failAt();
		expect(await chat({ models })).toMatchObject({ status: 200, dropped: 'models[1], models[4], models[5]' });
	});

	it.each(['auto', 'auto[1m]', 'claude-switchyard/auto:cheap'])(
		'leaves the choice to the router for %s',
		async (asked) => {
			const { dropped, status } = await chat({ model: asked, models: ['haiku'] });
			expect({ dropped, status }).toEqual({ dropped: null, status: 200 });
		},
	);

	it('of which nobody serves any is refused by name', async () => {
		const { status, text } = await chat({ model: undefined, models: ['meta/llama-9'] });
		expect(status).toBe(404);
		expect(text).toContain('llama-9');
	});
});

describe.each([
	['/v1/messages', TURN],
	['/v1/responses', { input: 'Hi.', max_output_tokens: 20 }],
])('%s', (path, turn) => {
	it.each([
		['its own provider', ['openai', 'anthropic']],
		['another one', ['groq']],
	])('keeps to where a request may go at %s, and names what cannot be followed', async (_name, only) => {
		const model = path === '/v1/messages' && only.length > 1 ? 'haiku' : 'gpt-5-mini';
		const provider = { only, data_collection: 'deny' };
		const { deployment, dropped, status } = await post(path, { ...turn, model, models: ['meta/llama-9'], provider });
		expect(status).toBe(200);
		expect(only).toContain(deployment);
		expect(dropped?.split(', ')).toEqual(expect.arrayContaining(['models[0]', 'provider.data_collection']));
		const sent = JSON.parse(witness.requests[0]?.body ?? '');
		expect(sent).not.toHaveProperty('provider');
		expect(sent).not.toHaveProperty('models');
	});

	it('falls back to the models that are named, in their order', async () => {
		failAt('openai', 'azure', 'groq');
		const { model, status } = await post(path, {
			...turn,
			models: ['openai/gpt-5-mini', 'anthropic/claude-haiku-4.5'],
		});
		expect({ model, status }).toEqual({ model: 'haiku', status: 200 });
	});
});
