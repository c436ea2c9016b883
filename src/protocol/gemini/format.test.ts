import { describe, expect, it } from 'vitest';
import { isObject } from '../../util/index.ts';
import type { AnswerMetadata } from '../shared/caller-format.ts';
import { JsonText } from '../shared/json-splice.ts';
import { geminiFormat as format } from './format.ts';

const FACTS: AnswerMetadata = { id: 'abc', model: 'gpt-x', createdAt: 0, wantsUsage: true, request: {} };
const ASK = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] };
const AUTO = { model: 'auto', isStream: false };
const USAGE = {
	inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
	outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const STOP = { unified: 'stop' as const, raw: 'stop' };

describe('what a request for content says to the router', () => {
	it('names limit, answers and what the model must be able to do, in either spelling', () => {
		const camel = {
			contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AA==' } }] }],
			systemInstruction: { parts: [{ text: 'be brief' }] },
			generationConfig: {
				maxOutputTokens: 50,
				candidateCount: 2,
				responseMimeType: 'application/json',
				thinkingConfig: { thinkingBudget: 128 },
			},
			tools: [{ functionDeclarations: [{ name: 'a' }] }],
		};
		const snake = {
			contents: [{ parts: [{ inline_data: { mime_type: 'image/png', data: 'AA==' } }] }],
			system_instruction: { parts: [{ text: 'be brief' }] },
			generation_config: {
				max_output_tokens: 50,
				candidate_count: 2,
				response_mime_type: 'application/json',
				thinking_config: { thinking_budget: 128 },
			},
			tools: [{ function_declarations: [{ name: 'a' }] }],
		};
		for (const body of [camel, snake]) {
			const read = format.readRequest(body, { model: 'models/auto', isStream: true });
			expect(read).toMatchObject({ model: 'auto', isStream: true, maxOutputTokens: 50, answerCount: 2 });
			expect(read.requiredCapabilities.toSorted()).toEqual(['structured-output', 'thinking', 'tools', 'vision']);
			expect(read.conversation.system).toEqual({ parts: [{ text: 'be brief' }] });
		}
		expect(format.readRequest(ASK, AUTO)).toMatchObject({
			maxOutputTokens: null,
			requiredCapabilities: [],
			answerCount: 1,
			boundToModel: false,
		});
	});

	it('does not ask for a thinking model where thinking is switched off', () => {
		const off = { ...ASK, generationConfig: { thinkingConfig: { thinkingBudget: 0, includeThoughts: true } } };
		expect(format.readRequest(off, AUTO).requiredCapabilities).toEqual([]);
	});

	it('is bound to the model by signatures and by cached content', () => {
		const signed = { contents: [{ role: 'model', parts: [{ text: 'a', thoughtSignature: 'EpEg' }] }] };
		expect(format.readRequest(signed, AUTO).boundToModel).toBe(true);
		expect(format.readRequest({ ...ASK, cachedContent: 'cachedContents/1' }, AUTO).boundToModel).toBe(true);
	});

	it('says where a wrong field stands, in the caller’s spelling, and repeats no text', () => {
		const cases: [object, string][] = [
			[{}, 'contents is missing; it must be a list with at least one content.'],
			[{ contents: 'secret' }, 'contents is a string; it must be a list.'],
			[
				{ ...ASK, generation_config: { max_output_tokens: 'many' } },
				'generation_config.max_output_tokens is a string; it must be a whole number, 0 or more.',
			],
			[{ ...ASK, tools: ['a'] }, 'tools[0] is a string; it must be an object.'],
		];
		for (const [body, message] of cases) expect(() => format.readRequest({ ...body }, AUTO)).toThrow(message);
		expect(() => format.readRequest(ASK)).toThrow('model is missing; it must be a string.');
	});
});

describe('a request that is passed through', () => {
	it('keeps every byte but the limit, which is set in the caller’s spelling', () => {
		const splice = (text: string, maxOutputTokens?: number) =>
			format.spliceRequest(JsonText.from(text), JSON.parse(text), { model: 'm', maxOutputTokens }).toString();
		const limit = (text: string) => splice(text, 9);
		expect(limit('{"contents":[ ],"generationConfig":{"maxOutputTokens": 50 }}')).toBe(
			'{"contents":[ ],"generationConfig":{"maxOutputTokens": 9 }}',
		);
		expect(limit('{"generation_config":{"max_output_tokens":50,"top_k":1.0}}')).toBe(
			'{"generation_config":{"max_output_tokens":9,"top_k":1.0}}',
		);
		expect(limit('{"generation_config":{"top_k":1.0}}')).toBe(
			'{"generation_config":{"top_k":1.0,"max_output_tokens":9}}',
		);
		expect(limit('{"contents":[]}')).toBe('{"contents":[],"generationConfig":{"maxOutputTokens":9}}');
		expect(splice('{ "contents":[]}')).toBe('{ "contents":[]}');
	});

	it('has lists where one member stands alone, as in the documents of Vertex, and every other byte as it was', () => {
		const list = (text: string) => {
			const [listed, body] = format.listSingles?.(JsonText.from(text), JSON.parse(text)) ?? [];
			expect(body).toEqual(JSON.parse(`${listed}`));
			return `${listed}`;
		};
		expect(list('{"contents": {"role":"user", "parts":{"text":1.0}} }')).toBe(
			'{"contents": [{"role":"user", "parts":[{"text":1.0}]}] }',
		);
		expect(list('{"contents":[{"parts":{"text":"a"}}],"system_instruction":{"parts":{"text":"b"}}}')).toBe(
			'{"contents":[{"parts":[{"text":"a"}]}],"system_instruction":{"parts":[{"text":"b"}]}}',
		);
		expect(list('{"tools":{"function_declarations":{"name":"a"}}}')).toBe(
			'{"tools":[{"function_declarations":[{"name":"a"}]}]}',
		);
		expect(list('{"generateContentRequest":{"contents":{"parts":[]}}}')).toBe(
			'{"generateContentRequest":{"contents":[{"parts":[]}]}}',
		);
		const listed = '{"contents":[{"parts":[{"text":"a"}]}],"tools":[]}';
		expect(list(listed)).toBe(listed);
	});

	it('replaces signatures that Google did not make, which it refuses', () => {
		const content = [{ type: 'tool-call' as const, toolCallId: '1', toolName: 'look', input: '{}' }];
		const { body } = format.encodeAnswer({ content, finishReason: STOP, usage: USAGE, warnings: [] }, FACTS);
		const next = { contents: [candidateContent(body)] };
		const spliced = JSON.parse(
			format.spliceRequest(JsonText.from(JSON.stringify(next)), next, { model: 'm' }).toString(),
		);
		expect(spliced.contents[0].parts).toEqual([
			{ functionCall: { id: '1', name: 'look', args: {} }, thoughtSignature: 'skip_thought_signature_validator' },
		]);
	});
});

function candidateContent(body: Readonly<Record<string, unknown>>): unknown {
	const [candidate] = Array.isArray(body['candidates']) ? body['candidates'] : [];
	return isObject(candidate) ? candidate['content'] : undefined;
}

describe('a request in the neutral form', () => {
	it('names by its path what cannot be carried', () => {
		const { dropped } = format.decodeRequest({
			contents: [
				{ role: 'user', parts: [{ text: 'a' }, { somethingNew: 1 }] },
				{ role: 'model', parts: [{ fileData: { fileUri: 'https://example.com/a.png', mimeType: 'image/png' } }] },
			],
			cachedContent: 'cachedContents/1',
			labels: { a: 'b' },
			generation_config: { candidateCount: 2, logprobs: 3, speech_config: {} },
			safetySettings: [{ category: 'HARM_CATEGORY_NEW', threshold: 'OFF' }],
			tools: [{ google_search_retrieval: {} }, { functionDeclarations: [{ name: 'a', behavior: 'BLOCKING' }] }],
		});
		expect(dropped.toSorted()).toEqual([
			'cachedContent',
			'contents[0].parts[1]',
			'contents[1].parts[0]',
			'generation_config.candidateCount',
			'generation_config.logprobs',
			'generation_config.speech_config',
			'labels',
			'safetySettings[0]',
			'tools[0].google_search_retrieval',
			'tools[1].functionDeclarations[0].behavior',
		]);
	});

	it('writes Google’s schemas as JSON Schema, nested and nullable', () => {
		const { options } = format.decodeRequest({
			...ASK,
			generationConfig: {
				responseMimeType: 'application/json',
				responseSchema: {
					type: 'ARRAY',
					minItems: '1',
					items: {
						type: 'OBJECT',
						propertyOrdering: ['b'],
						properties: {
							b: {
								anyOf: [
									{ type: 'INTEGER', nullable: true },
									{ type: 'STRING', enum: ['x'] },
								],
							},
						},
					},
				},
			},
		});
		expect(options.responseFormat).toEqual({
			type: 'json',
			schema: {
				type: 'array',
				minItems: 1,
				items: {
					type: 'object',
					properties: { b: { anyOf: [{ type: ['integer', 'null'] }, { type: 'string', enum: ['x'] }] } },
				},
			},
		});
	});

	it('offers only the tools that are allowed, and names the one that must be called', () => {
		const tools = [{ functionDeclarations: [{ name: 'a' }, { name: 'b' }, { name: 'c' }] }];
		const decode = (allowedFunctionNames: string[]) =>
			format.decodeRequest({
				...ASK,
				tools,
				toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames } },
			}).options;
		expect(decode(['b']).toolChoice).toEqual({ type: 'tool', toolName: 'b' });
		const two = decode(['a', 'c']);
		expect(two.toolChoice).toEqual({ type: 'required' });
		expect(two.tools?.map(({ name }) => name)).toEqual(['a', 'c']);
	});

	it('reads how tools are chosen in either case, as Google does', () => {
		const tools = [{ functionDeclarations: [{ name: 'a' }] }];
		const choose = (mode: string) =>
			format.decodeRequest({ ...ASK, tools, toolConfig: { functionCallingConfig: { mode } } }).options.toolChoice;
		expect([choose('none'), choose('any')]).toEqual([{ type: 'none' }, { type: 'required' }]);
		expect(() => choose('some')).toThrow('toolConfig.functionCallingConfig.mode');
	});

	it('gives a result to its call by name and order where the caller gives no ids', () => {
		const call = (n: number) => ({ functionCall: { name: 'look', args: { n } } });
		const result = (output: string) => ({ functionResponse: { name: 'look', response: { output } } });
		const { prompt } = format.decodeRequest({
			contents: [
				{ role: 'model', parts: [call(1), call(2)] },
				{ role: 'user', parts: [result('one'), { functionResponse: { name: 'look', response: { error: 'no' } } }] },
			],
		}).options;
		const [asked, told] = prompt.map(({ content }) => content);
		expect(asked).toMatchObject([{ toolCallId: 'call_1' }, { toolCallId: 'call_2' }]);
		expect(told).toMatchObject([
			{ toolCallId: 'call_1', output: { type: 'text', value: 'one' } },
			{ toolCallId: 'call_2', output: { type: 'error-text', value: 'no' } },
		]);
	});
});

describe('a whole answer', () => {
	it('gives reasoning of another provider back to it with the call that follows', () => {
		const metadata = { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'gAAA' } };
		const { body } = format.encodeAnswer(
			{
				content: [
					{ type: 'reasoning', text: 'why', providerMetadata: metadata },
					{ type: 'tool-call', toolCallId: '1', toolName: 'look', input: '{}' },
				],
				finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
				usage: USAGE,
				warnings: [],
			},
			FACTS,
		);
		const next = { contents: [candidateContent(body)] };
		expect(format.decodeRequest(next).options.prompt).toEqual([
			{
				role: 'assistant',
				content: [
					{ type: 'reasoning', text: 'why', providerOptions: metadata },
					{ type: 'tool-call', toolCallId: '1', toolName: 'look', input: {} },
				],
			},
		]);
		expect(format.readRequest(next, AUTO).boundToModel).toBe(false);
	});

	it('names the pages an answer rests on, and what it cannot carry', () => {
		const { body, dropped } = format.encodeAnswer(
			{
				content: [
					{ type: 'text', text: 'a' },
					{ type: 'source', sourceType: 'url', id: '1', url: 'https://example.com', title: 'E' },
					{ type: 'source', sourceType: 'document', id: '2', mediaType: 'text/plain', title: 'D' },
					{ type: 'tool-call', toolCallId: '1', toolName: 'web_search', input: '{}', providerExecuted: true },
				],
				finishReason: STOP,
				usage: USAGE,
				warnings: [],
			},
			FACTS,
		);
		expect(body['candidates']).toMatchObject([
			{ groundingMetadata: { groundingChunks: [{ web: { uri: 'https://example.com', title: 'E' } }] } },
		]);
		expect(dropped).toEqual(['source', 'tool-call']);
	});

	it('says of an answer that passes through whether anything is in it', () => {
		const read = (parts: unknown[], finishReason: string) =>
			format.readAnswer({ candidates: [{ content: { parts }, finishReason }] });
		expect(read([{ text: 'a' }], 'STOP')).toMatchObject({ finishReason: 'stop', hasOutput: true, isRefusal: false });
		expect(read([{ functionCall: { name: 'a' } }], 'STOP')).toMatchObject({
			finishReason: 'tool-calls',
			hasOutput: true,
		});
		expect(read([{ text: '', thoughtSignature: 'EpEg' }], 'STOP').hasOutput).toBe(false);
		expect(read([], 'SAFETY')).toMatchObject({ isRefusal: true, hasOutput: true });
		expect(format.readAnswer({ promptFeedback: { blockReason: 'PROHIBITED_CONTENT' } })).toMatchObject({
			finishReason: 'content-filter',
			isRefusal: true,
		});
		expect(format.readAnswer({})).toEqual({
			finishReason: null,
			hasOutput: false,
			isRefusal: false,
			usage: null,
			outputText: '',
			model: null,
		});
	});
});

describe('an error', () => {
	it('has Google’s word for its status and our code as its reason', () => {
		expect(
			format.encodeError({ status: 429, message: 'Too many.', code: 'ROUTER_RATE_LIMITED', param: 'contents' }),
		).toEqual({
			error: {
				code: 429,
				message: 'Too many.',
				status: 'RESOURCE_EXHAUSTED',
				details: [
					{
						'@type': 'type.googleapis.com/google.rpc.ErrorInfo',
						reason: 'ROUTER_RATE_LIMITED',
						domain: 'switchyard',
						metadata: { field: 'contents' },
					},
				],
			},
		});
		const words = [400, 401, 403, 404, 418, 500, 503, 504, 599].map((status) => {
			const { error } = format.encodeError({ status, message: '', code: null });
			return isObject(error) ? error['status'] : undefined;
		});
		expect(words).toEqual([
			'INVALID_ARGUMENT',
			'UNAUTHENTICATED',
			'PERMISSION_DENIED',
			'NOT_FOUND',
			'INVALID_ARGUMENT',
			'INTERNAL',
			'UNAVAILABLE',
			'DEADLINE_EXCEEDED',
			'INTERNAL',
		]);
	});
});
