import Anthropic from '@anthropic-ai/sdk';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnswerMetadata, WireError } from '../shared/caller-format.ts';
import { JsonText } from '../shared/json-splice.ts';
import { anthropicMessagesFormat as format } from './format.ts';
import { adjustMaxTokensForThinking } from './reasoning.ts';

const FACTS: AnswerMetadata = { id: 'abc', model: 'm', createdAt: 0, wantsUsage: true, request: {} };
const ASK = { model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: 'hi' }] };
const NO_USAGE = {
	inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
	outputTokens: { total: 1, text: 1, reasoning: 0 },
};
const uuid = '54c1eb09-bc4c-4d2f-98eb-6d2ab2d5e2fe';

describe('what a request for a message says to the router', () => {
	it('names model, limit, stream and what the model must be able to do', () => {
		const image = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
		const read = format.readRequest({
			...ASK,
			stream: true,
			system: 'be brief',
			tools: [{ name: 'a', input_schema: {} }],
			thinking: { type: 'enabled', budget_tokens: 1_024 },
			output_config: { format: { type: 'json_schema', schema: {} } },
			messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: '1', content: [image] }] }],
		});
		expect(read).toMatchObject({
			model: 'auto',
			maxOutputTokens: 100,
			isStream: true,
			wantsUsage: true,
			answerCount: 1,
		});
		expect(read.requiredCapabilities.toSorted()).toEqual(['structured-output', 'thinking', 'tools', 'vision']);
		expect(read.conversation).toMatchObject({ system: 'be brief' });
		expect(format.readRequest(ASK)).toMatchObject({ requiredCapabilities: [], session: null, boundToModel: false });
	});

	it('finds the conversation that Claude Code names, in both of its ways', () => {
		const old = { user_id: `user_0a_account__session_${uuid}` };
		const now = { user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: uuid }) };
		expect(format.readRequest({ ...ASK, metadata: old }).session).toBe(uuid);
		expect(format.readRequest({ ...ASK, metadata: now }).session).toBe(uuid);
		expect(format.readRequest({ ...ASK, metadata: { user_id: 'someone' } }).session).toBeNull();
	});

	it('is bound to the model that signed its thinking, not by thinking that nobody signed', () => {
		const withBlock = (block: object) =>
			format.readRequest({ ...ASK, messages: [{ role: 'assistant', content: [block] }] }).boundToModel;
		expect(withBlock({ type: 'thinking', thinking: 'a', signature: 'EsEC' })).toBe(true);
		expect(withBlock({ type: 'redacted_thinking', data: 'EsEC' })).toBe(true);
		expect(withBlock({ type: 'thinking', thinking: 'a', signature: '' })).toBe(false);
	});

	it('says where a wrong field stands and what it must be, and repeats no text', () => {
		const cases: [object, string][] = [
			[{ ...ASK, model: 7 }, 'model is 7; it must be a string.'],
			[{ ...ASK, max_tokens: undefined }, 'max_tokens is missing; it must be a whole number, 0 or more.'],
			[{ ...ASK, max_tokens: 1.5 }, 'max_tokens is 1.5; it must be a whole number, 0 or more.'],
			[{ ...ASK, messages: [] }, 'messages is a list; it must be a list with at least one message.'],
			[
				{ ...ASK, messages: [{ role: 'secret', content: '' }] },
				'messages[0].role is a string; it must be "user", "assistant" or "system".',
			],
			[{ ...ASK, messages: ['hi'] }, 'messages[0] is a string; it must be an object.'],
		];
		for (const [body, message] of cases) expect(() => format.readRequest({ ...body })).toThrow(message);
		const block = { ...ASK, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'what' } }] }] };
		expect(() => format.decodeRequest(block)).toThrow('messages[0].content[0].source.type is a string');
	});
});

describe('a request that is passed through', () => {
	it('keeps every byte but model and limit', () => {
		const text =
			'{ "max_tokens" : 100,\n "new_field":1.0, "model":"auto","messages":[{"role":"user","content":"\\u0068i"}] }';
		const splice = (change: { model: string; maxOutputTokens?: number }) =>
			format.spliceRequest(JsonText.from(text), JSON.parse(text), change).toString();
		expect(splice({ model: 'claude-x', maxOutputTokens: 50 })).toBe(
			text.replace('100', '50').replace('auto', 'claude-x'),
		);
		expect(splice({ model: 'auto' })).toBe(text);
	});

	it('leaves out thinking that another provider’s model had, which Anthropic refuses', () => {
		const thinking = { type: 'thinking', thinking: 'a', signature: '' };
		const body = {
			...ASK,
			messages: [
				{ role: 'user', content: 'hi' },
				{ role: 'assistant', content: [thinking, { type: 'text', text: 'b' }] },
				{ role: 'assistant', content: [thinking] },
			],
		};
		const spliced = JSON.parse(
			format.spliceRequest(JsonText.from(JSON.stringify(body)), body, { model: 'm' }).toString(),
		);
		expect(spliced.messages).toEqual([
			{ role: 'user', content: 'hi' },
			{ role: 'assistant', content: [{ type: 'text', text: 'b' }] },
		]);
	});
});

describe('a request in the neutral form', () => {
	it('names by its path what cannot be carried', () => {
		const { dropped } = format.decodeRequest({
			...ASK,
			messages: [
				{
					role: 'user',
					content: [
						{ type: 'text', text: 'a' },
						{ type: 'container_upload', file_id: 'f' },
					],
				},
				{ role: 'assistant', content: [{ type: 'server_tool_use', id: '1', name: 'bash_code_execution', input: {} }] },
				{ role: 'system', content: 'now be brief' },
			],
			context_management: { edits: [] },
			mcp_servers: [],
			speed: 'warp',
			output_config: { effort: 'utmost' },
			tools: [{ type: 'web_search_20250305', name: 'web_search', cache_control: { type: 'ephemeral' } }],
		});
		expect(dropped.toSorted()).toEqual([
			'context_management',
			'mcp_servers',
			'messages[0].content[1]',
			'output_config.effort',
			'speed',
			'tools[0].cache_control',
		]);
	});

	it('gives Anthropic’s own tools and an effort for models of other providers', () => {
		const { options } = format.decodeRequest({
			...ASK,
			thinking: { type: 'enabled', budget_tokens: 20_000 },
			tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2, allowed_domains: ['a.org'] }],
			tool_choice: { type: 'auto', disable_parallel_tool_use: true },
		});
		expect(options).toMatchObject({
			reasoning: 'high',
			tools: [
				{ type: 'provider', id: 'anthropic.web_search_20250305', args: { maxUses: 2, allowedDomains: ['a.org'] } },
			],
			providerOptions: {
				anthropic: { thinking: { type: 'enabled', budgetTokens: 20_000 }, disableParallelToolUse: true },
				openai: { parallelToolCalls: false },
			},
		});
	});

	it('leaves room for thinking inside the limit, whatever the limit', () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 1_024, max: 100_000 }), (limit, budget) => {
				const body = { ...ASK, max_tokens: limit, thinking: { type: 'enabled', budget_tokens: budget } };
				const { maxOutputTokens = 0, providerOptions } = adjustMaxTokensForThinking(
					format.decodeRequest(body).options,
					{
						takesBudget: true,
						isAdaptive: false,
					},
				);
				const thinking = providerOptions?.['anthropic']?.['thinking'];
				const given = Number((thinking as { budgetTokens?: number }).budgetTokens ?? 0);
				// the AI SDK adds the budget to the limit
				expect(maxOutputTokens + given).toBe(limit);
				expect(given === 0 || given >= 1_024).toBe(true);
				expect(maxOutputTokens).toBeGreaterThan(0);
			}),
		);
	});
});

describe('a whole answer', () => {
	it('is read by the official client: thinking, citations, calls, stop reason', async () => {
		const citations = [
			{
				type: 'char_location',
				cited_text: 'a',
				document_index: 0,
				document_title: null,
				start_char_index: 0,
				end_char_index: 1,
			},
		];
		const { body, dropped } = format.encodeAnswer(
			{
				content: [
					{ type: 'reasoning', text: 'why', providerMetadata: { anthropic: { signature: 'EsEC' } } },
					{ type: 'reasoning', text: '', providerMetadata: { anthropic: { redactedData: 'AAAA' } } },
					{ type: 'text', text: 'so', providerMetadata: { anthropic: { citations } } },
					{ type: 'tool-call', toolCallId: 't1', toolName: 'look', input: '{"a":1}' },
					{ type: 'tool-call', toolCallId: 't2', toolName: 'look', input: 'not json' },
					{ type: 'file', mediaType: 'image/png', data: { type: 'data', data: 'AA==' } },
				],
				finishReason: { unified: 'tool-calls', raw: 'tool_calls' },
				usage: NO_USAGE,
				warnings: [],
			},
			FACTS,
		);
		const client = new Anthropic({ apiKey: 'key', fetch: async () => Response.json(body) });
		const message = await client.messages.create({
			model: 'm',
			max_tokens: 1,
			messages: [{ role: 'user', content: 'hi' }],
		});
		expect(message).toMatchObject({
			id: 'msg_abc',
			stop_reason: 'tool_use',
			content: [
				{ type: 'thinking', thinking: 'why', signature: 'EsEC' },
				{ type: 'redacted_thinking', data: 'AAAA' },
				{ type: 'text', text: 'so', citations },
				{ type: 'tool_use', id: 't1', input: { a: 1 } },
				{ type: 'tool_use', id: 't2', input: { rawInvalidInput: 'not json' } },
			],
		});
		expect(dropped).toEqual(['file']);
	});

	it('gives reasoning of another provider back to it with the next turn', () => {
		const metadata = { openai: { itemId: 'rs_1', reasoningEncryptedContent: 'gAAA' } };
		const answer = {
			content: [{ type: 'reasoning' as const, text: 'why', providerMetadata: metadata }],
			finishReason: { unified: 'stop' as const, raw: 'stop' },
			usage: NO_USAGE,
			warnings: [],
		};
		const { body } = format.encodeAnswer(answer, FACTS);
		const next = { ...ASK, messages: [{ role: 'assistant', content: body['content'] }] };
		expect(format.decodeRequest(next).options.prompt).toEqual([
			{ role: 'assistant', content: [{ type: 'reasoning', text: 'why', providerOptions: metadata }] },
		]);
		expect(format.readRequest(next).boundToModel).toBe(false);
	});

	it('says of an answer that passes through whether anything is in it', () => {
		const usage = { input_tokens: 3, output_tokens: 2 };
		const read = (content: unknown[], stop_reason: string) =>
			format.readAnswer({ type: 'message', content, stop_reason, usage });
		expect(read([{ type: 'text', text: 'a' }], 'end_turn')).toMatchObject({
			finishReason: 'stop',
			hasOutput: true,
			isRefusal: false,
			usage: { inputTokens: 3, outputTokens: 2 },
		});
		expect(read([{ type: 'tool_use', id: '1', name: 'a', input: {} }], 'tool_use').hasOutput).toBe(true);
		expect(read([{ type: 'text', text: '' }], 'end_turn').hasOutput).toBe(false);
		expect(read([], 'refusal')).toMatchObject({ finishReason: 'content-filter', hasOutput: true, isRefusal: true });
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
	it('is thrown by the official client as what it is, with our words', async () => {
		const cases: [number, string, string | null][] = [
			[400, 'invalid_request_error', null],
			[401, 'authentication_error', null],
			[402, 'billing_error', 'ROUTER_BUDGET_EXCEEDED'],
			[404, 'not_found_error', 'ROUTER_UNKNOWN_MODEL'],
			[413, 'request_too_large', null],
			[422, 'invalid_request_error', null],
			[429, 'rate_limit_error', null],
			[500, 'api_error', null],
			[503, 'overloaded_error', null],
			[529, 'overloaded_error', 'overloaded_error'],
		];
		for (const [status, type, code] of cases) {
			const error: WireError = { status, message: `It failed with ${status}.`, code };
			const client = new Anthropic({
				apiKey: 'key',
				maxRetries: 0,
				fetch: async () => Response.json(format.encodeError(error), { status }),
			});
			const call = client.messages.create({ model: 'm', max_tokens: 1, messages: [{ role: 'user', content: 'hi' }] });
			await expect(call).rejects.toMatchObject({ status, error: { error: { type, message: error.message } } });
		}
	});
});
