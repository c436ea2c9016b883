import { createAnthropic } from '@ai-sdk/anthropic';
import type { LanguageModelV4CallOptions } from '@ai-sdk/provider';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withOutputLimit } from './anthropic.ts';

const ANSWER = {
	id: 'msg_1',
	type: 'message',
	role: 'assistant',
	model: 'm',
	content: [{ type: 'text', text: 'ok' }],
	stop_reason: 'end_turn',
	stop_sequence: null,
	usage: { input_tokens: 1, output_tokens: 1 },
};

/** What is sent to Anthropic for a call. */
async function sentFor(modelId: string, options: Partial<LanguageModelV4CallOptions>) {
	let sent = { max_tokens: 0, thinking: { budget_tokens: 0 } };
	const fetch: typeof globalThis.fetch = async (_url, init) => {
		sent = { thinking: { budget_tokens: 0 }, ...JSON.parse(String(init?.body)) };
		return Response.json(ANSWER);
	};
	const model = await withOutputLimit(createAnthropic({ apiKey: 'key', fetch }).languageModel(modelId));
	await model.doGenerate({ prompt: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }], ...options });
	return sent;
}

describe('money reserved for an answer of Claude', () => {
	it('covers its thinking too, however it was asked to think and whatever the model', async () => {
		const reasoning = fc.constantFrom('low' as const, 'medium' as const, 'high' as const, 'none' as const, undefined);
		const budget = fc.option(fc.integer({ min: 1_024, max: 40_000 }), { nil: undefined });
		const models = fc.constantFrom(
			'claude-haiku-4-5',
			'claude-sonnet-4-5',
			'claude-sonnet-4-6',
			'claude-opus-4-8',
			'claude-new',
		);
		await fc.assert(
			fc.asyncProperty(
				models,
				fc.integer({ min: 1, max: 30_000 }),
				reasoning,
				budget,
				async (model, limit, effort, budgetTokens) => {
					const thinking = { type: 'enabled', ...(budgetTokens === undefined ? {} : { budgetTokens }) };
					const { max_tokens, thinking: told } = await sentFor(model, {
						maxOutputTokens: limit,
						...(effort === undefined ? {} : { reasoning: effort }),
						...(budgetTokens === undefined ? {} : { providerOptions: { anthropic: { thinking } } }),
					});
					expect(max_tokens).toBeLessThanOrEqual(limit);
					// Anthropic refuses a budget that leaves nothing for the answer
					expect(told.budget_tokens ?? 0).toBeLessThan(max_tokens);
				},
			),
			{ numRuns: 200 },
		);
	});

	it('gives the whole limit to a model that decides for itself how much to think', async () => {
		expect(await sentFor('claude-opus-4-8', { maxOutputTokens: 5_000, reasoning: 'high' })).toMatchObject({
			max_tokens: 5_000,
		});
	});
});
