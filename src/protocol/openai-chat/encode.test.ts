import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { openAiChatFormat } from './index.ts';

const usage: LanguageModelV4Usage = {
	inputTokens: { total: 30, noCache: 20, cacheRead: 10, cacheWrite: undefined },
	outputTokens: { total: 12, text: 7, reasoning: 5 },
};
const facts = { id: 'x1', model: 'some-model', createdAt: 1_700_000_000_500, wantsUsage: true, request: {} };
const finish = (unified: 'stop' | 'tool-calls' | 'error' | 'interrupted'): LanguageModelV4StreamPart => ({
	type: 'finish',
	finishReason: { unified, raw: undefined },
	usage,
});

function encode(parts: readonly LanguageModelV4StreamPart[], more: Partial<typeof facts> = {}): string {
	const encoder = openAiChatFormat.createStreamEncoder({ ...facts, ...more });
	return parts.map((part) => encoder.push(part)).join('');
}

/** The official client, fed with what the encoder wrote. */
function clientOf(text: string): OpenAI {
	const answer = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
	return new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1/v1', fetch: answer, maxRetries: 0 });
}

const request = { model: 'auto', messages: [{ role: 'user' as const, content: 'hi' }] };

describe('a neutral stream reads as a chat completion in the official client', () => {
	it('gives text, reasoning, usage and the reason it stopped', async () => {
		const text = encode([
			{ type: 'stream-start', warnings: [] },
			{ type: 'reasoning-start', id: 'r' },
			{ type: 'reasoning-delta', id: 'r', delta: 'hm' },
			{ type: 'reasoning-end', id: 'r' },
			{ type: 'text-start', id: 't' },
			{ type: 'text-delta', id: 't', delta: 'Hello ' },
			{ type: 'text-delta', id: 't', delta: '👋' },
			{ type: 'text-end', id: 't' },
			finish('stop'),
		]);
		const chunks = [];
		for await (const chunk of await clientOf(text).chat.completions.create({ ...request, stream: true }))
			chunks.push(chunk);
		expect(chunks[0]).toMatchObject({
			id: 'chatcmpl-x1',
			created: 1_700_000_000,
			model: 'some-model',
			choices: [{ delta: { role: 'assistant' }, finish_reason: null }],
		});
		expect(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('')).toBe('Hello 👋');
		expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
		expect(chunks.at(-1)).toMatchObject({
			choices: [],
			usage: {
				prompt_tokens: 30,
				completion_tokens: 12,
				total_tokens: 42,
				prompt_tokens_details: { cached_tokens: 10 },
				completion_tokens_details: { reasoning_tokens: 5 },
			},
		});
		const final = await clientOf(text).chat.completions.stream(request).finalChatCompletion();
		expect(final.choices[0]?.message).toMatchObject({
			role: 'assistant',
			content: 'Hello 👋',
			reasoning_content: 'hm',
		});
		expect(final.usage?.total_tokens).toBe(42);
	});

	it('keeps parallel tool calls apart however their pieces are mixed', async () => {
		const piece = fc.constantFrom('{', '"a"', ':1', '}', '"é"');
		const order = fc.array(fc.tuple(fc.constantFrom('one', 'two', 'three'), piece), { maxLength: 20 });
		await fc.assert(
			fc.asyncProperty(order, async (pieces) => {
				const ids = ['one', 'two', 'three'];
				const inputOf = (id: string) => pieces.flatMap(([of, delta]) => (of === id ? [delta] : [])).join('');
				const parts: LanguageModelV4StreamPart[] = [
					...ids.map((id) => ({ type: 'tool-input-start' as const, id, toolName: `tool-${id}` })),
					...pieces.map(([id, delta]) => ({ type: 'tool-input-delta' as const, id, delta })),
					...ids.map((id) => ({
						type: 'tool-call' as const,
						toolCallId: id,
						toolName: `tool-${id}`,
						input: inputOf(id) || '{}',
					})),
					finish('tool-calls'),
				];
				const final = await clientOf(encode(parts)).chat.completions.stream(request).finalChatCompletion();
				expect(final.choices[0]?.finish_reason).toBe('tool_calls');
				expect(final.choices[0]?.message.tool_calls).toMatchObject(
					ids.map((id) => ({ id, type: 'function', function: { name: `tool-${id}`, arguments: inputOf(id) || '{}' } })),
				);
			}),
			{ numRuns: 50 },
		);
	});

	it('tells no usage to a caller who did not ask', () => {
		const text = encode([{ type: 'text-delta', id: 't', delta: 'a' }, finish('stop')], { wantsUsage: false });
		expect(text).not.toContain('usage');
		expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
	});

	it('hands back a custom tool call as the caller declared it, its text without JSON around it', () => {
		const tools = [{ type: 'custom', custom: { name: 'patch' } }];
		const text = encode(
			[
				{ type: 'tool-input-start', id: 'c', toolName: 'patch' },
				{ type: 'tool-input-delta', id: 'c', delta: '{"input":"*** Begin"}' },
				{ type: 'tool-call', toolCallId: 'c', toolName: 'patch', input: '{"input":"*** Begin"}' },
			],
			{ request: { tools } },
		);
		expect(text).toContain(
			'"tool_calls":[{"index":0,"id":"c","type":"custom","custom":{"name":"patch","input":"*** Begin"}}]',
		);
	});

	it('never ends cleanly when the provider did not finish: the client throws', async () => {
		for (const reason of ['error', 'interrupted'] as const) {
			const text = encode([{ type: 'text-delta', id: 't', delta: 'a' }, finish(reason)]);
			expect(text).not.toContain('[DONE]');
			await expect(clientOf(text).chat.completions.stream(request).finalChatCompletion()).rejects.toThrow(
				/did not finish/,
			);
		}
	});

	it('makes the client throw at an error of the stream', async () => {
		const error = { status: 502, message: 'The provider went away.', code: 'ROUTER_X' };
		const text = encode([{ type: 'text-delta', id: 't', delta: 'a' }]) + openAiChatFormat.encodeStreamError(error);
		const read = async () => {
			for await (const _ of await clientOf(text).chat.completions.create({ ...request, stream: true }));
		};
		await expect(read()).rejects.toMatchObject({
			code: 'ROUTER_X',
			type: 'server_error',
			message: 'The provider went away.',
		});
	});

	it('ends early with a reason and the usage so far', async () => {
		const encoder = openAiChatFormat.createStreamEncoder(facts);
		const counts = {
			inputTokens: 1,
			cacheReadTokens: 2,
			cacheWrite5mTokens: 3,
			cacheWrite1hTokens: 4,
			outputTokens: 5,
			reasoningTokens: 6,
		};
		const text = encoder.push({ type: 'text-delta', id: 't', delta: 'a' }) + encoder.endEarly('length', counts);
		const chunks = [];
		for await (const chunk of await clientOf(text).chat.completions.create({ ...request, stream: true }))
			chunks.push(chunk);
		expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('length');
		expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 11, total_tokens: 21 });
	});

	it('names what a chunk cannot say', () => {
		const encoder = openAiChatFormat.createStreamEncoder(facts);
		encoder.push({ type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AA' } });
		encoder.push({ type: 'tool-call', toolCallId: 'a', toolName: 'search', input: '{}', providerExecuted: true });
		expect(encoder.dropped).toEqual(['file', 'tool-call']);
		encoder.push({ type: 'custom', kind: 'anthropic.message_start' });
		expect(encoder.dropped).toEqual(['file', 'tool-call']);
	});
});
