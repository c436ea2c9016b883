import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf } from '../../../test/support/recorded-stream.ts';
import { answerStream, carriedContent, SAMPLE_USAGE, streamOf } from '../../../test/support/stream-parts.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { createUsage } from '../shared/usage.ts';
import { AnthropicStreamEncoder, encodeAnthropicAnswer, encodeAnthropicStreamError } from './encode.ts';
import { anthropicMessagesFormat } from './index.ts';

const FACTS: AnswerMetadata = { id: 'abc', model: 'gpt-x', createdAt: 0, wantsUsage: true, request: {} };

/** What the official client makes of a stream. */
async function finalMessage(body: string): Promise<Anthropic.Message> {
	const client = new Anthropic({
		apiKey: 'key',
		maxRetries: 0,
		fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
	});
	const stream = client.messages.stream({
		model: 'm',
		max_tokens: 10,
		messages: [{ role: 'user', content: 'hi' }],
	});
	return await stream.finalMessage();
}

function encode(parts: ReturnType<typeof answerStream>): string {
	const encoder = new AnthropicStreamEncoder(FACTS);
	return parts.map((part) => encoder.push(part)).join('');
}

describe('a neutral stream as Anthropic’s client reads it', () => {
	it('is the same message as the whole answer: texts, signed thinking, calls, reason, usage', async () => {
		await fc.assert(
			fc.asyncProperty(carriedContent, fc.integer({ min: 1, max: 9 }), async (content, size) => {
				const message = await finalMessage(encode(answerStream(content, size)));
				const unified = content.some(({ type }) => type === 'tool-call') ? ('tool-calls' as const) : ('stop' as const);
				const finishReason = { unified, raw: undefined };
				const { body } = encodeAnthropicAnswer({ content, finishReason, usage: SAMPLE_USAGE, warnings: [] }, FACTS);
				// A stream tells the lives of cache writes at its start only, when they are not known yet.
				const untold = new Set(['citations', 'cache_creation']);
				const told = (said: unknown) =>
					JSON.parse(JSON.stringify(said, (key, value) => (untold.has(key) ? undefined : value)));
				expect(told(message)).toMatchObject(told(body));
				expect(message.usage).toMatchObject({ input_tokens: 25, cache_read_input_tokens: 10, output_tokens: 30 });
			}),
			{ numRuns: 60 },
		);
	});

	it('brings Gemini’s signature of a call back to it, where the caller keeps thinking; else it is named', async () => {
		const providerMetadata = { google: { thoughtSignature: 'c2ln' } };
		const call = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{}', providerMetadata } as const;
		const asked = { ...FACTS, request: { thinking: { type: 'adaptive' } } };
		const finishReason = { unified: 'tool-calls', raw: undefined } as const;
		const parts = [
			{ type: 'tool-input-start', id: 'c', toolName: 'f', providerMetadata },
			{ type: 'tool-input-end', id: 'c' },
			call,
			{ type: 'finish', finishReason, usage: SAMPLE_USAGE },
		] as const;
		for (const facts of [asked, FACTS]) {
			const encoder = new AnthropicStreamEncoder(facts);
			const streamed = await finalMessage(parts.map((part) => encoder.push(part)).join(''));
			const whole = encodeAnthropicAnswer({ content: [call], finishReason, usage: SAMPLE_USAGE, warnings: [] }, facts);
			expect([encoder.dropped, whole.dropped]).toEqual(
				Array(2).fill(facts === asked ? [] : ['tool-call.thoughtSignature']),
			);
			for (const content of [streamed.content, whole.body['content']]) {
				const messages = [{ role: 'assistant', content }];
				const { options } = anthropicMessagesFormat.decodeRequest({ model: 'm', max_tokens: 9, messages });
				const kept = facts === asked ? { providerOptions: providerMetadata } : {};
				expect(options.prompt).toEqual([
					{ role: 'assistant', content: [{ type: 'tool-call', toolCallId: 'c', toolName: 'f', input: {}, ...kept }] },
				]);
			}
		}
	});

	it('writes calls whose inputs come mixed one after the other, each whole', async () => {
		const call = (toolCallId: string, input: string) =>
			({ type: 'tool-call', toolCallId, toolName: 'lookup', input }) as const;
		const [first, second] = [streamOf(call('a', '{"n":1}'), 'a', 2), streamOf(call('b', '{"n":22}'), 'b', 3)];
		const mixed = Array.from({ length: Math.max(first.length, second.length) }, (_, at) => [first[at], second[at]]);
		const said = streamOf({ type: 'text', text: 'between' }, 't', 4);
		const parts = mixed.flat().filter((part) => part !== undefined);
		const { content } = await finalMessage(
			encode([...parts.slice(0, 3), ...said, ...parts.slice(3), ...answerStream([], 1).slice(1)]),
		);
		expect(content).toMatchObject([
			{ type: 'tool_use', id: 'a', input: { n: 1 } },
			{ type: 'tool_use', id: 'b', input: { n: 22 } },
			{ type: 'text', text: 'between' },
		]);
	});

	it('keeps a text going that a provider resumes after a call', async () => {
		const text = streamOf({ type: 'text', text: 'before after' }, 't', 6);
		const call = streamOf({ type: 'tool-call', toolCallId: 'a', toolName: 'lookup', input: '{}' }, 'a', 2);
		const { content } = await finalMessage(
			encode([...text.slice(0, 2), ...call, ...text.slice(2), ...answerStream([], 1).slice(1)]),
		);
		expect(content).toMatchObject([
			{ type: 'text', text: 'before' },
			{ type: 'tool_use', id: 'a' },
			{ type: 'text', text: ' after' },
		]);
	});

	it('never ends cleanly when the provider broke off', async () => {
		const finish = (unified: 'interrupted' | 'error') =>
			({ type: 'finish', usage: SAMPLE_USAGE, finishReason: { unified, raw: undefined } }) as const;
		for (const reason of ['interrupted', 'error'] as const) {
			const body = encode([...streamOf({ type: 'text', text: 'half' }, 't', 4), finish(reason)]);
			expect(body).not.toContain('message_stop');
			await expect(finalMessage(body)).rejects.toThrow('did not finish');
		}
	});

	it('ends early in the middle of anything with a message that is whole', async () => {
		await fc.assert(
			fc.asyncProperty(carriedContent, fc.nat(), async (content, cut) => {
				const parts = answerStream(content, 2).slice(0, -1);
				const encoder = new AnthropicStreamEncoder(FACTS);
				const frames = parts.slice(0, cut % (parts.length + 1)).map((part) => encoder.push(part));
				const end = encoder.endEarly('length', createUsage({ inputTokens: 3, outputTokens: 2 }));
				const message = await finalMessage(frames.join('') + end);
				expect(message).toMatchObject({ stop_reason: 'max_tokens', usage: { input_tokens: 3, output_tokens: 2 } });
			}),
			{ numRuns: 60 },
		);
	});

	it('tells an error in the middle of a stream so that the client throws it', async () => {
		const error = { status: 529, message: 'The provider is overloaded.', code: null };
		const body = encode(streamOf({ type: 'text', text: 'half' }, 't', 2)) + encodeAnthropicStreamError(error);
		await expect(finalMessage(body)).rejects.toThrow('The provider is overloaded.');
	});

	it('names what it cannot carry', () => {
		const encoder = new AnthropicStreamEncoder(FACTS);
		encoder.push({ type: 'source', sourceType: 'url', id: '1', url: 'https://example.com' });
		encoder.push({ type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AA==' } });
		expect(encoder.dropped).toEqual(['source', 'file']);
	});

	it('opens no block twice and closes each before the next', () => {
		fc.assert(
			fc.property(carriedContent, fc.integer({ min: 1, max: 9 }), (content, size) => {
				const events = dataOf(encode(answerStream(content, size)));
				const borders = events.filter(({ type }) => String(type).startsWith('content_block_st'));
				const expected = borders.map((_, at) => ({
					type: at % 2 === 0 ? 'content_block_start' : 'content_block_stop',
					index: Math.floor(at / 2),
				}));
				expect(borders).toMatchObject(expected);
			}),
		);
	});
});
