import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import { generateText } from 'ai';
import OpenAI from 'openai';
import { afterEach, describe, expect, it } from 'vitest';
import { openScriptedGateway, type ScriptedGateway, sendJson } from '../../../support/scripted-providers.ts';

let opened: ScriptedGateway | null = null;
afterEach(async () => {
	await opened?.close();
	opened = null;
});

type Config = Parameters<typeof openScriptedGateway>[1];
type Script = Parameters<typeof openScriptedGateway>[0];

const SPENT: Config = { budget: { dailyLimit: 0.000_001 } };
const NEEDS_KEY: Config = { gateway: { requireKey: true } };
const never: Script = (_call, response) => sendJson(response, 200, {});
const refuses =
	(status: number, body: object): Script =>
	(_call, response) =>
		sendJson(response, status, body, { 'retry-after': '0' });

const messages = [{ role: 'user' as const, content: 'Say hello.' }];

/** Counts what an SDK sends. */
function countingFetch() {
	const counted = { requests: 0, fetch };
	counted.fetch = (...call) => {
		counted.requests += 1;
		return fetch(...call);
	};
	return counted;
}

/** Asks with an SDK as it comes, repetitions included: how often it has sent, and the error it shows. */
async function ask(sdk: 'openai-chat' | 'openai-responses' | 'anthropic', model: string) {
	const counted = countingFetch();
	const at = { apiKey: 'wrong', fetch: counted.fetch };
	const openai = new OpenAI({ ...at, baseURL: `${opened?.url}/v1` });
	const anthropic = new Anthropic({ ...at, baseURL: opened?.url ?? null });
	const calls = {
		'openai-chat': () => openai.chat.completions.create({ model, messages }),
		'openai-responses': () => openai.responses.create({ model, input: 'Say hello.' }),
		anthropic: () => anthropic.messages.create({ model, max_tokens: 9, messages }),
	};
	const error = await calls[sdk]().then(
		() => null,
		(reason: unknown) => reason,
	);
	const isApiError = error instanceof OpenAI.APIError || error instanceof Anthropic.APIError;
	return { requests: counted.requests, status: isApiError ? error.status : null, error };
}

describe('an SDK shows at once what it could only repeat in vain', () => {
	it.each([
		['a budget that is used up', 'openai-chat', 429, SPENT, never],
		['a budget that is used up', 'openai-responses', 429, SPENT, never],
		['a budget that is used up', 'anthropic', 402, SPENT, never],
		['a key that is not known', 'openai-chat', 401, NEEDS_KEY, never],
		['a key that is not known', 'anthropic', 401, NEEDS_KEY, never],
		['a key of the gateway’s that is refused', 'openai-chat', 502, {}, refuses(401, { error: { message: 'bad key' } })],
		['a key of the gateway’s that is refused', 'anthropic', 502, {}, refuses(401, { error: { message: 'bad key' } })],
		['a request that is refused', 'anthropic', 400, {}, refuses(400, { error: { message: 'no' } })],
	] as const)('%s, with %s: %i', async (_what, sdk, status, config, script) => {
		opened = await openScriptedGateway(script, config);
		expect(await ask(sdk, 'my-local')).toMatchObject({ requests: 1, status });
	});

	// A gateway of its own for each: six failures open the circuit, and the SDK would wait until it is tried again.
	it.each(['openai-chat', 'anthropic'] as const)('but goes on repeating what may pass, with %s', async (sdk) => {
		opened = await openScriptedGateway(refuses(503, { error: { message: 'busy' } }), {
			fallback: { enabled: false, maxAttempts: 1 },
		});
		expect(await ask(sdk, 'my-local')).toMatchObject({ requests: 3, status: 503 });
	});
});

it('OpenAI’s SDK names a budget that is used up by the code that its users look for', async () => {
	opened = await openScriptedGateway(never, SPENT);
	const { error } = await ask('openai-chat', 'my-local');
	expect(error).toMatchObject({ code: 'insufficient_quota', type: 'insufficient_quota' });
	expect(String(error)).toContain('Daily budget exceeded');
});

it('the AI SDK, which repeats every 429, shows a budget that is used up at once', async () => {
	opened = await openScriptedGateway(never, SPENT);
	const counted = countingFetch();
	const provider = createOpenAI({ apiKey: 'none', baseURL: `${opened.url}/v1`, fetch: counted.fetch });
	const models = [provider.chat('my-local'), provider.responses('my-local')];
	for (const model of models) {
		const asked = generateText({ model, prompt: 'Say hello.' });
		await expect(asked).rejects.toMatchObject({ statusCode: 402, data: { error: { code: 'insufficient_quota' } } });
	}
	expect(counted.requests).toBe(models.length);
});

it.each(['QwenCode/0.24.4 (linux; x64)', 'opencode/1.18.33 ai-sdk/provider-utils/4.0.40 runtime/bun/1.3.14'])(
	'%s ends at a budget that is used up',
	async (agent) => {
		opened = await openScriptedGateway(never, SPENT);
		const body = { model: 'my-local', messages: [{ role: 'user', content: 'hi' }] };
		const { error, status } = await opened.post('/v1/chat/completions', body, { 'user-agent': agent });
		expect(error['message']).toContain(agent.startsWith('opencode') ? 'The daily budget' : '$');
		expect({ status, code: error['code'] }).toEqual({ status: 402, code: 'insufficient_quota' });
	},
);

it('Codex says when it goes on, and is not made to wait for it', async () => {
	opened = await openScriptedGateway(never, SPENT);
	const codex = { originator: 'codex_exec', 'user-agent': 'codex_exec/0.80.0' };
	const { error, headers, status } = await opened.post('/v1/responses', { model: 'my-local', input: 'hi' }, codex);
	expect(status).toBe(429);
	expect(error).toMatchObject({ type: 'usage_limit_reached', resets_at: expect.any(Number) });
	expect(Number(error['resets_at'])).toBeGreaterThan(Date.now() / 1000);
	// the day ends later than a request may take, but for its last minutes
	const isNear = Number(error['resets_in_seconds']) < 600;
	expect(headers.get('retry-after') === null).toBe(!isNear);
	expect(headers.get('x-switchyard-resets-at') === null).toBe(isNear);
});

it('Google’s SDK shows a budget that is used up at once', async () => {
	opened = await openScriptedGateway(never, SPENT);
	const client = new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl: opened.url } });
	const asked = client.models.generateContent({ model: 'my-local', contents: 'Say hello.' });
	await expect(asked).rejects.toMatchObject({ status: 402 });
});
