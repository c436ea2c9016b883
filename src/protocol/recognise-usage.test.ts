import { describe, expect, it } from 'vitest';
import type { Usage } from '../contracts/index.ts';
import {
	readAnthropicUsage,
	readGeminiUsage,
	readOpenAiChatUsage,
	readOpenAiResponsesUsage,
	recogniseUsage,
} from './index.ts';

const NOTHING = {
	inputTokens: 0,
	cacheReadTokens: 0,
	cacheWrite5mTokens: 0,
	cacheWrite1hTokens: 0,
	outputTokens: 0,
	reasoningTokens: 0,
};

describe('no token is counted in two classes, whatever the provider adds up', () => {
	it('Anthropic: input leaves the cache out; writes are parted by their life', () => {
		const usage = {
			input_tokens: 21,
			cache_creation_input_tokens: 500,
			cache_read_input_tokens: 1800,
			cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 200 },
			output_tokens: 393,
			server_tool_use: { web_search_requests: 2 },
			service_tier: 'standard',
		};
		expect(readAnthropicUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 21,
			cacheReadTokens: 1800,
			cacheWrite5mTokens: 300,
			cacheWrite1hTokens: 200,
			outputTokens: 393,
			perUse: { webSearch: 2 },
		});
		// Without the split every write has the default life of five minutes.
		expect(
			readAnthropicUsage({ input_tokens: 1, output_tokens: 1, cache_creation_input_tokens: 7 }).cacheWrite5mTokens,
		).toBe(7);
	});

	it('OpenAI chat: cached tokens are inside the prompt, reasoning inside the completion', () => {
		const usage = {
			prompt_tokens: 2006,
			completion_tokens: 300,
			total_tokens: 2306,
			prompt_tokens_details: { cached_tokens: 1920, audio_tokens: 0 },
			completion_tokens_details: { reasoning_tokens: 192, accepted_prediction_tokens: 0 },
		};
		expect(readOpenAiChatUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 86,
			cacheReadTokens: 1920,
			outputTokens: 108,
			reasoningTokens: 192,
		});
	});

	it('OpenAI responses: the same under other names', () => {
		const usage = {
			input_tokens: 75,
			input_tokens_details: { cached_tokens: 50 },
			output_tokens: 1186,
			output_tokens_details: { reasoning_tokens: 1024 },
			total_tokens: 1261,
		};
		expect(readOpenAiResponsesUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 25,
			cacheReadTokens: 50,
			outputTokens: 162,
			reasoningTokens: 1024,
		});
	});

	it('Gemini: cached tokens are inside the prompt, thoughts outside the candidates, tool results are input', () => {
		const usage = {
			promptTokenCount: 1000,
			cachedContentTokenCount: 600,
			candidatesTokenCount: 80,
			thoughtsTokenCount: 120,
			toolUsePromptTokenCount: 30,
			totalTokenCount: 1230,
		};
		expect(readGeminiUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 430,
			cacheReadTokens: 600,
			outputTokens: 80,
			reasoningTokens: 120,
		});
	});

	it('Anthropic: what the split of cache writes leaves out has the default life; thinking is a part of the output', () => {
		const usage = {
			input_tokens: 10,
			cache_creation_input_tokens: 500,
			cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 200 },
			output_tokens: 300,
			output_tokens_details: { thinking_tokens: 180 },
		};
		expect(readAnthropicUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 10,
			cacheWrite5mTokens: 300,
			cacheWrite1hTokens: 200,
			outputTokens: 120,
			reasoningTokens: 180,
		});
	});

	it('Anthropic: a compaction is billed beside what the usage adds up; another model’s part stays visible', () => {
		const part = { cache_creation: null, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
		const advisor = { ...part, type: 'advisor_message', model: 'claude-opus-5', input_tokens: 900, output_tokens: 70 };
		const usage = {
			input_tokens: 23_000,
			output_tokens: 1000,
			iterations: [
				{ ...part, type: 'compaction', input_tokens: 180_000, cache_read_input_tokens: 400, output_tokens: 3500 },
				{ ...part, type: 'message', input_tokens: 23_000, output_tokens: 1000 },
				advisor,
			],
		};
		expect(readAnthropicUsage(usage)).toEqual({
			...NOTHING,
			inputTokens: 203_000,
			cacheReadTokens: 400,
			outputTokens: 4500,
			unknownFields: { iterations: [advisor] },
		});
		const broken = { ...usage, iterations: [{ type: 'compaction', input_tokens: -1 }] };
		expect(readAnthropicUsage(broken)).toMatchObject({
			inputTokens: 23_000,
			isEstimated: true,
			unknownFields: { refusedUsage: expect.stringMatching(/^usage\.iterations\[0\]\.input_tokens is -1/) },
		});
	});

	it('OpenAI responses: a search is billed, a page opened after it is not', () => {
		const output = ['search', 'open_page', 'find_in_page', 'search'].map((type) => ({
			type: 'web_search_call',
			action: { type },
		}));
		const usage = { input_tokens: 1, output_tokens: 1 };
		const files = [{ type: 'file_search_call' }, { type: 'message' }];
		expect(readOpenAiResponsesUsage(usage, { output: [...output, ...files] }).perUse).toEqual({
			webSearch: 2,
			fileSearch: 1,
		});
	});

	it('Gemini: searches of a grounded answer are uses', () => {
		const answer = {
			candidates: [{ groundingMetadata: { webSearchQueries: ['a', 'b'] } }, {}],
			usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 1, initialPromptTokenCount: 5 },
		};
		expect(recogniseUsage(answer)?.usage).toEqual({
			...NOTHING,
			inputTokens: 5,
			outputTokens: 1,
			perUse: { webSearch: 2 },
		});
	});

	it('tokens with rates of their own stay visible, wherever they stand', () => {
		const chat = {
			prompt_tokens: 10,
			completion_tokens: 10,
			prompt_tokens_details: { audio_tokens: 4, text_tokens: 6 },
			completion_tokens_details: { audio_tokens: 3, rejected_prediction_tokens: 2 },
		};
		expect(readOpenAiChatUsage(chat).unknownFields).toEqual({
			'prompt_tokens_details.audio_tokens': 4,
			'completion_tokens_details.audio_tokens': 3,
		});
		const longLife = { cache_write_tokens: 5, cache_write_tokens_details: { ttl_30m_tokens: 1, ttl_12h_tokens: 4 } };
		expect(
			readOpenAiResponsesUsage({ input_tokens: 9, output_tokens: 1, input_tokens_details: longLife }).unknownFields,
		).toEqual({ 'input_tokens_details.cache_write_tokens_details.ttl_12h_tokens': 4 });
		const gemini = {
			promptTokenCount: 20,
			promptTokensDetails: [
				{ modality: 'TEXT', tokenCount: 5 },
				{ modality: 'AUDIO', tokenCount: 15 },
			],
		};
		expect(readGeminiUsage(gemini).unknownFields).toEqual({ 'promptTokensDetails.AUDIO': 15 });
		const cached = { cache_creation: { ephemeral_24h_input_tokens: 7, ephemeral_5m_input_tokens: 0 } };
		expect(readAnthropicUsage({ input_tokens: 1, output_tokens: 1, ...cached }).unknownFields).toEqual({
			'cache_creation.ephemeral_24h_input_tokens': 7,
		});
	});

	it('one impossible figure costs no other: it counts 0, is named, and the usage is marked estimated', () => {
		const refusal = (usage: Usage) => [usage.isEstimated, usage.unknownFields?.['refusedUsage']];
		const chat = readOpenAiChatUsage({ prompt_tokens: 10, completion_tokens: 1.5 });
		expect(chat).toMatchObject({ inputTokens: 10, outputTokens: 0 });
		expect(refusal(chat)).toEqual([true, expect.stringMatching(/^usage\.completion_tokens is 1\.5; a count must/)]);
		const both = readAnthropicUsage({ input_tokens: -1, output_tokens: '4', cache_read_input_tokens: 3 });
		expect(both).toMatchObject({ inputTokens: 0, cacheReadTokens: 3, outputTokens: 0 });
		expect(refusal(both)).toEqual([
			true,
			expect.stringMatching(/usage\.output_tokens is a string.*usage\.input_tokens is -1/),
		]);
		const gemini = readGeminiUsage({ promptTokenCount: Number.NaN, candidatesTokenCount: 1e308 });
		expect(refusal(gemini)).toEqual([
			true,
			expect.stringMatching(/usageMetadata\.promptTokenCount is NaN.*is 1e\+308/),
		]);
	});

	it('a part larger than its whole costs neither of them: both are booked, as an estimate', () => {
		const cached = { cached_tokens: 11 };
		expect(readOpenAiChatUsage({ prompt_tokens: 10, completion_tokens: 1, prompt_tokens_details: cached })).toEqual({
			...NOTHING,
			inputTokens: 10,
			cacheReadTokens: 11,
			outputTokens: 1,
			isEstimated: true,
		});
		const details = { reasoning_tokens: 19 };
		const thought = {
			prompt_tokens: 4865,
			completion_tokens: 16,
			total_tokens: 4881,
			completion_tokens_details: details,
		};
		expect(readOpenAiChatUsage(thought)).toEqual({
			...NOTHING,
			inputTokens: 4865,
			outputTokens: 16,
			reasoningTokens: 19,
			isEstimated: true,
		});
		expect(readGeminiUsage({ promptTokenCount: 5, cachedContentTokenCount: 6, candidatesTokenCount: 1 })).toEqual({
			...NOTHING,
			inputTokens: 5,
			cacheReadTokens: 6,
			outputTokens: 1,
			isEstimated: true,
		});
	});

	it('Grok at Azure counts cached tokens beside the prompt: nothing of it is a guess', () => {
		const usage = {
			prompt_tokens: 7,
			completion_tokens: 1,
			total_tokens: 8,
			prompt_tokens_details: { cached_tokens: 163, text_tokens: 7 },
		};
		expect(readOpenAiChatUsage(usage)).toEqual({ ...NOTHING, inputTokens: 7, cacheReadTokens: 163, outputTokens: 1 });
	});

	it.each([
		[
			'OpenRouter, USD',
			{ cost: 0.000_101_7, cost_details: { upstream_inference_cost: null }, is_byok: false },
			101_700,
		],
		[
			'OpenRouter with a key of one’s own',
			{ cost: 0, cost_details: { upstream_inference_cost: 0.000_226_5 }, is_byok: true },
			226_500,
		],
		['OpenRouter, a free model', { cost: 0 }, 0],
		['Perplexity', { cost: { input_tokens_cost: 0.000_07, total_cost: 0.0051 } }, 5_100_000],
		['xAI, ticks of 1e-10 USD', { cost_in_usd_ticks: 4_009_001 }, 400_901],
		['Grok at Azure, whose ticks are always 0', { cost_in_usd_ticks: 0 }, undefined],
		['an amount that nobody pays for a call', { cost: 1e9 }, undefined],
		['no amount', { cost: 'free', cost_in_usd_ticks: -3 }, undefined],
	])('the cost that a provider states is kept: %s', (_name, stated, nanoUsd) => {
		const usage = readOpenAiChatUsage({ prompt_tokens: 3, completion_tokens: 4, ...stated });
		expect(usage.providerCostNanoUsd).toBe(nanoUsd);
		expect(usage.unknownFields).toBeUndefined();
	});

	it('Gemini: a modality without a count is no unknown charge', () => {
		const usage = { promptTokenCount: 5, candidatesTokenCount: 1, candidatesTokensDetails: [{ modality: 'AUDIO' }] };
		expect(readGeminiUsage(usage)).toEqual({ ...NOTHING, inputTokens: 5, outputTokens: 1 });
	});

	it('keeps fields nobody knows, so that a new kind of charge is seen', () => {
		expect(readAnthropicUsage({ input_tokens: 1, output_tokens: 1, telepathy_tokens: 5 }).unknownFields).toEqual({
			telepathy_tokens: 5,
		});
	});
});

describe('recogniseUsage', () => {
	it.each([
		[
			'a message of Anthropic',
			{ type: 'message', model: 'claude', usage: { input_tokens: 3, output_tokens: 4 } },
			'anthropic-messages',
		],
		[
			'a completion of OpenAI',
			{ object: 'chat.completion', usage: { prompt_tokens: 3, completion_tokens: 4 } },
			'openai-chat',
		],
		['a response of OpenAI', { object: 'response', usage: { input_tokens: 3, output_tokens: 4 } }, 'openai-responses'],
		['an answer of Gemini', { usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 } }, 'gemini'],
		['a result of the AI SDK', { text: 'x', usage: { inputTokens: 3, outputTokens: 4 } }, 'ai-sdk'],
		['{ output, usage }', { output: 'x', usage: { input: 3, output: 4 } }, 'counts'],
		['bare counts', { input: 3, output: 4 }, 'counts'],
	])('%s', (_name, value, format) => {
		expect(recogniseUsage(value)).toMatchObject({ format, usage: { ...NOTHING, inputTokens: 3, outputTokens: 4 } });
	});

	it('a message of Anthropic that reports its thinking is no response of OpenAI', () => {
		const usage = {
			input_tokens: 3,
			cache_creation_input_tokens: 7,
			output_tokens: 9,
			output_tokens_details: { thinking_tokens: 5 },
		};
		expect(recogniseUsage({ type: 'message', usage })).toMatchObject({
			format: 'anthropic-messages',
			usage: { ...NOTHING, inputTokens: 3, cacheWrite5mTokens: 7, outputTokens: 4, reasoningTokens: 5 },
		});
		const searched = { ...usage, server_tool_use: { web_search_requests: 1 }, cache_read_input_tokens: 20_000 };
		expect(recogniseUsage({ usage: searched })).toMatchObject({
			format: 'anthropic-messages',
			usage: { inputTokens: 3, cacheReadTokens: 20_000, perUse: { webSearch: 1 } },
		});
		const told = { input_tokens: 3, output_tokens: 9, output_tokens_details: { thinking_tokens: 5 } };
		expect(recogniseUsage({ type: 'message', usage: told })?.format).toBe('anthropic-messages');
		expect(recogniseUsage({ usage: told })?.format).toBe('anthropic-messages');
		expect(recogniseUsage({ object: 'response', usage: told })?.format).toBe('openai-responses');
		expect(recogniseUsage({ usage: { input_tokens: 3, output_tokens: 4, output_tokens_details: {} } })).toMatchObject({
			format: 'openai-responses',
		});
	});

	it('our own form loses nothing on its way from a provider to the ledger', () => {
		const usage = {
			...NOTHING,
			inputTokens: 3,
			cacheWrite1hTokens: 2,
			perUse: { webSearch: 2 },
			serviceTier: 'batch',
			region: 'us',
			isEstimated: true,
			providerCostNanoUsd: 12,
			unknownFields: { speed: 'fast' },
		};
		expect(recogniseUsage({ text: 'x', usage })).toMatchObject({ format: 'neutral', usage });
		expect(recogniseUsage({ usage: { ...usage, perUse: { webSearch: -1 } } })).toBeNull();
	});

	it.each([
		['a text', 'hello'],
		['nothing', null],
		['an object about something else', { usage: 'heavy' }],
		['impossible figures', { usage: { input_tokens: -5, output_tokens: 1 } }],
		[
			'an object whose getter throws',
			{
				get usage() {
					throw new Error('no');
				},
			},
		],
	])('%s has none, and nothing is thrown', (_name, value) => {
		expect(recogniseUsage(value)).toBeNull();
	});
});
