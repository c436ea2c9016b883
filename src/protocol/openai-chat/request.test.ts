import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openAiChatFormat } from './index.ts';

const { decodeRequest, encodeAnswer: encodeResponse } = openAiChatFormat;
const hi = { role: 'user', content: 'hi' };
const decode = (body: object) => decodeRequest({ model: 'm', messages: [hi], ...body });

describe('a chat completion request in the neutral form', () => {
	it('sees a picture whose address stands alone, as clients of Mistral write it', () => {
		const content = [{ type: 'image_url', image_url: 'https://example.org/a.png' }];
		const { options } = decode({ messages: [{ role: 'user', content }] });
		expect(options.prompt).toMatchObject([
			{ role: 'user', content: [{ type: 'file', mediaType: 'image/png', data: { type: 'url' } }] },
		]);
	});

	it('carries a conversation with tools, pictures, files and sound', () => {
		const { options, dropped } = decodeRequest({
			model: 'm',
			messages: [
				{ role: 'system', content: 'be brief' },
				{ role: 'developer', content: [{ type: 'text', text: 'cached', cache_control: { type: 'ephemeral' } }] },
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'look' },
						{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO', detail: 'low' } },
						{ type: 'image_url', image_url: { url: 'https://example.org/a.png' } },
						{ type: 'input_audio', input_audio: { data: 'UklG', format: 'wav' } },
						{ type: 'file', file: { file_data: 'data:application/pdf;base64,JVBE', filename: 'a.pdf' } },
						{ type: 'file', file: { file_id: 'file-1' } },
					],
				},
				{
					role: 'assistant',
					content: null,
					reasoning_content: 'thinking',
					tool_calls: [
						{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } },
						{ id: 'c2', type: 'function', function: { name: 'g', arguments: '' } },
					],
				},
				{ role: 'tool', tool_call_id: 'c1', content: 'one' },
				{ role: 'tool', tool_call_id: 'c2', content: [{ type: 'text', text: 'two' }] },
				{ role: 'assistant', content: 'done', refusal: null },
			],
			tools: [
				{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' }, strict: true } },
				{ type: 'function', function: { name: 'g' } },
			],
			tool_choice: { type: 'function', function: { name: 'f' } },
			parallel_tool_calls: false,
			max_completion_tokens: 100,
			temperature: 0.5,
			top_p: 0.9,
			stop: 'END',
			seed: 7,
			presence_penalty: 0.1,
			frequency_penalty: 0.2,
			reasoning_effort: 'high',
			response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } },
		});
		expect(dropped).toEqual([]);
		expect(options).toMatchObject({
			maxOutputTokens: 100,
			temperature: 0.5,
			topP: 0.9,
			stopSequences: ['END'],
			seed: 7,
			presencePenalty: 0.1,
			frequencyPenalty: 0.2,
			reasoning: 'high',
			responseFormat: { type: 'json', name: 'n', schema: { type: 'object' } },
			toolChoice: { type: 'tool', toolName: 'f' },
			tools: [
				{ type: 'function', name: 'f', description: 'd', inputSchema: { type: 'object' }, strict: true },
				{ type: 'function', name: 'g', inputSchema: { type: 'object', properties: {} } },
			],
			providerOptions: {
				openai: { parallelToolCalls: false, strictJsonSchema: true },
				anthropic: { disableParallelToolUse: true },
			},
		});
		expect(options.prompt).toEqual([
			{ role: 'system', content: 'be brief' },
			{ role: 'system', content: 'cached', providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' } } } },
			{
				role: 'user',
				content: [
					{ type: 'text', text: 'look' },
					{
						type: 'file',
						mediaType: 'image/png',
						data: { type: 'data', data: 'iVBO' },
						providerOptions: { openai: { imageDetail: 'low' } },
					},
					{ type: 'file', mediaType: 'image/png', data: { type: 'url', url: new URL('https://example.org/a.png') } },
					{ type: 'file', mediaType: 'audio/wav', data: { type: 'data', data: 'UklG' } },
					{ type: 'file', mediaType: 'application/pdf', data: { type: 'data', data: 'JVBE' }, filename: 'a.pdf' },
					{ type: 'file', mediaType: 'application/pdf', data: { type: 'reference', reference: { openai: 'file-1' } } },
				],
			},
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'thinking' },
					{ type: 'tool-call', toolCallId: 'c1', toolName: 'f', input: { a: 1 } },
					{ type: 'tool-call', toolCallId: 'c2', toolName: 'g', input: {} },
				],
			},
			{
				role: 'tool',
				content: [
					{ type: 'tool-result', toolCallId: 'c1', toolName: 'f', output: { type: 'text', value: 'one' } },
					{ type: 'tool-result', toolCallId: 'c2', toolName: 'g', output: { type: 'text', value: 'two' } },
				],
			},
			{ role: 'assistant', content: [{ type: 'text', text: 'done' }] },
		]);
	});

	it('names what it cannot carry, and says nothing of what asks for nothing', () => {
		const asked = { logit_bias: { 5: 1 }, logprobs: true, n: 2, metadata: { a: 'b' }, web_search_options: {} };
		expect(decode(asked).dropped).toEqual(['logit_bias', 'logprobs', 'n', 'metadata', 'web_search_options']);
		const plain = { logit_bias: null, logprobs: false, n: 1, store: false, modalities: ['text'], service_tier: 'auto' };
		expect(decode(plain).dropped).toEqual([]);
		const late = [
			hi,
			{ role: 'system', content: 'late' },
			{ role: 'user', name: 'bob', content: [{ type: 'video_url' }] },
		];
		const { options, dropped } = decodeRequest({ model: 'm', messages: late });
		expect(dropped).toEqual(['messages[2].content[0]', 'messages[2].name']);
		expect(options.prompt[1]).toEqual({ role: 'system', content: 'late' });
	});

	it('offers only the tools that a choice allows', () => {
		const tools = ['a', 'b'].map((name) => ({ type: 'function', function: { name } }));
		const tool_choice = {
			type: 'allowed_tools',
			allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'b' } }] },
		};
		const { options } = decode({ tools, tool_choice });
		expect(options).toMatchObject({ tools: [{ name: 'b' }], toolChoice: { type: 'required' } });
	});

	it('goes on from what other servers answered: calls without ids or arguments, results whose call was cut off', () => {
		const call = (name: string) => ({ id: '', type: 'function', function: { name, arguments: null } });
		const result = (content: string) => ({ role: 'tool', tool_call_id: '', content });
		const messages = [
			{ role: 'tool', tool_call_id: 'gone', content: 'old' },
			{ role: 'assistant', content: null, tool_calls: [call('a'), call('b')] },
			result('of a'),
			result('of b'),
		];
		const { prompt } = decode({ messages }).options;
		expect(prompt).toMatchObject([
			{ role: 'tool', content: [{ toolCallId: 'gone', toolName: 'unknown' }] },
			{
				content: [
					{ toolName: 'a', input: {} },
					{ toolName: 'b', input: {} },
				],
			},
			{
				content: [
					{ toolName: 'a', output: { value: 'of a' } },
					{ toolName: 'b', output: { value: 'of b' } },
				],
			},
		]);
	});

	it.each([
		[{ messages: [{ role: 'robot', content: 'x' }] }, /messages\[0\]\.role/],
		[{ messages: [{ role: 'user', content: [{ type: 'text' }] }] }, /messages\[0\]\.content\[0\]\.text is missing/],
		[
			{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }] },
			/image_url\.url/,
		],
		[
			{ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,%E0%A4%A' } }] }] },
			/image_url\.url/,
		],
		[{ temperature: 'warm' }, /temperature is a text; it must be a number/],
		[{ tools: [hi, 'x'] }, /tools\[1\]/],
		[{ tool_choice: 'maybe', tools: [{ type: 'function', function: { name: 'f' } }] }, /tool_choice/],
	])('says which field of %j is wrong, without its text', (body, message) => {
		expect(() => decode(body)).toThrow(message);
		expect(() => decode(body)).not.toThrow(/passwd|nope|warm|maybe/);
	});

	it('keeps an answer whole when the caller sends it back: text, calls, signatures', () => {
		const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
		const result = fc.record({
			reasoning: fc.option(fc.tuple(word, word), { nil: null }),
			text: fc.option(word, { nil: null }),
			calls: fc.uniqueArray(fc.tuple(word, word, fc.dictionary(word, fc.jsonValue(), { maxKeys: 3 })), {
				selector: ([id]) => id,
				maxLength: 3,
			}),
		});
		fc.assert(
			fc.property(result, ({ reasoning, text, calls }) => {
				const content: LanguageModelV4GenerateResult['content'] = [
					...(reasoning === null
						? []
						: [
								{
									type: 'reasoning' as const,
									text: reasoning[0],
									providerMetadata: { anthropic: { signature: reasoning[1] } },
								},
							]),
					...(text === null ? [] : [{ type: 'text' as const, text }]),
					...calls.map(([toolCallId, toolName, input], index) => ({
						type: 'tool-call' as const,
						toolCallId,
						toolName,
						input: JSON.stringify(input),
						...(index === 0 ? { providerMetadata: { google: { thoughtSignature: 'sig' } } } : {}),
					})),
				];
				const { body, dropped } = encodeResponse(
					{
						content,
						finishReason: { unified: 'stop', raw: undefined },
						usage: {
							inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
							outputTokens: { total: 1, text: 1, reasoning: 0 },
						},
						warnings: [],
					},
					{ id: '1', model: 'm', createdAt: 0, wantsUsage: true, request: {} },
				);
				expect(dropped).toEqual([]);
				// through JSON, as a caller has it
				const message = JSON.parse(JSON.stringify(body))['choices'][0].message;
				const [, again] = decodeRequest({ model: 'm', messages: [hi, message] }).options.prompt;
				const expected = content.map((part) => {
					if (part.type === 'reasoning')
						return { type: 'reasoning', text: part.text, providerOptions: part.providerMetadata };
					if (part.type !== 'tool-call') return part;
					const { providerMetadata: metadata, input, ...call } = part;
					const signature = metadata && { providerOptions: metadata };
					return { ...call, input: JSON.parse(input), ...signature };
				});
				expect(again).toEqual({ role: 'assistant', content: expected });
			}),
		);
	});
});
