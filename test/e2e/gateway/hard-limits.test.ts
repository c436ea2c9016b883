import { afterEach, describe, expect, it } from 'vitest';
import { createKey } from '../../../src/gateway/index.ts';
import type { SimulatedRequest } from '../../../src/testing/index.ts';
import { inventedModel } from '../../support/open-scripted-gateway.ts';
import { openSimulatedGateway, type SimulatedGateway } from '../../support/open-simulated-gateway.ts';

const HAIKU = { model: 'haiku', messages: [{ role: 'user', content: 'Private text.' }] };
const FAST = { enabled: true, maxAttempts: 3, timeout: 60_000 };

let opened: SimulatedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

/** A gateway whose models of Anthropic are refused; all others answer. */
async function open(settings: object = {}): Promise<SimulatedGateway> {
	const answerWith = ({ path }: SimulatedRequest) =>
		path.includes('/messages') ? { afterwards: '403' as const } : null;
	opened = await openSimulatedGateway(settings, { simulator: { answerWith, retryAfterSeconds: null } });
	return opened;
}

const calledModels = ({ simulator }: SimulatedGateway): string[] => [
	...new Set(simulator.requests.map(({ model }) => model)),
];

/** The headers of a key that may use these models. */
async function keyFor(gateway: SimulatedGateway, allowedModels: string[]): Promise<Record<string, string>> {
	const { keys } = await gateway.gateway.gateway.runtime.system.storage();
	const { token } = await createKey(keys, { name: 'limited', allowedModels }, Date.now());
	return { authorization: `Bearer ${token}` };
}

const HAIKU_ID = 'claude-haiku-4-5-20251001';

describe('when the model does not answer, nobody else gets the text', () => {
	it.each([
		['by the plan', {}],
		['by fallbacks that the operator set', { fallbacks: { haiku: ['gpt-4.1'] } }],
	])('of a key that may use that model only, %s', async (_how, settings) => {
		const gateway = await open({ fallback: FAST, ...settings });
		const { response } = await gateway.post('/v1/chat/completions', HAIKU, await keyFor(gateway, ['haiku']));
		expect(response.status).toBe(502);
		expect(calledModels(gateway)).toEqual([HAIKU_ID]);
	});

	it('of a request that allows that model only', async () => {
		const gateway = await open({ fallback: FAST });
		await gateway.post('/v1/chat/completions', HAIKU, { 'x-switchyard-allowed-models': 'haiku' });
		expect(calledModels(gateway)).toEqual([HAIKU_ID]);
	});

	it('of a request that excludes the other providers', async () => {
		const gateway = await open({ fallback: FAST, fallbacks: { haiku: ['gpt-4.1', 'gemini-3.8-flash'] } });
		await gateway.post('/v1/chat/completions', HAIKU, { 'x-switchyard-excluded-providers': 'openai, google' });
		expect(calledModels(gateway).every((model) => model.startsWith('claude-'))).toBe(true);
	});

	it.each([{ 'x-switchyard-excluded-providers': 'Anthropic' }, { 'x-switchyard-allowed-providers': 'OpenAI' }])(
		'of a request whose limit names a provider in other letters: %j',
		async (headers) => {
			const gateway = await open({ fallback: FAST });
			const { response, text } = await gateway.post('/v1/chat/completions', HAIKU, headers);
			expect([response.status, text]).toEqual([422, expect.stringContaining('provider anthropic is')]);
			expect(calledModels(gateway)).toEqual([]);
		},
	);

	it('of a request whose excluded provider is mistyped: it is told instead', async () => {
		const gateway = await open({ fallback: FAST });
		for (const [path, body] of [
			['/v1/chat/completions', HAIKU],
			['/v1/messages/count_tokens', HAIKU],
			['/v1/embeddings', { model: 'text-embedding-3-small', input: 'Private text.' }],
		] as const) {
			const headers = { 'x-switchyard-excluded-providers': 'anthropicc' };
			const { response, text } = await gateway.post(path, body, headers);
			expect([path, response.status, text]).toEqual([
				path,
				400,
				expect.stringMatching(/anthropicc.*did you mean \W*anthropic\W/),
			]);
		}
		expect(calledModels(gateway)).toEqual([]);
	});

	it('where fallbacks are switched off', async () => {
		const gateway = await open({ fallback: { ...FAST, enabled: false, maxAttempts: 1 } });
		await gateway.post('/v1/chat/completions', HAIKU);
		expect(calledModels(gateway)).toEqual([HAIKU_ID]);
	});
});

it('no retired model is called where default fallbacks name it', async () => {
	const gateway = await open({ fallback: { ...FAST, maxAttempts: 1 } });
	for (const model of ['opus', 'sonnet', 'haiku']) await gateway.post('/v1/chat/completions', { ...HAIKU, model });
	expect(calledModels(gateway).filter((model) => /gpt-3\.5|gpt-4-|gemini-1\.5/.test(model))).toEqual([]);
});

describe('embeddings and token counts keep to the caller’s limits too', () => {
	it('an embedding model whose provider the caller excludes is refused with the reason, and not called', async () => {
		const gateway = await open();
		const body = { model: 'text-embedding-3-small', input: 'Private text.' };
		for (const headers of [
			{ 'x-switchyard-excluded-providers': 'openai' },
			{ 'x-switchyard-allowed-models': 'gemini-embedding-001' },
		]) {
			const { response, text } = await gateway.post('/v1/embeddings', body, headers);
			expect([response.status, text]).toEqual([422, expect.stringContaining('text-embedding-3-small')]);
		}
		expect(gateway.simulator.requests).toHaveLength(0);
	});

	it('a text is not sent to be counted where the caller or the calendar does not allow its provider', async () => {
		const gateway = await open();
		const count = (model: string, headers = {}) =>
			gateway.post('/v1/messages/count_tokens', { ...HAIKU, model }, headers);
		await count('haiku', { 'x-switchyard-excluded-models': 'haiku' });
		await count('haiku', { 'x-switchyard-allowed-providers': 'google' });
		expect(gateway.simulator.requests).toHaveLength(0);
		await count('haiku', { 'x-switchyard-allowed-models': 'haiku' });
		expect(gateway.simulator.requests).toHaveLength(1);
	});
});

describe('a model of short answers is called for a long task where the caller wants no more than it can write', () => {
	const task = 'Design the architecture of a distributed payment system and implement every module with tests';
	const messages = [{ role: 'user', content: task }];
	const contents = [{ role: 'user', parts: [{ text: task }] }];
	it.each([
		['/v1/chat/completions', { messages, max_tokens: 900 }, { messages }],
		['/v1/messages', { messages, max_tokens: 900 }, { messages, max_tokens: 60_000 }],
		['/v1/responses', { input: task, max_output_tokens: 900 }, { input: task }],
		[
			'/v1beta/models/short:generateContent',
			{ contents, generationConfig: { maxOutputTokens: 900 } },
			{ contents, generationConfig: {} },
		],
	])('%s', async (path, limited, unlimited) => {
		opened = await openSimulatedGateway({
			models: [inventedModel('short', { provider: 'openai', maxOutputTokens: 1000 })],
		});
		const { response, text } = await opened.post(path, { model: 'short', ...limited });
		expect([response.status, response.headers.get('x-switchyard-model'), text]).toEqual([
			200,
			'short',
			expect.anything(),
		]);
		const refused = await opened.post(path, { model: 'short', ...unlimited });
		expect([refused.response.status, refused.text]).toEqual([422, expect.stringContaining('over its limit of 1000')]);
	});
});
