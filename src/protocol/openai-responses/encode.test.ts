import type { LanguageModelV4StreamPart, LanguageModelV4Usage } from '@ai-sdk/provider';
import fc from 'fast-check';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { openAiResponsesFormat } from './index.ts';

const usage: LanguageModelV4Usage = {
	inputTokens: { total: 30, noCache: 15, cacheRead: 10, cacheWrite: 5 },
	outputTokens: { total: 12, text: 7, reasoning: 5 },
};
const facts = { id: 'x1', model: 'some-model', createdAt: 1_700_000_000_500, wantsUsage: true, request: {} };
const finish = (
	unified: 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'interrupted',
): LanguageModelV4StreamPart => ({
	type: 'finish',
	finishReason: { unified, raw: undefined },
	usage,
});

function encode(parts: readonly LanguageModelV4StreamPart[], request: object = {}): string {
	const encoder = openAiResponsesFormat.createStreamEncoder({ ...facts, request: { ...request } });
	return parts.map((part) => encoder.push(part)).join('');
}

function eventsOf(text: string): { type: string; sequence_number: number }[] {
	return text
		.split('\n')
		.filter((line) => line.startsWith('data: '))
		.map((line) => JSON.parse(line.slice(6)));
}

/** The official client, fed with what the encoder wrote. */
function clientOf(text: string): OpenAI {
	const answer = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } });
	return new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1/v1', fetch: answer, maxRetries: 0 });
}

const request = { model: 'auto', input: 'hi' };
const told: LanguageModelV4StreamPart[] = [
	{ type: 'stream-start', warnings: [] },
	{ type: 'reasoning-start', id: 'r' },
	{ type: 'reasoning-delta', id: 'r', delta: 'hm' },
	{ type: 'reasoning-delta', id: 'r', delta: '', providerMetadata: { anthropic: { signature: 'sig' } } },
	{ type: 'reasoning-end', id: 'r' },
	{ type: 'text-start', id: 't' },
	{ type: 'text-delta', id: 't', delta: 'Hello ' },
	{ type: 'text-delta', id: 't', delta: '👋' },
	{ type: 'text-end', id: 't' },
	{ type: 'source', sourceType: 'url', id: 's', url: 'https://example.org', title: 'Example' },
	{ type: 'tool-input-start', id: 'c', toolName: 'f' },
	{ type: 'tool-input-delta', id: 'c', delta: '{"a"' },
	{ type: 'tool-input-delta', id: 'c', delta: ':1}' },
	{ type: 'tool-input-end', id: 'c' },
	{ type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"a":1}' },
	finish('tool-calls'),
];

describe('a neutral stream reads as a response in the official client', () => {
	it('writes every event of the sequence, in order, numbered without a gap', () => {
		const events = eventsOf(encode(told));
		expect(events.map(({ type }) => type.replace('response.', ''))).toEqual([
			'created',
			'in_progress',
			'output_item.added',
			'reasoning_summary_part.added',
			'reasoning_summary_text.delta',
			'reasoning_summary_text.done',
			'reasoning_summary_part.done',
			'output_item.done',
			'output_item.added',
			'content_part.added',
			'output_text.delta',
			'output_text.delta',
			'output_text.annotation.added',
			'output_text.done',
			'content_part.done',
			'output_item.done',
			'output_item.added',
			'function_call_arguments.delta',
			'function_call_arguments.delta',
			'function_call_arguments.done',
			'output_item.done',
			'completed',
		]);
		expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index));
	});

	it('gives the client the whole response', async () => {
		const final = await clientOf(encode(told, { temperature: 0.5, metadata: { a: 'b' } }))
			.responses.stream(request)
			.finalResponse();
		expect(final).toMatchObject({
			id: 'resp_x1',
			status: 'completed',
			model: 'some-model',
			temperature: 0.5,
			metadata: { a: 'b' },
			output_text: 'Hello 👋',
			usage: {
				input_tokens: 30,
				input_tokens_details: { cached_tokens: 10, cache_write_tokens: 5 },
				output_tokens: 12,
				output_tokens_details: { reasoning_tokens: 5 },
				total_tokens: 42,
			},
		});
		expect(final.output).toMatchObject([
			{ type: 'reasoning', summary: [{ text: 'hm' }], encrypted_content: expect.stringMatching(/^switchyard\./) },
			{
				type: 'message',
				status: 'completed',
				content: [{ text: 'Hello 👋', annotations: [{ url: 'https://example.org', start_index: 0, end_index: 8 }] }],
			},
			{ type: 'function_call', call_id: 'c', name: 'f', arguments: '{"a":1}', status: 'completed' },
		]);
	});

	it('is what the client reads, whatever parts come in whatever order', async () => {
		const id = fc.constantFrom('a', 'b', 'c');
		const word = fc.constantFrom('x', 'é', '👋', '"', '');
		const step = fc.oneof(
			fc.tuple(fc.constant('text'), id, word),
			fc.tuple(fc.constant('reason'), id, word),
			fc.tuple(fc.constant('call'), id, word),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
				const begun = new Set<string>();
				const parts = steps.flatMap(([kind, of, delta]): LanguageModelV4StreamPart[] => {
					if (kind === 'text') return [{ type: 'text-delta', id: `t${of}`, delta }];
					if (kind === 'reason') return [{ type: 'reasoning-delta', id: `r${of}`, delta }];
					const start: LanguageModelV4StreamPart[] = begun.has(of)
						? []
						: [{ type: 'tool-input-start', id: of, toolName: 'f' }];
					begun.add(of);
					return [...start, { type: 'tool-input-delta', id: of, delta }];
				});
				const saidBy = (kind: string, of?: string) =>
					steps.flatMap(([is, by, delta]) => (is === kind && (of === undefined || by === of) ? [delta] : [])).join('');
				const calls = [...begun].map(
					(of): LanguageModelV4StreamPart => ({
						type: 'tool-call',
						toolCallId: of,
						toolName: 'f',
						input: saidBy('call', of),
					}),
				);
				const final = await clientOf(encode([...parts, ...calls, finish('stop')]))
					.responses.stream(request)
					.finalResponse();
				const whole = openAiResponsesFormat.readAnswer(JSON.parse(JSON.stringify(final)));
				expect(whole.hasOutput).toBe(saidBy('text') !== '' || begun.size > 0);
				expect([...final.output_text].sort()).toEqual([...saidBy('text')].sort());
				for (const of of begun) {
					const call = final.output.find((item) => item.type === 'function_call' && item.call_id === of);
					expect(call).toMatchObject({ arguments: saidBy('call', of), status: 'completed' });
				}
			}),
			{ numRuns: 100 },
		);
	});

	it('says why an answer is incomplete', async () => {
		const text = (reason: 'length' | 'content-filter') =>
			encode([{ type: 'text-delta', id: 't', delta: 'Hel' }, finish(reason)]);
		expect(await clientOf(text('length')).responses.stream(request).finalResponse()).toMatchObject({
			status: 'incomplete',
			incomplete_details: { reason: 'max_output_tokens' },
			output: [{ status: 'incomplete', content: [{ text: 'Hel' }] }],
		});
		expect(await clientOf(text('content-filter')).responses.stream(request).finalResponse()).toMatchObject({
			incomplete_details: { reason: 'content_filter' },
		});
	});

	it('hands back a custom tool call as the caller declared it, its text without JSON around it', async () => {
		const text = encode(
			[
				{ type: 'tool-input-start', id: 'c', toolName: 'apply_patch' },
				{ type: 'tool-input-delta', id: 'c', delta: '{"input":"*** Begin"}' },
				{ type: 'tool-call', toolCallId: 'c', toolName: 'apply_patch', input: '{"input":"*** Begin"}' },
				finish('tool-calls'),
			],
			{ tools: [{ type: 'custom', name: 'apply_patch' }] },
		);
		expect(text).toContain('event: response.custom_tool_call_input.done');
		const final = await clientOf(text).responses.stream(request).finalResponse();
		expect(final.output).toMatchObject([
			{ type: 'custom_tool_call', call_id: 'c', name: 'apply_patch', input: '*** Begin' },
		]);
	});

	it('never ends cleanly when the provider did not finish: the client throws', async () => {
		const text = encode([{ type: 'text-delta', id: 't', delta: 'a' }, finish('interrupted')]);
		expect(text).not.toContain('response.completed');
		await expect(clientOf(text).responses.stream(request).finalResponse()).rejects.toThrow(/did not finish/);
	});

	it('makes the client throw at an error of the stream', async () => {
		const error = { status: 502, message: 'The provider went away.', code: 'ROUTER_X' };
		const text = encode([{ type: 'text-delta', id: 't', delta: 'a' }]) + openAiResponsesFormat.encodeStreamError(error);
		const read = async () => {
			for await (const _ of await clientOf(text).responses.create({ ...request, stream: true }));
		};
		await expect(read()).rejects.toMatchObject({ code: 'ROUTER_X', message: 'The provider went away.' });
		await expect(clientOf(text).responses.stream(request).finalResponse()).rejects.toMatchObject({ code: 'ROUTER_X' });
	});

	it('gives the same items whole as streamed', () => {
		const streamed = eventsOf(encode(told)).at(-1) as unknown as { response: { output: object[] } };
		const { body } = openAiResponsesFormat.encodeAnswer(
			{
				content: [
					{ type: 'reasoning', text: 'hm', providerMetadata: { anthropic: { signature: 'sig' } } },
					{ type: 'text', text: 'Hello 👋' },
					{ type: 'source', sourceType: 'url', id: 's', url: 'https://example.org', title: 'Example' },
					{ type: 'tool-call', toolCallId: 'c', toolName: 'f', input: '{"a":1}' },
				],
				finishReason: { unified: 'tool-calls', raw: undefined },
				usage,
				warnings: [],
			},
			facts,
		);
		expect(body).toEqual(streamed.response);
	});
});
