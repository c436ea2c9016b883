import { describe, expect, it } from 'vitest';
import { JsonText } from '../shared/json-splice.ts';
import { openAiChatFormat } from './index.ts';

const { readRequest, encodeAnswer: encodeResponse, spliceRequest, readAnswer, encodeError } = openAiChatFormat;
const messages = [{ role: 'user', content: 'hi' }];

const splice = (text: string, change: Parameters<typeof spliceRequest>[2]) =>
	spliceRequest(JsonText.from(text), JSON.parse(text), change).toString();

describe('what routing and money read of a chat completion request', () => {
	it('reads a plain one', () => {
		expect(readRequest({ model: 'auto', messages })).toEqual({
			model: 'auto',
			isStream: false,
			conversation: { messages },
			maxOutputTokens: null,
			requiredCapabilities: [],
			answerCount: 1,
			wantsUsage: false,
			session: null,
			boundToModel: false,
		});
	});

	it('reads limits, answers, streaming and what a model must be able to do', () => {
		const body = {
			model: 'auto',
			messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:,' } }] }],
			stream: true,
			stream_options: { include_usage: true },
			n: 3,
			max_tokens: 10,
			max_completion_tokens: 20,
			tools: [{ type: 'function', function: { name: 'f' } }],
			response_format: { type: 'json_object' },
			reasoning_effort: 'high',
			prompt_cache_key: 'chat-7',
			user: 'u',
		};
		expect(readRequest(body)).toMatchObject({
			isStream: true,
			wantsUsage: true,
			answerCount: 3,
			maxOutputTokens: 20,
			requiredCapabilities: ['tools', 'vision', 'structured-output', 'thinking'],
			session: 'chat-7',
		});
	});

	it.each([
		[{ messages }, /^model is missing/],
		[{ model: '', messages }, /^model is a text; it must be a text that is not empty/],
		[{ model: 'm' }, /^messages is missing; it must be a list/],
		[{ model: 'm', messages: ['secret'] }, /^messages\[0\] is a text; it must be an object\.$/],
		[{ model: 'm', messages, max_tokens: 0 }, /^max_tokens is 0; it must be a whole number, 1 or more/],
		[{ model: 'm', messages, n: 1.5 }, /^n is 1\.5/],
		[{ model: 'm', messages, stream: 'yes' }, /^stream is a text; it must be true or false/],
	])('refuses %j by the path', (body, message) => {
		expect(() => readRequest(body)).toThrow(message);
	});
});

describe('the body that goes on', () => {
	it('changes the limit in the field that the caller used, and asks for usage', () => {
		expect(
			splice('{"model":"auto","max_tokens":1e3, "x":1.0}', { model: 'm', maxOutputTokens: 5, includeUsage: true }),
		).toBe('{"model":"m","max_tokens":5, "x":1.0,"stream_options":{"include_usage":true}}');
		expect(
			splice('{"model":"auto","stream_options":{"include_obfuscation":false}}', { model: 'm', includeUsage: true }),
		).toBe('{"model":"m","stream_options":{"include_obfuscation":false,"include_usage":true}}');
	});

	it('says the limit in the field of today where the caller says none', () => {
		expect(splice('{"model":"auto"}', { model: 'm', maxOutputTokens: 5 })).toBe(
			'{"model":"m","max_completion_tokens":5}',
		);
	});

	it('is the same text when nothing must change', () => {
		const text = '{ "model" : "m", "stream_options": {"include_usage": true} }';
		expect(splice(text, { model: 'm', includeUsage: true })).toBe(text);
	});
});

describe('a conversation that several providers answered', () => {
	const facts = { id: '1', model: 'm', createdAt: 0, wantsUsage: true, request: {} };
	const answer = (content: Parameters<typeof encodeResponse>[0]['content']) => {
		const finishReason = { unified: 'stop' as const, raw: undefined };
		const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 };
		const usage = { inputTokens: none, outputTokens: none };
		const { body } = encodeResponse({ content, finishReason, usage, warnings: [] }, facts);
		return JSON.parse(JSON.stringify(body)).choices[0].message;
	};

	it('goes on to a server of this format without what only another could read, which it would refuse', () => {
		const signed = { anthropic: { signature: 's' } };
		const history = [
			...messages,
			answer([
				{ type: 'reasoning', text: 'hm', providerMetadata: signed },
				{ type: 'text', text: 'a' },
			]),
			answer([
				{ type: 'reasoning', text: 'unsigned' },
				{ type: 'text', text: 'b' },
			]),
			answer([
				{
					type: 'tool-call',
					toolCallId: 'c',
					toolName: 'f',
					input: '{}',
					providerMetadata: { google: { thoughtSignature: 't' } },
				},
			]),
		];
		expect(readRequest({ model: 'm', messages: history }).boundToModel).toBe(true);
		expect(readRequest({ model: 'm', messages: [history[2]] }).boundToModel).toBe(false);
		const body = { model: 'auto', messages: history };
		const { messages: sent } = JSON.parse(splice(JSON.stringify(body), { model: 'm' }));
		expect(sent).toEqual([
			...messages,
			{ role: 'assistant', content: 'a', refusal: null },
			{ role: 'assistant', content: 'b', refusal: null },
			{
				role: 'assistant',
				content: null,
				refusal: null,
				tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }],
			},
		]);
	});

	it('keeps what a server of this format said itself, byte for byte: some refuse a conversation without it', () => {
		const text =
			'{"model":"m","messages":[{"role":"assistant","content":"a","reasoning_content":"hm","reasoning_details":[{"signature":"x","n":1.0}]}]}';
		expect(splice(text, { model: 'm' })).toBe(text);
	});
});

describe('a whole answer that is passed through', () => {
	it('tells reason, output and usage', () => {
		const usage = { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 4 } };
		const choices = [{ message: { content: 'hi' }, finish_reason: 'stop' }];
		expect(readAnswer({ choices, usage })).toMatchObject({
			finishReason: 'stop',
			hasOutput: true,
			isRefusal: false,
			usage: { inputTokens: 6, cacheReadTokens: 4, outputTokens: 5 },
		});
	});

	it('knows an empty one, a refusal, and one that only thought', () => {
		expect(readAnswer({})).toEqual({
			finishReason: null,
			hasOutput: false,
			isRefusal: false,
			usage: null,
			outputText: '',
			model: null,
		});
		const empty = { choices: [{ message: { content: '', tool_calls: [] }, finish_reason: 'stop' }] };
		expect(readAnswer(empty)).toMatchObject({ hasOutput: false });
		const thought = { choices: [{ message: { content: null, reasoning_content: 'hm' }, finish_reason: 'length' }] };
		expect(readAnswer(thought)).toMatchObject({ hasOutput: true, finishReason: 'length' });
		const refused = { choices: [{ message: { content: null, refusal: 'no' }, finish_reason: 'stop' }] };
		expect(readAnswer(refused)).toMatchObject({ hasOutput: true, isRefusal: true });
		const filtered = { choices: [{ message: { content: '' }, finish_reason: 'content_filter' }] };
		expect(readAnswer(filtered)).toMatchObject({ isRefusal: true, finishReason: 'content-filter' });
	});

	it('says an error as OpenAI does', () => {
		expect(encodeError({ status: 429, message: 'slow down', code: 'ROUTER_X', param: 'model' })).toEqual({
			error: { message: 'slow down', type: 'rate_limit_error', param: 'model', code: 'ROUTER_X' },
		});
	});
});
