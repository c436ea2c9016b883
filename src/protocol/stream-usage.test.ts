import { describe, expect, it } from 'vitest';
import { priceUsage } from '../catalog/index.ts';
import type { Pricing, Usage } from '../contracts/index.ts';
import {
	createAnthropicUsageReader,
	createGeminiUsageReader,
	createOpenAiChatUsageReader,
	createOpenAiResponsesUsageReader,
	estimateInterruptedUsage,
	type StreamUsageReader,
} from './index.ts';

/** $3 in, $15 out, $0.3 read, $3.75 and $6 written, per million tokens; a search is a cent. */
const RATES: Pricing = {
	input: 3_000_000,
	output: 15_000_000,
	cacheRead: 300_000,
	cacheWrite5m: 3_750_000,
	cacheWrite1h: 6_000_000,
	serviceTiers: { flex: { input: 1_500_000, output: 7_500_000, cacheRead: 150_000 } },
	perUse: { webSearch: 10_000_000 },
	source: 'test',
	asOf: '2026-11-24',
};

function read(reader: StreamUsageReader, events: readonly unknown[]): StreamUsageReader {
	for (const event of events) reader.push(event);
	return reader;
}

function costOf(usage: Usage | null): number {
	if (usage === null) throw new Error('the stream said its usage');
	return priceUsage(usage, RATES, 0).totalNanoUsd;
}

// the shapes of https://docs.claude.com/en/docs/build-with-claude/streaming
const ANTHROPIC = [
	{
		type: 'message_start',
		message: {
			id: 'msg_1',
			type: 'message',
			usage: {
				input_tokens: 25,
				cache_creation_input_tokens: 300,
				cache_read_input_tokens: 1000,
				cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
				output_tokens: 1,
				service_tier: 'standard',
				inference_geo: 'not_available',
			},
		},
	},
	{ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
	{ type: 'ping' },
	{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
	{ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: '!' } },
	{ type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 7 } },
	{
		type: 'message_delta',
		delta: { stop_reason: 'end_turn' },
		usage: { output_tokens: 15, server_tool_use: { web_search_requests: 2 } },
	},
	{ type: 'message_stop' },
];

describe('Anthropic', () => {
	it('output counts are cumulative: the last one counts, not their sum', () => {
		const reader = read(createAnthropicUsageReader(), ANTHROPIC);
		expect(reader.usage()).toEqual({
			inputTokens: 25,
			cacheReadTokens: 1000,
			cacheWrite5mTokens: 100,
			cacheWrite1hTokens: 200,
			outputTokens: 15,
			reasoningTokens: 0,
			perUse: { webSearch: 2 },
		});
		// 25×3 + 1000×0.3 + 100×3.75 + 200×6 + 15×15 = 75 + 300 + 375 + 1200 + 225 = 2175 micro-dollars, and two cents
		expect(costOf(reader.usage())).toBe(22_175_000);
		expect(reader.outputCharacters).toBe(6);
	});

	it('a stream cut half way keeps its input and is metered for the output, marked estimated', () => {
		const reader = read(createAnthropicUsageReader(), ANTHROPIC.slice(0, 5));
		const usage = estimateInterruptedUsage(reader, { inputTokens: 9999, outputTokens: 40 });
		expect(usage).toMatchObject({ inputTokens: 25, cacheReadTokens: 1000, outputTokens: 40, isEstimated: true });
		// 75 + 300 + 375 + 1200 + 40×15 = 2550 micro-dollars
		expect(costOf(usage)).toBe(2_550_000);
	});

	it('never books less than the provider had said before the cut', () => {
		const reader = read(createAnthropicUsageReader(), ANTHROPIC.slice(0, 6));
		expect(estimateInterruptedUsage(reader, { inputTokens: 0, outputTokens: 2 }).outputTokens).toBe(7);
	});
});

// the shapes of https://platform.openai.com/docs/api-reference/chat-streaming
const CHAT = [
	{ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content: '' } }], usage: null },
	{ object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: 'Hi' } }], usage: null },
	{
		object: 'chat.completion.chunk',
		choices: [{ index: 0, delta: { tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] } }],
		usage: null,
	},
	{ object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null },
	{
		object: 'chat.completion.chunk',
		choices: [],
		service_tier: 'flex',
		usage: {
			prompt_tokens: 1000,
			completion_tokens: 300,
			total_tokens: 1300,
			prompt_tokens_details: { cached_tokens: 600 },
			completion_tokens_details: { reasoning_tokens: 200 },
		},
	},
];

describe('OpenAI chat', () => {
	it('the last chunk has the usage; cached input and reasoning are parts of their wholes', () => {
		const reader = read(createOpenAiChatUsageReader(), CHAT);
		expect(reader.usage()).toEqual({
			inputTokens: 400,
			cacheReadTokens: 600,
			cacheWrite5mTokens: 0,
			cacheWrite1hTokens: 0,
			outputTokens: 100,
			reasoningTokens: 200,
			serviceTier: 'flex',
		});
		// flex: 400×1.5 + 600×0.15 + 300×7.5 = 600 + 90 + 2250 micro-dollars
		expect(costOf(reader.usage())).toBe(2_940_000);
		expect(reader.outputCharacters).toBe(9);
	});

	it('a server that says its usage in every chunk is not added up', () => {
		const usages = [10, 20, 30].map((count) => ({
			choices: [],
			usage: { prompt_tokens: 5, completion_tokens: count },
		}));
		expect(read(createOpenAiChatUsageReader(), usages).usage()).toMatchObject({ inputTokens: 5, outputTokens: 30 });
	});

	it('a client that did not ask gets none: it is metered, marked estimated', () => {
		const reader = read(createOpenAiChatUsageReader(), CHAT.slice(0, 4));
		expect(reader.usage()).toBeNull();
		const usage = estimateInterruptedUsage(reader, { inputTokens: 12.2, outputTokens: 2.1 });
		expect(usage).toMatchObject({ inputTokens: 13, outputTokens: 3, isEstimated: true });
	});
});

it('OpenAI responses: the event that ends the stream has the usage, the service and the searches', () => {
	const usage = {
		input_tokens: 1000,
		input_tokens_details: { cached_tokens: 600 },
		output_tokens: 300,
		output_tokens_details: { reasoning_tokens: 200 },
		total_tokens: 1300,
	};
	const output = [{ type: 'web_search_call' }, { type: 'message' }];
	const reader = read(createOpenAiResponsesUsageReader(), [
		{ type: 'response.created', response: { usage: null } },
		{ type: 'response.output_text.delta', delta: 'Hello' },
		{ type: 'response.function_call_arguments.delta', delta: '{}' },
		{ type: 'response.completed', response: { usage, output, service_tier: 'default' } },
	]);
	// 400×3 + 600×0.3 + 300×15 = 1200 + 180 + 4500 micro-dollars, and a cent
	expect(costOf(reader.usage())).toBe(15_880_000);
	expect(reader.outputCharacters).toBe(7);
});

it('Gemini: every chunk repeats the counts so far; thoughts are beside the answer', () => {
	const chunk = (text: string, usageMetadata: object) => ({
		candidates: [{ content: { parts: [{ text }] } }],
		usageMetadata,
	});
	const reader = read(createGeminiUsageReader(), [
		chunk('He', { promptTokenCount: 100, totalTokenCount: 100, trafficType: 'ON_DEMAND' }),
		chunk('llo', { promptTokenCount: 100, candidatesTokenCount: 4, thoughtsTokenCount: 50, totalTokenCount: 154 }),
		chunk('', { promptTokenCount: 100, candidatesTokenCount: 9, thoughtsTokenCount: 50, cachedContentTokenCount: 80 }),
	]);
	// 20×3 + 80×0.3 + 59×15 = 60 + 24 + 885 micro-dollars
	expect(costOf(reader.usage())).toBe(969_000);
	expect(reader.outputCharacters).toBe(5);
});

it('Gemini: searches said in one chunk and counts said in another are both there at the end', () => {
	const usageMetadata = { promptTokenCount: 100, candidatesTokenCount: 4 };
	const grounded = { groundingMetadata: { webSearchQueries: ['weather in Bern'] } };
	const reader = read(createGeminiUsageReader(), [
		{ candidates: [grounded], usageMetadata: { ...usageMetadata, cachedContentTokenCount: 60 } },
		{ candidates: [{}], usageMetadata: { ...usageMetadata, candidatesTokenCount: 9 } },
	]);
	// 40×3 + 60×0.3 + 9×15 = 120 + 18 + 135 micro-dollars, and a cent
	expect(costOf(reader.usage())).toBe(10_273_000);
});

it('a service with rates nobody knows stays visible', () => {
	const reader = createOpenAiChatUsageReader();
	reader.push({ choices: [], service_tier: 'scale', usage: { prompt_tokens: 1, completion_tokens: 1 } });
	expect(reader.usage()?.unknownFields).toEqual({ service_tier: 'scale' });
	const fast = createAnthropicUsageReader();
	fast.push({
		type: 'message_start',
		message: { usage: { input_tokens: 1, output_tokens: 1, speed: 'fast', inference_geo: 'us' } },
	});
	expect(fast.usage()).toMatchObject({ region: 'us', unknownFields: { speed: 'fast' } });
});

it('what is no event, or no count, never becomes money', () => {
	const reader = createOpenAiChatUsageReader();
	for (const odd of [null, 'x', 5, [], { choices: 'no' }, { usage: 'heavy' }]) reader.push(odd);
	expect(reader.usage()).toBeNull();
	reader.push({ choices: [], usage: { prompt_tokens: -1, completion_tokens: 1 } });
	expect(reader.usage()).toMatchObject({ inputTokens: 0, isEstimated: true });
});

describe('all that is written is metered, in whatever member a provider sends it', () => {
	const choice = (delta: object) => ({ choices: [{ index: 0, delta }] });
	const part = (content: object) => ({ candidates: [{ content: { parts: [content] } }] });
	it.each<[string, () => StreamUsageReader, object]>([
		['chat: a function call', createOpenAiChatUsageReader, choice({ function_call: { arguments: 'written' } })],
		[
			'chat: a call with free text',
			createOpenAiChatUsageReader,
			choice({ tool_calls: [{ index: 0, type: 'custom', custom: { input: 'written' } }] }),
		],
		['chat: details of reasoning', createOpenAiChatUsageReader, choice({ reasoning_details: [{ text: 'written' }] })],
		[
			'chat: a whole message',
			createOpenAiChatUsageReader,
			{ choices: [{ index: 0, message: { content: 'written' } }] },
		],
		['chat: the text of a completion', createOpenAiChatUsageReader, { choices: [{ index: 0, text: 'written' }] }],
		['chat: what is spoken', createOpenAiChatUsageReader, choice({ audio: { transcript: 'written' } })],
		[
			'Anthropic: the beginning of a block',
			createAnthropicUsageReader,
			{ type: 'content_block_start', content_block: { type: 'text', text: 'written' } },
		],
		[
			'Anthropic: a compaction',
			createAnthropicUsageReader,
			{ type: 'content_block_delta', delta: { type: 'compaction_delta', content: 'written' } },
		],
		['Gemini: code that it runs', createGeminiUsageReader, part({ executableCode: { code: 'written' } })],
	])('%s', (_name, createReader, event) => {
		expect(read(createReader(), [event]).takeOutput().text).toBe('written');
	});

	it('reasoning that is named twice counts once', () => {
		const delta = { reasoning: 'written', reasoning_details: [{ text: 'written' }] };
		expect(read(createOpenAiChatUsageReader(), [choice(delta)]).takeOutput().text).toBe('written');
	});
});
