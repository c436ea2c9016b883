import { afterAll, expect, it } from 'vitest';
import { BUILTIN_MODELS, createModelCatalog, priceUsage, resolvePricing } from '../../catalog/index.ts';
import type { Provider } from '../../contracts/index.ts';
import { createPromptCaching } from '../../index.ts';
import { startProviderSimulator } from '../../testing/index.ts';
import { createAnthropicProvider } from './index.ts';

const MODEL = 'claude-sonnet-4-5-20250929';
const simulator = await startProviderSimulator();
afterAll(() => simulator.close());
const access = { apiKey: 'simulated', baseUrl: simulator.url };
const pricing = resolvePricing(createModelCatalog(BUILTIN_MODELS).get('sonnet'));

/** A conversation of twelve requests under a system prompt of about 4,000 tokens; what its input cost, nano-dollars. */
async function converse(provider: Provider, name: string): Promise<{ nano: number; read: number; written: number }> {
	const system = `${name} knows this. `.repeat(900);
	const messages: Array<{ role: 'user' | 'assistant'; content: string }> = [];
	const sum = { nano: 0, read: 0, written: 0 };
	for (let turn = 0; turn < 12; turn += 1) {
		messages.push({ role: 'user', content: `Question ${turn}: ${'and then? '.repeat(200)}` });
		const { usage, text } = await provider.generate({ modelId: MODEL, system, messages, maxOutputTokens: 100 });
		messages.push({ role: 'assistant', content: text });
		sum.read += usage.cacheReadTokens;
		sum.written += usage.cacheWrite5mTokens;
		if (pricing !== null) sum.nano += priceUsage({ ...usage, outputTokens: 0 }, pricing, Date.now()).totalNanoUsd;
	}
	return sum;
}

it('a conversation with marks costs less than half for its input, and the usage says what was read and written', async () => {
	const plain = await converse(createAnthropicProvider(access), 'One');
	const markCache = createPromptCaching({ models: BUILTIN_MODELS });
	const marked = await converse(createAnthropicProvider(access, { markCache }), 'Two');
	expect([plain.read, plain.written]).toEqual([0, 0]);
	expect(marked.read).toBeGreaterThan(marked.written);
	expect(marked.nano).toBeLessThan(plain.nano / 2);
});

it('single requests are sent as they are, so nothing is paid for a cache that nobody reads', async () => {
	const markCache = createPromptCaching({ models: BUILTIN_MODELS });
	const provider = createAnthropicProvider(access, { markCache });
	for (let task = 0; task < 5; task += 1) {
		const content = `Task ${task}: ${'some words '.repeat(2000)}`;
		const { usage } = await provider.generate({
			modelId: MODEL,
			messages: [{ role: 'user', content }],
			maxOutputTokens: 100,
		});
		expect([usage.cacheReadTokens, usage.cacheWrite5mTokens]).toEqual([0, 0]);
	}
	expect(JSON.stringify(simulator.requests.slice(-5))).not.toContain('cache_control');
});
