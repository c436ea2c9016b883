import type { JSONObject, LanguageModelV4Usage } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNeutralUsage } from './read-neutral-usage.ts';

function usage(
	input: Partial<LanguageModelV4Usage['inputTokens']>,
	output: Partial<LanguageModelV4Usage['outputTokens']>,
	raw?: JSONObject,
) {
	const nothing = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
	return readNeutralUsage({
		inputTokens: { ...nothing, ...input },
		outputTokens: { total: undefined, text: undefined, reasoning: undefined, ...output },
		...(raw === undefined ? {} : { raw }),
	});
}

describe('the AI SDK’s usage in disjoint classes', () => {
	it('counts every token once, whatever a provider calls the whole', () => {
		const count = fc.nat(1_000_000);
		fc.assert(
			fc.property(
				count,
				count,
				count,
				count,
				count,
				fc.boolean(),
				(noCache, read, written, text, reasoning, isWholeText) => {
					const total = text + reasoning;
					const read1 = usage(
						{ total: noCache + read + written, noCache, cacheRead: read, cacheWrite: written },
						{ total, text: isWholeText ? total : text, reasoning },
					);
					expect(read1).toEqual({
						inputTokens: noCache,
						cacheReadTokens: read,
						cacheWrite5mTokens: written,
						cacheWrite1hTokens: 0,
						outputTokens: text,
						reasoningTokens: reasoning,
					});
					const totals = usage(
						{ total: noCache + read + written, cacheRead: read, cacheWrite: written },
						{ total, reasoning },
					);
					expect(totals).toEqual(read1);
				},
			),
		);
	});

	it('takes the lives of cache writes and the tools used from Anthropic’s own report', () => {
		const raw = {
			input_tokens: 10,
			cache_read_input_tokens: 3,
			cache_creation_input_tokens: 7,
			cache_creation: { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 5 },
			output_tokens: 20,
			server_tool_use: { web_search_requests: 2 },
		};
		expect(usage({ total: 20, noCache: 10, cacheRead: 3, cacheWrite: 7 }, { total: 20 }, raw)).toMatchObject({
			inputTokens: 10,
			cacheWrite5mTokens: 2,
			cacheWrite1hTokens: 5,
			outputTokens: 20,
			perUse: { webSearch: 2 },
		});
	});

	it('does not take Bedrock’s input for a total: it leaves the cache out', () => {
		const raw = { inputTokens: 10, outputTokens: 5, totalTokens: 115, cacheReadInputTokens: 100 };
		expect(usage({ total: 110, noCache: 10, cacheRead: 100, cacheWrite: 0 }, { total: 5, text: 5 }, raw)).toMatchObject(
			{
				inputTokens: 10,
				cacheReadTokens: 100,
				outputTokens: 5,
			},
		);
	});

	it('counts the searches Google made, and the service OpenAI gave, which the answer around tells', () => {
		const none = { total: 9, noCache: 9, cacheRead: 0, cacheWrite: undefined };
		const counts = { inputTokens: none, outputTokens: { total: 2, text: 2, reasoning: 0 } };
		const google = { ...counts, raw: { promptTokenCount: 9, candidatesTokenCount: 2 } };
		const searched = { google: { groundingMetadata: { webSearchQueries: ['a', 'b'] } } };
		expect(readNeutralUsage(google, searched).perUse).toEqual({ webSearch: 2 });
		const openai = { ...counts, raw: { prompt_tokens: 9, completion_tokens: 2 } };
		expect(readNeutralUsage(openai, { openai: { serviceTier: 'flex' } }).serviceTier).toBe('flex');
	});

	it('bills no cache write twice where the AI SDK leaves it in the uncached input', () => {
		const raw = { prompt_tokens: 4020, completion_tokens: 4, prompt_tokens_details: { cache_write_tokens: 4012 } };
		const input = { total: 4020, noCache: 4020, cacheRead: 0 };
		expect(usage(input, { total: 4, text: 4, reasoning: 0 }, raw)).toMatchObject({
			inputTokens: 8,
			cacheWrite5mTokens: 4012,
			outputTokens: 4,
		});
	});

	it('keeps steps that a provider leaves out of its own report', () => {
		const raw = { input_tokens: 10, cache_read_input_tokens: 3, output_tokens: 20 };
		expect(usage({ total: 53, noCache: 50, cacheRead: 3 }, { total: 30 }, raw)).toMatchObject({
			inputTokens: 50,
			cacheReadTokens: 3,
			outputTokens: 30,
		});
	});

	it('marks a usage without any count as estimated, so that nobody books it as free', () => {
		expect(usage({}, {})).toMatchObject({ inputTokens: 0, outputTokens: 0, isEstimated: true });
	});
});
