import type { LanguageModelV4Prompt } from '@ai-sdk/provider';
import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recogniseUsage } from '../../src/protocol/index.ts';
import { convertSdkError, createDeployments, createUpstreamTarget } from '../../src/providers/index.ts';
import { type ProviderSimulator, type SimulatedModel, startProviderSimulator } from '../../src/testing.ts';

let simulator: ProviderSimulator;
beforeEach(async () => {
	simulator = await startProviderSimulator({
		models: {
			limited: { schedule: ['429'] },
			thinker: { cachedTokens: 100, reasoningTokens: 40 },
			refuser: { schedule: ['content-filter'] },
			broken: { schedule: ['garbage', 'html', 'empty', 'reset', '529', '401', 'context-too-long'] },
			cut: { schedule: ['cut'] },
		},
	});
});
afterEach(async () => {
	await simulator.close();
});

const messages = [{ role: 'user' as const, content: 'Say hello to the tests' }];

describe('the official SDKs cannot tell the simulator from their provider', () => {
	it('Anthropic: text, stream, usage, error', async () => {
		const client = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		const message = await client.messages.create({ model: 'thinker', max_tokens: 100, messages });
		expect(message.content[0]).toMatchObject({
			type: 'text',
			text: expect.stringContaining('Simulated answer from thinker'),
		});
		expect(recogniseUsage(message)).toMatchObject({ format: 'anthropic-messages', usage: { cacheReadTokens: 100 } });
		const stream = client.messages.stream({ model: 'streamed', max_tokens: 100, messages });
		expect(await stream.finalText()).toContain('Say hello to the tests');
		await expect(client.messages.create({ model: 'limited', max_tokens: 1, messages })).rejects.toMatchObject({
			status: 429,
		});
		await expect(client.messages.stream({ model: 'cut', max_tokens: 100, messages }).finalText()).rejects.toThrow();
	});

	it('OpenAI: chat, responses, streams, usage, error', async () => {
		const client = new OpenAI({ apiKey: 'x', baseURL: `${simulator.url}/v1`, maxRetries: 0 });
		const completion = await client.chat.completions.create({ model: 'thinker', messages });
		expect(completion.choices[0]?.message.content).toContain('Say hello');
		expect(recogniseUsage(completion)).toMatchObject({
			format: 'openai-chat',
			usage: { cacheReadTokens: 100, reasoningTokens: 40 },
		});
		let text = '';
		for await (const chunk of await client.chat.completions.create({ model: 'streamed', messages, stream: true })) {
			text += chunk.choices[0]?.delta.content ?? '';
		}
		expect(text).toContain('Say hello to the tests');
		const response = await client.responses.create({ model: 'thinker', input: 'Say hello' });
		expect(response.output_text).toContain('Say hello');
		expect(recogniseUsage(response)).toMatchObject({ format: 'openai-responses', usage: { reasoningTokens: 40 } });
		let streamed = '';
		for await (const event of await client.responses.create({ model: 'streamed', input: 'Say hello', stream: true })) {
			if (event.type === 'response.output_text.delta') streamed += event.delta;
		}
		expect(streamed).toContain('Say hello');
		await expect(client.chat.completions.create({ model: 'limited', messages })).rejects.toMatchObject({ status: 429 });
	});

	it('Gemini: text, stream, usage, error', async () => {
		const client = new GoogleGenAI({ apiKey: 'x', httpOptions: { baseUrl: simulator.url } });
		const answer = await client.models.generateContent({ model: 'thinker', contents: 'Say hello' });
		expect(answer.text).toContain('Say hello');
		expect(recogniseUsage(answer)).toMatchObject({
			format: 'gemini',
			usage: { cacheReadTokens: 100, reasoningTokens: 40 },
		});
		let text = '';
		for await (const chunk of await client.models.generateContentStream({ model: 'streamed', contents: 'Say hello' })) {
			text += chunk.text ?? '';
		}
		expect(text).toContain('Say hello');
		await expect(client.models.generateContent({ model: 'limited', contents: 'x' })).rejects.toThrow(/429|Rate limit/);
	});
});

describe('our own deployments', () => {
	const prompt: LanguageModelV4Prompt = [{ role: 'user', content: [{ type: 'text', text: 'Say hello' }] }];
	const call = { maxOutputTokens: 100, prompt };

	function createDeployment(kind: 'anthropic' | 'openai' | 'google') {
		const [deployment] = createDeployments([
			{
				id: kind,
				kind,
				credential: 'env:KEY',
				auth: 'api-key',
				apiKey: 'sk-secret-canary',
				baseUrl: kind === 'openai' ? `${simulator.url}/v1` : simulator.url,
				provider: kind,
				models: {},
			},
		]);
		if (deployment === undefined) throw new Error('no deployment');
		return deployment;
	}

	it.each(['anthropic', 'openai', 'google'] as const)(
		'%s: answers with text, usage and why it stopped',
		async (name) => {
			const deployment = createDeployment(name);
			const answer = await (await deployment.languageModel('m')).doGenerate(call);
			expect(answer).toMatchObject({
				content: expect.arrayContaining([
					expect.objectContaining({ type: 'text', text: expect.stringContaining('Say hello') }),
				]),
				finishReason: { unified: 'stop' },
			});
			expect(answer.usage.outputTokens.total).toBeGreaterThan(10);
			const refused = await (await deployment.languageModel('refuser')).doGenerate(call);
			expect(refused.finishReason.unified).toBe('content-filter');
		},
	);

	it('turns every broken answer into an error that says what was wrong, and never shows the key', async () => {
		const deployment = createDeployment('anthropic');
		const model = await deployment.languageModel('broken');
		const target = createUpstreamTarget(deployment, 'broken');
		const expected = [
			/not JSON/,
			/not JSON \(text\/html/,
			/nothing in it/,
			/could not be reached/,
			/529/,
			/401/,
			/prompt is too long/,
		];
		for (const pattern of expected) {
			const thrown = await Promise.resolve(model.doGenerate(call)).catch((caught: unknown) => caught);
			const error = convertSdkError(thrown, target);
			expect(error).toMatchObject({ code: 'ROUTER_PROVIDER_CALL' });
			expect(String(error)).toMatch(pattern);
			expect(JSON.stringify(error) + String(error)).not.toContain('canary');
		}
	});

	it('passes an abort on as it is, so that it is never retried', async () => {
		const deployment = createDeployment('anthropic');
		const model = await deployment.languageModel('m');
		const thrown = await Promise.resolve(model.doGenerate({ ...call, abortSignal: AbortSignal.abort() })).catch(
			(caught: unknown) => caught,
		);
		expect(convertSdkError(thrown, createUpstreamTarget(deployment, 'm'))).toMatchObject({ name: 'AbortError' });
	});
});

describe('what the simulator bills', () => {
	/** Leaves a stream after its first tokens, and waits until the simulator knows. */
	async function leave(model: string): Promise<{ outputTokens: number; whole: number }> {
		const text = 'word '.repeat(4000);
		simulator.script({
			stops: { text, tokensPerSecond: 1000 },
			goes: { text, tokensPerSecond: 1000, billsAfterDisconnect: true },
		});
		const client = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		const stream = await client.messages.create({ model, max_tokens: 1000, messages, stream: true });
		for await (const event of stream) if (event.type === 'content_block_delta') break;
		const [request] = simulator.requests;
		while (request?.endedAt === null) await new Promise((resolve) => setImmediate(resolve));
		return { outputTokens: request?.billed?.outputTokens ?? 0, whole: 1000 };
	}

	it('is what it wrote to the socket, where the client has left', async () => {
		const { outputTokens, whole } = await leave('stops');
		expect(outputTokens).toBeGreaterThan(0);
		expect(outputTokens).toBeLessThan(whole);
	});

	it('is the whole answer where it bills after a disconnect', async () => {
		const { outputTokens, whole } = await leave('goes');
		expect(outputTokens).toBe(whole);
	});

	it('is all that it writes, also beyond a limit that it ignores', async () => {
		simulator.script({ garrulous: { text: 'word '.repeat(400), ignoresLimit: true } });
		const client = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		const { usage } = await client.messages.create({ model: 'garrulous', max_tokens: 100, messages });
		expect(usage.output_tokens).toBe(500);
		expect(simulator.requests[0]?.billed).toMatchObject({ inputTokens: usage.input_tokens, outputTokens: 500 });
	});
});

describe('usage as it may also come', () => {
	const ask = async (model: SimulatedModel, more: object = {}) => {
		simulator.script({ scripted: model });
		const client = new Anthropic({ apiKey: 'x', baseURL: simulator.url, maxRetries: 0 });
		return await client.messages.create({ model: 'scripted', max_tokens: 1000, messages, ...more });
	};
	const billed = () => simulator.requests.at(-1)?.billed;

	it('the service and the searches that are billed are reported, and each search reads the input again', async () => {
		const tools = [{ type: 'web_search_20250305' as const, name: 'web_search' as const, max_uses: 2 }];
		const { usage } = await ask({ serviceTier: 'priority', searches: 5 }, { tools });
		expect(usage).toMatchObject({ service_tier: 'priority', server_tool_use: { web_search_requests: 2 } });
		const once = (await ask({})).usage.input_tokens;
		expect(usage.input_tokens).toBe(3 * once);
		expect(simulator.requests[0]?.billed).toMatchObject({ serviceTier: 'priority', perUse: { webSearch: 2 } });
	});

	it('none, or one that cannot be, while the bill is the true one', async () => {
		const without = await ask({ afterwards: 'no-usage' });
		expect(without.usage).toBeUndefined();
		expect(billed()?.outputTokens).toBeGreaterThan(10);
		const impossible = await ask({ afterwards: 'impossible-usage' });
		expect(impossible.usage.output_tokens).toBe(1e15);
		expect(billed()?.outputTokens).toBeLessThan(1000);
	});
});

describe('a simulator with a tokenizer and answers of its own', () => {
	it('counts and cuts by that tokenizer, and answers each request as it is told', async () => {
		const own = await startProviderSimulator({
			tokenizer: { countText: (text) => text.length, countInput: () => 77 },
			answerWith: ({ bodyText }) => (bodyText.includes('second') ? { text: 'b'.repeat(300) } : null),
			models: { m: { text: 'a' } },
		});
		const client = new Anthropic({ apiKey: 'x', baseURL: own.url, maxRetries: 0 });
		const ask = (content: string) =>
			client.messages.create({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content }] });
		expect(await ask('first')).toMatchObject({
			content: [{ text: 'a' }],
			usage: { input_tokens: 77, output_tokens: 1 },
		});
		const cut = await ask('second');
		await own.close();
		expect(cut).toMatchObject({ content: [{ text: 'b'.repeat(100) }], stop_reason: 'max_tokens' });
	});
});
