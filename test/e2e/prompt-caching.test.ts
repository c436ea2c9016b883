import { afterAll, expect, it } from 'vitest';
import { createModelCatalog, priceUsage, resolvePricing } from '../../src/catalog/index.ts';
import {
	createPromptCaching,
	DEFAULT_MODEL_PROFILES,
	type PromptCaching,
	recogniseUsage,
	type Usage,
} from '../../src/index.ts';
import { startProviderSimulator } from '../../src/testing.ts';

const MODEL = 'claude-sonnet-4-5-20250929';
const simulator = await startProviderSimulator();
afterAll(() => simulator.close());
const pricing = resolvePricing(createModelCatalog(DEFAULT_MODEL_PROFILES).get('sonnet'));

interface Message {
	role: 'user' | 'assistant';
	content: string;
}

/** Sends a request to Anthropic's Messages API as a client of one's own would. */
async function send(
	request: { system?: string; messages: readonly Message[] },
	markCache: PromptCaching = (body) => body,
): Promise<{ usage: Usage; text: string }> {
	const body = markCache({ model: MODEL, max_tokens: 100, ...request });
	const headers = { 'content-type': 'application/json', 'x-api-key': 'simulated', 'anthropic-version': '2023-06-01' };
	const url = `${simulator.url}/v1/messages`;
	const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
	const answer = (await response.json()) as { content: [{ text: string }] };
	const usage = recogniseUsage(answer)?.usage;
	if (usage === undefined) throw new Error('no usage');
	return { usage, text: answer.content[0].text };
}

/** A conversation of twelve requests under a system prompt of about 4,000 tokens; what its input cost, nano-dollars. */
async function converse(
	name: string,
	markCache?: PromptCaching,
): Promise<{ nano: number; read: number; written: number }> {
	const system = `${name} knows this. `.repeat(900);
	const messages: Message[] = [];
	const sum = { nano: 0, read: 0, written: 0 };
	for (let turn = 0; turn < 12; turn += 1) {
		messages.push({ role: 'user', content: `Question ${turn}: ${'and then? '.repeat(200)}` });
		const { usage, text } = await send({ system, messages }, markCache);
		messages.push({ role: 'assistant', content: text });
		sum.read += usage.cacheReadTokens;
		sum.written += usage.cacheWrite5mTokens;
		if (pricing !== null) sum.nano += priceUsage({ ...usage, outputTokens: 0 }, pricing, Date.now()).totalNanoUsd;
	}
	return sum;
}

it('a conversation with marks costs less than half for its input, and the usage says what was read and written', async () => {
	const plain = await converse('One');
	const marked = await converse('Two', createPromptCaching({ models: DEFAULT_MODEL_PROFILES }));
	expect([plain.read, plain.written]).toEqual([0, 0]);
	expect(marked.read).toBeGreaterThan(marked.written);
	expect(marked.nano).toBeLessThan(plain.nano / 2);
});

it('single requests are sent as they are, so nothing is paid for a cache that nobody reads', async () => {
	const markCache = createPromptCaching({ models: DEFAULT_MODEL_PROFILES });
	for (let task = 0; task < 5; task += 1) {
		const content = `Task ${task}: ${'some words '.repeat(2000)}`;
		const { usage } = await send({ messages: [{ role: 'user', content }] }, markCache);
		expect([usage.cacheReadTokens, usage.cacheWrite5mTokens]).toEqual([0, 0]);
	}
	expect(JSON.stringify(simulator.requests.slice(-5))).not.toContain('cache_control');
});
