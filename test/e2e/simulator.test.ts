import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recogniseUsage } from '../../src/protocol/index.ts';
import { createProviders } from '../../src/providers/index.ts';
import { type ProviderSimulator, startProviderSimulator } from '../../src/testing.ts';

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

describe('our own providers', () => {
	const request = { modelId: 'm', messages, maxOutputTokens: 100 };

	it.each(['anthropic', 'openai', 'google'] as const)(
		'%s: answers with text, usage and why it stopped',
		async (name) => {
			const baseUrl = name === 'openai' ? `${simulator.url}/v1` : simulator.url;
			const provider = createProviders({ [name]: { apiKey: 'sk-secret-canary', baseUrl } }).get(name);
			const answer = await provider?.generate(request);
			expect(answer).toMatchObject({ text: expect.stringContaining('Say hello'), finishReason: 'stop' });
			expect(answer?.usage.outputTokens).toBeGreaterThan(10);
			await expect(provider?.generate({ ...request, modelId: 'refuser' })).rejects.toMatchObject({
				details: { errorType: 'content_filter' },
			});
		},
	);

	it('turns every broken answer into an error that says what was wrong, and never shows the key', async () => {
		const provider = createProviders({ anthropic: { apiKey: 'sk-secret-canary', baseUrl: simulator.url } }).get(
			'anthropic',
		);
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
			const error = await provider?.generate({ ...request, modelId: 'broken' }).catch((caught: unknown) => caught);
			expect(error).toMatchObject({ code: 'ROUTER_PROVIDER_CALL' });
			expect(String(error)).toMatch(pattern);
			expect(JSON.stringify(error) + String(error)).not.toContain('canary');
		}
	});

	it('passes an abort on as it is, so that it is never retried', async () => {
		const provider = createProviders({ anthropic: { apiKey: 'x', baseUrl: simulator.url } }).get('anthropic');
		await expect(provider?.generate({ ...request, signal: AbortSignal.abort() })).rejects.toMatchObject({
			name: 'AbortError',
		});
	});
});
