import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import type { LanguageModelV4 } from '@ai-sdk/provider';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import type { WireFormatName } from '../contracts/index.ts';
import { getTokenRates, repairAnswer } from '../protocol/index.ts';
import { createTextTokenCounter } from '../tokenizer/index.ts';
import { generateNeutral, OutputMeter, UsageMeter } from './index.ts';

/** What is booked for a translated answer that comes through the provider's own client library. */
async function bookedFor(
	answerFormat: WireFormatName,
	body: object,
	open: (fetch: typeof globalThis.fetch) => LanguageModelV4,
) {
	const fetch = async () => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
	const call = {
		answerFormat,
		expectedInputTokens: 10,
		usageLimits: { inputTokens: 1_000_000, outputTokens: 10_000 },
		openModel: () => open(fetch),
		options: { prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hi' }] }] },
		signal: new AbortController().signal,
		target: { provider: 'p', model: 'm' },
		output: new OutputMeter(
			{ allowedTokens: 10_000, limitTokens: 10_000 },
			getTokenRates({ provider: 'openai', modelId: 'm' }),
			createTextTokenCounter(),
		),
		onHeaders() {},
	};
	return (await generateNeutral(call, new UsageMeter())).usage;
}

const message = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'm',
	stop_reason: 'end_turn',
	stop_sequence: null,
};

it('an answer whose usage cannot be is never charged for less than its text can take, whatever its script', async () => {
	const text = '👩‍👧 懒狗 sum(items) '.repeat(20);
	const open = (fetch: typeof globalThis.fetch) => createAnthropic({ apiKey: 'k', fetch })('claude-sonnet-5');
	const reported = { input_tokens: 5, output_tokens: 1e15 };
	const body = { ...message, content: [{ type: 'text', text }], usage: reported };
	const usage = await bookedFor('anthropic-messages', body, open);
	expect(usage.isEstimated).toBe(true);
	expect(usage.outputTokens).toBeGreaterThanOrEqual(countTokens(text));
});

describe('a translated answer costs what its provider reports, in the provider’s own words', () => {
	it('newer Claude usage, which has details of its output as OpenAI’s has', async () => {
		const usage = {
			input_tokens: 2,
			cache_creation_input_tokens: 1590,
			cache_read_input_tokens: 20_000,
			output_tokens: 4,
			output_tokens_details: { thinking_tokens: 0 },
			server_tool_use: { web_search_requests: 1, web_fetch_requests: 0 },
		};
		const body = { ...message, content: [{ type: 'text', text: 'OK' }], usage };
		const open = (fetch: typeof globalThis.fetch) => createAnthropic({ apiKey: 'k', fetch })('claude-sonnet-5');
		expect(await bookedFor('anthropic-messages', body, open)).toEqual({
			inputTokens: 2,
			cacheReadTokens: 20_000,
			cacheWrite5mTokens: 1590,
			cacheWrite1hTokens: 0,
			outputTokens: 4,
			reasoningTokens: 0,
			perUse: { webSearch: 1 },
		});
	});

	it('searches of OpenAI’s Responses, which stand beside the usage', async () => {
		const output = [
			{ type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'x' } },
			{
				type: 'message',
				id: 'msg_1',
				role: 'assistant',
				status: 'completed',
				content: [{ type: 'output_text', text: 'OK', annotations: [] }],
			},
		];
		const usage = { input_tokens: 100, output_tokens: 10, total_tokens: 110 };
		const body = { id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model: 'm', output, usage };
		const open = (fetch: typeof globalThis.fetch) => createOpenAI({ apiKey: 'k', fetch }).responses('gpt-5');
		expect(await bookedFor('openai-responses', body, open)).toMatchObject({
			inputTokens: 100,
			outputTokens: 10,
			perUse: { webSearch: 1 },
		});
	});
});

describe('an answer that a client library refuses is made readable', () => {
	it('with what some providers leave out, and without usage, which is read from the answer as it came', () => {
		const content = [{ type: 'output_text', text: 'OK' }];
		expect(repairAnswer('openai-responses', { id: 'r', output: [{ type: 'message', content }], usage: 'odd' })).toEqual(
			{
				id: 'r',
				output: [{ type: 'message', content: [{ type: 'output_text', text: 'OK', annotations: [] }] }],
			},
		);
		const candidates = [{ content: { parts: [{ text: 'OK' }] } }];
		const usageMetadata = { candidatesTokensDetails: [{ modality: 'AUDIO' }] };
		expect(repairAnswer('gemini', { candidates, usageMetadata })).toEqual({ candidates });
		expect(repairAnswer('anthropic-messages', { ...message, usage: {} })).toEqual({
			...message,
			usage: { input_tokens: 0, output_tokens: 0 },
		});
	});
});
